package run

import "fmt"

// play is the event: a person begins steps that wait for it.
func (r *Run) play(c *changing, ev Play) error {
	for _, i := range ev.Steps {
		if err := r.playable(c, i); err != nil {
			return err
		}
	}
	r.revive()
	for _, i := range ev.Steps {
		r.request(c, i, Request{At: ev.At, Actor: ev.Actor, Variables: ev.Variables})
	}
	return nil
}

// playable says why step i cannot be played, nil where it can.
func (r *Run) playable(c *changing, i int) error {
	if err := r.unpaused(c, i); err != nil {
		return err
	}
	switch s := &r.Steps[i]; {
	case s.follows():
		return r.refuse(i, "it waits for a manual step of %s; play that one", s.Latest().Downstream.Name)
	case s.Status == Manual || s.Status == Scheduled:
		return nil
	case s.Status == Created:
		return r.refuse(i, "its turn has not come")
	case s.Status == Skipped:
		return r.refuse(i, "it was left out and cannot be played")
	case s.Status.Complete():
		return r.refuse(i, "it has ended; it can be tried again")
	}
	return r.refuse(i, "it has been started already")
}

// unpaused refuses what would begin a step that is paused.
func (r *Run) unpaused(c *changing, i int) error {
	if !r.paused(c, i) {
		return nil
	}
	p := r.Steps[i].Paused
	text := "it is paused by " + p.Actor
	if p.Reason != "" {
		text += " (" + p.Reason + ")"
	}
	return r.refuse(i, "%s; resume it first", text)
}

// enqueueSteps is the event: steps that wait are begun as if they had been
// admitted now.
func (r *Run) enqueueSteps(c *changing, ev Enqueue) error {
	for _, i := range ev.Steps {
		if err := r.unpaused(c, i); err != nil {
			return err
		}
		if s := r.Steps[i].Status; r.Steps[i].follows() || s != Manual && s != Scheduled && s != Skipped || r.State.Held {
			return r.refuse(i, "only a manual, scheduled or skipped step of a run that is not held can be put to pending")
		}
	}
	r.revive()
	for _, i := range ev.Steps {
		r.enqueue(c, i)
	}
	return nil
}

// unschedule is the event: steps that would begin by themselves wait for a
// person instead.
func (r *Run) unschedule(c *changing, ev Unschedule) error {
	var left []int
	for _, i := range ev.Steps {
		switch r.Steps[i].Status {
		case Scheduled:
			left = append(left, i)
		case Manual: // so it is to be
		default:
			return r.refuse(i, "only a scheduled step can be unscheduled")
		}
	}
	if len(left) == 0 {
		return fmt.Errorf("unschedule: %w", ErrStale)
	}
	for _, i := range left {
		s := &r.Steps[i]
		s.Requested = &Request{At: ev.At, Actor: ev.Actor, Tried: len(s.Attempts), Variables: s.variables()}
		r.setStatus(c, i, Manual)
	}
	return nil
}

// variables are those that were given with the latest request.
func (s *Step) variables() map[string]string {
	if s.Requested == nil {
		return nil
	}
	return s.Requested.Variables
}
