package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// isChild reports whether r is a part of another run of its own pipeline: it
// takes no turn among the runs there, and no pause stops it.
func isChild(r *store.Run) bool { return r.Cause.Source == store.ByParent }

// isDownstream reports whether a step stands for the run: it is no beginning, but
// a part of what was let in already.
func isDownstream(c *store.Cause) bool { return c.Upstream != nil && c.Upstream.Attempt > 0 }

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
			why.Note = fmt.Sprintf("%s was asked to end", t.reference(l).Name)
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
