package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/crash"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// message asks the loop to do something and, where answer is set, wants to
// hear once it is durable.
type message struct {
	work   func(t *turn) error
	answer chan<- error // of capacity 1; nil: nobody waits
}

// turn is one turn of the loop under way.
type turn struct {
	*Engine
	tx      *store.Tx
	now     time.Time
	touched []*live
	after   []func() // to be done once it is durable
}

// turn applies a batch, commits it, answers it and performs what is owed.
func (e *Engine) turn(batch []message) error {
	t := &turn{Engine: e, tx: e.store.Begin(), now: time.Now()}
	defer t.tx.Discard()
	answers := make([]error, len(batch))
	for i, m := range batch {
		mark := t.tx.Mark()
		if answers[i] = m.work(t); answers[i] != nil {
			t.tx.Rollback(mark)
		}
	}
	if batch == nil {
		t.touchAll()
	}
	t.admit()
	t.write()
	crash.Point(crash.BeforeCommit)
	if err := t.tx.Commit(); err != nil {
		return fmt.Errorf("the store cannot be written, so nothing more can be promised: %w", err)
	}
	crash.Point(crash.AfterCommit)
	t.publish()
	for i, m := range batch {
		if m.answer != nil {
			m.answer <- answers[i]
		}
	}
	crash.Point(crash.AfterAnswer)
	t.settle()
	return nil
}

// touchAll makes the first turn write what restoring derived.
func (t *turn) touchAll() {
	for _, l := range t.live {
		t.touch(l)
	}
}

func (t *turn) touch(l *live) {
	if !l.dirty {
		l.dirty = true
		t.touched = append(t.touched, l)
	}
}

// note remembers steps that are to be written.
func (l *live) note(steps []int) {
	for _, i := range steps {
		if !l.seen[i] {
			l.seen[i] = true
			l.steps = append(l.steps, i)
		}
	}
}

// apply applies an event to a live run. Events of the past are dropped here.
func (t *turn) apply(l *live, ev run.Event) error {
	change, err := l.run.Apply(ev)
	if err != nil {
		return err
	}
	l.note(change.Steps)
	l.ready = append(l.ready, change.Ready...)
	t.touch(l)
	t.enqueue(l)
	return nil
}

// admit gives free places to steps that may begin, run by run in turn, so that
// a run of ten thousand steps does not hold up one of two.
func (t *turn) admit() {
	for t.running < t.settings.MaxRunning {
		l, ok := t.turns.next()
		if !ok {
			return
		}
		if i, ok := l.nextReady(); ok {
			if err := t.apply(l, run.Begin{Step: i, At: t.now, BootID: t.bootID}); err != nil {
				t.log.Error("a pending step cannot begin", "run", l.record.ID, "step", i, "error", err)
				continue
			}
			t.running++
		}
		if len(l.ready) > 0 {
			t.turns.push(l)
		} else {
			l.queued = false
		}
	}
}

// nextReady takes the next step of l that is still pending.
func (l *live) nextReady() (int, bool) {
	for len(l.ready) > 0 {
		i := l.ready[0]
		l.ready = l.ready[1:]
		if l.run.Steps[i].Status == run.Pending {
			return i, true
		}
	}
	return 0, false
}

func (e *Engine) enqueue(l *live) {
	if !l.queued && len(l.ready) > 0 {
		l.queued = true
		e.turns.push(l)
	}
}

// write puts what changed into the transaction: a run's state before its
// steps, for the steps follow from it.
func (t *turn) write() {
	for _, l := range t.touched {
		l.record.State = l.run.State
		t.tx.PutRun(l.record)
		for _, i := range l.steps {
			t.tx.PutStep(l.record.ID, i, l.run.Steps[i])
		}
		if l.run.Settled() {
			t.tx.EndRun(l.record.ID)
		}
	}
}

// publish tells the watchers what is durable now.
func (t *turn) publish() {
	lives := len(t.live)
	for _, l := range t.touched {
		t.board.post(l)
		if l.run.Settled() {
			lives--
		}
		pending := l.run.Pending()
		t.pending += pending - l.pending
		l.pending = pending
	}
	t.load.Store(&Load{
		LiveRuns: lives, RunningSteps: t.running, PendingSteps: t.pending,
		MaxRunning: t.settings.MaxRunning,
	})
}

// settle performs what the turn's changes are owed and lets go of the runs
// that are owed nothing more.
func (t *turn) settle() {
	for _, l := range t.touched {
		for _, i := range l.steps {
			t.perform(l, i)
		}
		l.dirty, l.steps = false, nil
		clear(l.seen)
		if l.run.Settled() {
			delete(t.live, l.record.ID)
			t.board.end(l.record.ID)
		}
	}
	for _, f := range t.after {
		f()
	}
}

// perform performs what step i of l is owed and is not in hand.
func (e *Engine) perform(l *live, i int) {
	for _, owed := range l.run.Owed(i) {
		id := attemptID{l.record.ID, i, owed.Attempt}
		switch owed.Kind {
		case run.Launch:
			e.launch(l, id, false)
		case run.Stop:
			e.launch(l, id, true)
			e.host.Stop(l.run.Plan.AttemptName(i, owed.Attempt), owed.Force)
		case run.Seal:
			e.seal(l, id)
		}
	}
}

func (e *Engine) launch(l *live, id attemptID, canceled bool) {
	if e.inHand[id] {
		return
	}
	e.inHand[id] = true
	crash.Point(crash.BeforeLaunch)
	a := &l.run.Steps[id.step].Attempts[id.attempt-1]
	e.host.Launch(Attempt{
		Plan: l.run.Plan, Step: id.step, Number: id.attempt, BootID: a.BootID, Canceled: canceled,
	}, func(r Report) { e.report(id, r) })
	crash.Point(crash.AfterLaunch)
}

// report takes the end of an attempt from the host.
func (e *Engine) report(id attemptID, r Report) {
	err := e.send(message{work: func(t *turn) error { return t.ended(id, r) }})
	if err != nil {
		e.log.Debug("an attempt ended while the daemon stops; the next start finds its result", "run", id.run)
	}
}

func (t *turn) ended(id attemptID, r Report) error {
	l := t.live[id.run]
	if l == nil {
		return nil
	}
	delete(t.inHand, id)
	err := t.apply(l, run.Ended{Step: id.step, Attempt: id.attempt, At: t.now, Outcome: r.Outcome})
	if errors.Is(err, run.ErrStale) {
		t.log.Warn("an attempt ended twice", "run", id.run, "error", err)
		return nil
	}
	t.running--
	if err == nil && r.LogSize == 0 {
		return t.sealed(id, run.Log{})
	}
	return err
}

func (t *turn) sealed(id attemptID, log run.Log) error {
	l := t.live[id.run]
	if l == nil {
		return nil
	}
	if err := t.apply(l, run.Sealed{Step: id.step, Attempt: id.attempt, At: t.now, Log: log}); err != nil {
		return err
	}
	delete(t.sealing, id)
	plan := l.run.Plan
	t.after = append(t.after, func() { t.archiving.push(archiving{id: id, plan: plan, sealed: true}) })
	return nil
}
