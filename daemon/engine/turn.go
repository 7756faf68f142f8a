package engine

import (
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

	names    map[uint64]string // of pipelines, as far as they were asked for
	followed map[string]bool   // pipelines of which it is known, by name
	rings    bool              // a run has ended of which somebody is to be told
	decided  []Fired           // of which the observer is to be told
}

// turn applies a batch, commits it, answers it and performs what is owed.
func (e *Engine) turn(batch []message) error {
	t := &turn{Engine: e, tx: e.store.Begin(), now: e.clock.Now(), names: map[uint64]string{}, followed: map[string]bool{}}
	defer t.tx.Discard()
	t.ring()
	answers := make([]error, len(batch))
	for i, m := range batch {
		mark := t.tx.Mark()
		if answers[i] = m.work(t); answers[i] != nil {
			t.tx.Rollback(mark)
		}
	}
	t.arbitrate()
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
	t.clock.Wake(t.alarms.next())
	return nil
}

// touchAll makes the first turn write what restoring derived.
func touchAll(t *turn) error {
	for _, l := range t.live {
		t.touch(l)
	}
	return nil
}

func (t *turn) touch(l *live) {
	if !l.dirty {
		l.dirty = true
		t.touched = append(t.touched, l)
	}
}

// apply applies an event to a live run.
func (t *turn) apply(l *live, ev run.Event) error {
	was := l.run.State
	change, err := l.run.Apply(ev)
	if err != nil {
		return err
	}
	l.note(change.Steps, change.Ready)
	t.touch(l)
	t.follow(l, change.Steps)
	t.pay(l, change.Steps, was)
	return nil
}

// admit gives free places to steps that may begin.
func (t *turn) admit() {
	t.beginDownstream()
	for t.running < t.settings.MaxRunning {
		id, ok := t.turns.Front()
		if !ok {
			return
		}
		l := t.live[id]
		i, ok := l.nextReady()
		if !ok {
			l.turning = false
			t.turns.Leave()
			continue
		}
		l.ready = l.ready[1:]
		if err := t.apply(l, run.Begin{Step: i, At: t.now, BootID: t.bootID}); err != nil {
			t.log.Error("a step that can begin does not", "run", id, "step", i, "error", err)
			continue
		}
		t.running++
		t.turns.Pass()
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
		} else if l.revived {
			t.tx.ReviveRun(l.record.ID)
		}
		l.revived = false
		t.noteEnd(l)
	}
}

// publish tells the watchers what is durable now. Who hears of a change finds a
// load that has it in.
func (t *turn) publish() {
	t.count()
	for _, l := range t.touched {
		t.board.post(l)
		t.observe(l)
	}
	t.ticked(t.decided)
}

func (t *turn) count() {
	lives := len(t.live)
	for _, l := range t.touched {
		if l.run.Settled() {
			lives--
		}
		pending := l.run.Pending()
		t.pending += pending - l.pending
		l.pending = pending
	}
	t.showLoad(lives)
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
			t.drop(l)
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
		case run.Spawn:
			e.spawn(l, id)
		case run.Launch:
			e.launch(l, id, false)
		case run.Stop:
			e.launch(l, id, true)
			e.host.Stop(l.run.Plan.AttemptName(i, owed.Attempt), owed.Force)
		case run.Seal:
			e.assign(l, chore{seal, id})
		case run.EraseLog:
			e.assign(l, chore{erase, id})
		}
	}
}
