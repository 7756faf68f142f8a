package run

import (
	"fmt"
	"time"
)

// Change is what one event changed, in the order in which to make it durable:
// the run's state first, for what comes after can be derived from it again.
type Change struct {
	Steps []int // changed, each once; the one that the event named comes first
	Ready []int // of these, the ones that became pending, in the order of their turn
}

// Settled lists the changed steps that are complete or on their way to it:
// what later events could make a plan imply otherwise.
func (c Change) Settled(r *Run) (settled []int) {
	for _, i := range c.Steps {
		if s := r.Steps[i].Status; s.Complete() || s == Canceling {
			settled = append(settled, i)
		}
	}
	return settled
}

// New is a run of p at its creation: the steps that nothing holds are pending.
// Of the change only the steps in Change.Settled need to be stored.
func New(p *Plan, at time.Time) (*Run, Change) {
	r := blank(p)
	r.State = State{Status: Created, Sequence: 1, CreatedAt: at}
	return r, r.settle(changing{seen: map[int]bool{}}, at)
}

// Restore is the run of p with the stored state and steps; a step that is
// absent was never changed after its creation. What the state implies for the
// steps is derived again, so that a change that was cut off on its way to the
// disk is made whole: whoever restores a run sees the same one. Before the run
// goes on, the steps in Change.Settled are to be stored.
func Restore(p *Plan, state State, steps map[int]Step) (*Run, Change) {
	r := blank(p)
	r.State = state
	for i, s := range steps {
		r.overlay(i, s)
	}
	c, at := changing{seen: map[int]bool{}}, state.CreatedAt
	if state.Cancel != nil {
		at = state.Cancel.At
		r.cancelSteps(&c)
	}
	return r, r.settle(c, at)
}

func blank(p *Plan) *Run {
	r := &Run{Plan: p, Steps: make([]Step, len(p.Steps)), graph: compile(p)}
	for i := range r.Steps {
		r.Steps[i].Status = Created
	}
	return r
}

// overlay puts a stored step in the place of a blank one.
func (r *Run) overlay(i int, s Step) {
	status := s.Status
	s.Status = Created
	r.Steps[i] = s
	for k := range s.Attempts {
		if a := &s.Attempts[k]; a.Ended() && a.Log == nil {
			r.graph.unsealed++
		}
	}
	r.move(i, status)
}

// Apply advances r by ev and says what changed. An event that does not fit is
// refused with an error, and r is as it was.
func (r *Run) Apply(ev Event) (Change, error) {
	c := changing{seen: map[int]bool{}}
	var err error
	var at time.Time
	switch ev := ev.(type) {
	case Begin:
		at, err = ev.At, r.begin(&c, ev)
	case Ended:
		at, err = ev.At, r.ended(&c, ev)
	case Sealed:
		at, err = ev.At, r.sealed(&c, ev)
	case Cancel:
		at, err = ev.At, r.cancel(&c, ev)
	default:
		err = fmt.Errorf("unknown event %T", ev)
	}
	if err != nil {
		return Change{}, err
	}
	r.State.Sequence++
	r.settleInto(&c, at)
	for _, i := range c.Steps {
		r.Steps[i].Sequence = r.State.Sequence
	}
	return c.Change, nil
}

func (r *Run) begin(c *changing, ev Begin) error {
	s := &r.Steps[ev.Step]
	if s.Status != Pending {
		return fmt.Errorf("begin %s, which is %s: %w", r.Plan.Steps[ev.Step].Name, s.Status, ErrStale)
	}
	s.Attempts = append(s.Attempts, Attempt{
		Number: len(s.Attempts) + 1, Status: Running, BootID: ev.BootID, DecidedAt: ev.At,
	})
	r.setStatus(c, ev.Step, Running)
	return nil
}

func (r *Run) ended(c *changing, ev Ended) error {
	s := &r.Steps[ev.Step]
	a := s.Latest()
	if a == nil || a.Number != ev.Attempt || a.Ended() {
		return fmt.Errorf("end of attempt %d of %s: %w", ev.Attempt, r.Plan.Steps[ev.Step].Name, ErrStale)
	}
	o := ev.Outcome
	if s.Status == Canceling {
		o.Status, o.FailureReason = Canceled, ""
	}
	a.Status, a.FailureReason, a.ExitCode, a.Message = o.Status, o.FailureReason, o.ExitCode, o.Message
	a.Plugin, a.Leftovers, a.Outputs = o.Plugin, o.Leftovers, o.Outputs
	a.StartedAt, a.FinishedAt = o.StartedAt, o.FinishedAt
	if a.FinishedAt.IsZero() {
		a.FinishedAt = ev.At
	}
	r.graph.unsealed++
	r.setStatus(c, ev.Step, o.Status)
	return nil
}

func (r *Run) sealed(c *changing, ev Sealed) error {
	s := &r.Steps[ev.Step]
	if ev.Attempt < 1 || ev.Attempt > len(s.Attempts) {
		return fmt.Errorf("seal attempt %d of %s: %w", ev.Attempt, r.Plan.Steps[ev.Step].Name, ErrStale)
	}
	a := &s.Attempts[ev.Attempt-1]
	if !a.Ended() || a.Log != nil {
		return fmt.Errorf("seal attempt %d of %s: %w", ev.Attempt, r.Plan.Steps[ev.Step].Name, ErrStale)
	}
	a.Log = &ev.Log
	r.graph.unsealed--
	c.touch(ev.Step)
	return nil
}

func (r *Run) cancel(c *changing, ev Cancel) error {
	if r.Complete() {
		return ErrComplete
	}
	if old := r.State.Cancel; old != nil && (old.Force || !ev.Force) {
		return fmt.Errorf("cancel: %w", ErrStale)
	}
	r.State.Cancel = &ev.Cancellation
	r.cancelSteps(c)
	return nil
}

// cancelSteps moves every step that is not complete towards its end.
func (r *Run) cancelSteps(c *changing) {
	for i := range r.Steps {
		switch s := r.Steps[i].Status; {
		case s == Running:
			r.Steps[i].Latest().Status = Canceling
			r.setStatus(c, i, Canceling)
		case s == Canceling:
			c.touch(i) // Force may be new
		case !s.Complete():
			r.setStatus(c, i, Canceled)
		}
	}
}
