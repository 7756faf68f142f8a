package run

import "fmt"

// hold is the event: the run waits for its turn, before anything of it begins.
func (r *Run) hold(c *changing) error {
	if r.State.Held {
		return fmt.Errorf("hold: %w", ErrStale)
	}
	if !r.Complete() {
		return fmt.Errorf("%w: the run is %s: only one that is over can be held before it goes on", ErrRefused, r.State.Status)
	}
	r.State.Held, r.State.HeldAt = true, c.at
	for i := range r.Steps {
		c.touch(i) // what the plan implies is not implied of a held run
	}
	return nil
}

// release is the event: the turn of a held run has come.
func (r *Run) release(c *changing) error {
	if !r.State.Held {
		return fmt.Errorf("release: %w", ErrStale)
	}
	r.State.Held, r.State.ReleasedAt = false, c.at
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Status == Created && s.Requested != nil && s.Requested.Waits {
			r.waitNoMore(c, i)
			r.admit(c, i)
		}
	}
	c.due = append(c.due, r.candidates()...)
	return nil
}

// grant is the event: a step has the resource group that it waits for.
func (r *Run) grant(c *changing, ev Grant) error {
	if s := r.Steps[ev.Step].Status; s != WaitingForResource {
		return fmt.Errorf("grant to %s, which is %s: %w", r.Plan.Steps[ev.Step].Name, s, ErrStale)
	}
	r.Steps[ev.Step].GrantedAt = c.at
	r.setStatus(c, ev.Step, Pending)
	return nil
}

// pause is the event: steps are to be left out while it lasts.
func (r *Run) pause(c *changing, ev Pause) error {
	for _, i := range ev.Steps {
		s := &r.Steps[i]
		p := ev.Paused
		s.Paused = &p
		c.touch(i)
		if s.Status == Pending || s.Status == WaitingForResource {
			r.forgo(c, i)
		}
	}
	return nil
}

// resume is the event: a pause is over. What it left out stays so.
func (r *Run) resume(c *changing, ev Resume) error {
	for _, i := range ev.Steps {
		if r.Steps[i].Paused != nil {
			r.Steps[i].Paused = nil
			c.touch(i)
		}
	}
	return nil
}

// paused reports whether step i is paused now.
func (r *Run) paused(c *changing, i int) bool {
	p := r.Steps[i].Paused
	return p != nil && (p.Until.IsZero() || c.at.Before(p.Until))
}
