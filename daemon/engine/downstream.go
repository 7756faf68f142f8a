package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// A step that stands for another run needs no plugin and takes no place. What
// the two runs owe each other is paid in the turn in which it comes to be: the
// run and the step's record of it are one commit, and so are the end of the run
// and that of the step, and a step's being asked to end and its run's.

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

// isChild reports whether r is a part of another run of its own pipeline: it
// takes no turn among the runs there, and no pause stops it.
func isChild(r *store.Run) bool { return r.Cause.Source == store.ByParent }

// isDownstream reports whether a step stands for the run: it is no beginning, but
// a part of what was let in already.
func isDownstream(c *store.Cause) bool { return c.Upstream != nil && c.Upstream.Attempt > 0 }

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

// spawnRun starts a run and tells the step that stands for it.
func (t *turn) spawnRun(parent *live, id attemptID, q StartRequest) error {
	if n, err := t.tx.TreeSize(q.Cause.Upstream.Root); err != nil || n >= MaxTree {
		return errors.Join(err, errTree)
	}
	up := *q.Cause.Upstream
	up.Waits = parent.run.Plan.Steps[id.step].Downstream != run.StrategyNone
	q.Cause.Upstream = &up
	record, _, err := t.start(q)
	if err != nil {
		return err
	}
	if err := t.tx.PutChild(record); err != nil {
		return err
	}
	child := t.live[record.ID]
	return t.apply(parent, run.Spawned{Step: id.step, Attempt: id.attempt, At: t.now, Run: run.Downstream{
		ID: record.ID, Name: child.reference().Name, Status: child.run.State.Status, Warnings: child.run.State.Warnings,
	}})
}

// owes reports whether an attempt of l is owed an effect.
func (l *live) owes(kind run.EffectKind, id attemptID) bool {
	return slices.ContainsFunc(l.run.Owed(id.step), func(e run.Effect) bool { return e.Kind == kind && e.Attempt == id.attempt })
}

// beginDownstream begins the steps that stand for other runs: they wait for no
// place.
func (t *turn) beginDownstream() {
	for n := 0; n < len(t.touched); n++ {
		l := t.touched[n]
		steps := l.spawning
		l.spawning = nil
		for _, i := range steps {
			if !l.run.CanBegin(i) {
				continue
			}
			if err := t.apply(l, run.Begin{Step: i, At: t.now, BootID: t.bootID}); err != nil {
				t.log.Error("a step that can begin does not", "run", l.record.ID, "step", i, "error", err)
			}
		}
	}
}

// pay passes on what a change of l, which was as was before, means for the runs
// that its steps stand for and for the step that stands for it.
func (t *turn) pay(l *live, steps []int, was run.State) {
	for _, i := range steps {
		if s := &l.run.Steps[i]; s.Status == run.Canceling && l.run.Plan.Steps[i].Downstream != "" {
			t.endDownstream(l, i)
		}
	}
	if is := &l.run.State; is.Status != was.Status || is.Warnings != was.Warnings {
		t.tellUpstream(l)
	}
}

// endDownstream ends the run that step i of l stands for.
func (t *turn) endDownstream(l *live, i int) {
	s := &l.run.Steps[i]
	a := s.Latest()
	child := t.live[a.Downstream.ID]
	if child == nil || child.run.Complete() { // deleted: it can tell nobody any more
		t.tell(l, run.Followed{Step: i, Attempt: a.Number, At: t.now, Status: run.Canceled})
		return
	}
	why := *s.Stopped
	why.Reason, why.Run = "", ""
	why.Note = fmt.Sprintf("%s was asked to end", l.run.Plan.AttemptName(i, a.Number))
	t.endChild(child, why)
}

func (t *turn) endChild(child *live, why run.Cancellation) {
	if err := t.cancel(child, why, nil); err != nil && !errors.Is(err, run.ErrComplete) {
		t.log.Error("a run cannot be ended with the step that stands for it", "run", child.record.ID, "error", err)
	}
}

// endChildren ends the children of l that none of its steps waits for.
func (t *turn) endChildren(l *live, why run.Cancellation) {
	for i := range l.run.Steps {
		for k := range l.run.Steps[i].Attempts {
			d := l.run.Steps[i].Attempts[k].Downstream
			if d == nil || t.live[d.ID] == nil || !isChild(&t.live[d.ID].record) || t.live[d.ID].run.Complete() {
				continue
			}
			why.Note = fmt.Sprintf("%s was asked to end", l.reference().Name)
			t.endChild(t.live[d.ID], why)
		}
	}
}

// tellUpstream tells the step that stands for l how far l has come. A run that
// is over lives again where its step does.
func (t *turn) tellUpstream(l *live) {
	up := l.record.Cause.Upstream
	if up == nil || up.Attempt == 0 || !up.Waits {
		return
	}
	ev := run.Followed{Step: up.Step, Attempt: up.Attempt, At: t.now, Status: l.run.State.Status, Warnings: l.run.State.Warnings}
	if parent := t.live[up.Run]; parent != nil {
		t.tell(parent, ev)
		return
	}
	parent, err := t.past(up.Run)
	if err != nil {
		t.unless(err, ErrNotFound, ErrDeleting)
		return
	}
	was := parent.run.State
	if err := parent.apply(ev); err != nil {
		t.unless(err, run.ErrStale)
		return
	}
	t.revive(parent, was)
}

func (t *turn) tell(parent *live, ev run.Followed) { t.unless(t.apply(parent, ev), run.ErrStale) }

// unless logs an error that is none of those that are to be expected.
func (t *turn) unless(err error, expected ...error) {
	if err == nil || slices.ContainsFunc(expected, func(e error) bool { return errors.Is(err, e) }) {
		return
	}
	t.log.Error("a step and the run that it stands for have lost each other", "error", err)
}
