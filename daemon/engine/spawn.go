package engine

import (
	"errors"
	"fmt"

	"github.com/penstock/penstock/daemon/run"
)

// Spawner knows which run it is that a step stands for.
type Spawner interface {
	// Spawn answers once with the run to start for an attempt, or why there is
	// none. It returns at once and may be repeated.
	Spawn(a Attempt, answer func(Spawn))
}

// Spawn is a run to start, or how the attempt fails without one.
type Spawn struct {
	Start   *StartRequest
	Failure run.Outcome // where Start is nil
}

// MaxTree bounds how many runs may come of one.
const MaxTree = 1000

// spawn asks for the run that an attempt is owed.
func (e *Engine) spawn(l *live, id attemptID) {
	if e.inHand[id] {
		return
	}
	e.inHand[id] = true
	e.spawner.Spawn(e.attempt(l, id), func(s Spawn) {
		err := e.send(message{work: func(t *turn) error { return t.spawned(id, s) }})
		if err != nil {
			e.log.Debug("a step is to start a run while the daemon stops; the next start does", "run", id.run)
		}
	})
}

// spawned starts the run that an attempt stands for, if it still wants one.
func (t *turn) spawned(id attemptID, s Spawn) error {
	delete(t.inHand, id)
	l := t.live[id.run]
	if l == nil || !l.owes(run.Spawn, id) {
		return nil
	}
	failure := s.Failure
	if s.Start != nil {
		mark := t.tx.Mark()
		err := t.spawnRun(l, id, *s.Start)
		if err == nil {
			return nil
		}
		t.tx.Rollback(mark)
		if errors.Is(err, ErrRevision) { // somebody applied a text meanwhile: theirs is to run
			t.touch(l)
			l.note([]int{id.step}, nil)
			return nil
		}
		failure = refusal(err)
	}
	return t.apply(l, run.Ended{Step: id.step, Attempt: id.attempt, At: t.now, Outcome: failure})
}

// refusal is how an attempt fails whose run cannot be started.
func refusal(err error) run.Outcome {
	o := run.Outcome{Status: run.Failed, FailureReason: run.DownstreamCreationFailed, Message: err.Error()}
	if errors.Is(err, errTree) {
		o.FailureReason = run.TooLarge
	}
	return o
}

var errTree = fmt.Errorf("the run that it all began with has %d runs below it: no more are started", MaxTree)

// spawnRun starts the run that an attempt stands for.
func (t *turn) spawnRun(parent *live, id attemptID, q StartRequest) error {
	if n, err := t.tx.TreeSize(q.Cause.Upstream.Root); err != nil || n >= MaxTree {
		return errors.Join(err, errTree)
	}
	up := *q.Cause.Upstream
	up.Waits = parent.run.Plan.Steps[id.step].Downstream != run.StrategyNone
	q.Cause.Upstream = &up
	_, _, err := t.start(q)
	return err
}

// bind tells the step that a new run was made for, if it was, that it stands for
// it. That comes before the new run ends others: with one of them may end a step
// beside this one, and that may end this one.
func (t *turn) bind(l *live) {
	if !isDownstream(&l.record.Cause) {
		return
	}
	up, is := l.record.Cause.Upstream, &l.run.State
	err := t.apply(t.live[up.Run], run.Spawned{Step: up.Step, Attempt: up.Attempt, At: t.now, Run: run.Downstream{
		ID: l.record.ID, Name: t.reference(l).Name, Status: is.Status, Warnings: is.Warnings,
	}})
	if err != nil {
		t.log.Error("a step does not know the run that was made for it", "run", l.record.ID, "error", err)
	}
}
