package run

import (
	"fmt"
	"time"
)

// Change is what one event changed.
type Change struct {
	Steps []int // changed, each once; the one that the event named comes first
	Ready []int // pending steps that may begin now, in the order of their turn
}

// Settled lists the changed steps that the plan alone does not imply: what has
// to be stored of a run that was just created. A step with nothing before it
// stands at its beginning as the plan says, whatever happens to others.
func (c Change) Settled(r *Run) (settled []int) {
	for _, i := range c.Steps {
		if !r.graph.first(i) {
			settled = append(settled, i)
		}
	}
	return settled
}

// New is a run of p at its creation: the steps that nothing holds are pending.
// In a run that is held nothing is admitted before its Release. Of the change
// only the steps in Change.Settled need to be stored.
func New(p *Plan, at time.Time, held bool) (*Run, Change) {
	r := blank(p)
	r.State = State{Status: Created, Sequence: 1, CreatedAt: at, Since: at, Held: held}
	if held {
		r.State.HeldAt = at
	}
	return r, r.settle(at)
}

// Restore is the run of p with the stored state and steps. A step that is
// absent was never changed after its creation: what the plan implies for it is
// derived again, with the time of the creation. Before the run goes on, the
// steps in Change.Settled are to be stored.
func Restore(p *Plan, state State, steps map[int]Step) (*Run, Change) {
	r := blank(p)
	r.State = state
	for i, s := range steps {
		r.overlay(i, s)
	}
	for r.graph.advance() {
	}
	r.occupy()
	r.restand()
	c := r.settle(state.CreatedAt)
	var again changing
	for _, i := range r.queue() {
		r.park(&again, i)
	}
	return r, c
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
	if s.Status == Canceling && s.Stopped == nil { // stored before steps knew why they end
		s.Stopped = &Cancellation{}
		if r.State.Cancel != nil {
			s.Stopped = r.State.Cancel
		}
	}
	r.Steps[i] = s
	r.graph.move(r.Plan, i, r.tagOf(i))
	r.graph.executing += count(executes(s.Status))
	for k := range s.Attempts {
		r.graph.unfinished += count(s.Attempts[k].unfinished())
	}
}

// Apply advances r by ev and says what changed. An event that does not fit is
// refused with an error, and r is as it was.
func (r *Run) Apply(ev Event) (Change, error) {
	c := changing{at: ev.at(), seen: map[int]bool{}}
	if err := r.apply(&c, ev); err != nil {
		return Change{}, err
	}
	r.State.Sequence++
	r.conclude(&c)
	return c.Change, nil
}

func (r *Run) apply(c *changing, ev Event) error {
	switch ev := ev.(type) {
	case Begin:
		return r.begin(c, ev)
	case Ended:
		return r.ended(c, ev)
	case Sealed:
		return r.sealed(c, ev)
	case Erase:
		return r.erase(c, ev)
	case Erased:
		return r.erased(c, ev)
	case Spawned:
		return r.spawned(c, ev)
	case Followed:
		return r.followed(c, ev)
	case Hold:
		return r.hold(c)
	case Release:
		return r.release(c)
	case Grant:
		return r.grant(c, ev)
	case Due:
		return r.due(c, ev)
	case Cancel:
		return r.cancel(c, ev)
	case Play:
		return r.play(c, ev)
	case Enqueue:
		return r.enqueueSteps(c, ev)
	case Unschedule:
		return r.unschedule(c, ev)
	case Retry:
		return r.retry(c, ev)
	case Pause:
		return r.pause(c, ev)
	case Resume:
		return r.resume(c, ev)
	}
	return fmt.Errorf("unknown event %T", ev)
}

// refuse says why step i cannot do what was asked of it.
func (r *Run) refuse(i int, format string, args ...any) error {
	return fmt.Errorf("%w: step %s is %s: %s", ErrRefused, r.Plan.Steps[i].Name, r.Steps[i].Status, fmt.Sprintf(format, args...))
}
