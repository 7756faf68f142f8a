package run

import (
	"fmt"
	"time"
)

// spawned is the event: the run that an attempt stands for exists.
func (r *Run) spawned(c *changing, ev Spawned) error {
	a, err := r.find(ev.Step, ev.Attempt)
	if err != nil {
		return err
	}
	if a.Ended() || a.Downstream != nil || r.Plan.Steps[ev.Step].Downstream == "" {
		return fmt.Errorf("run %s for attempt %d of %s: %w", ev.Run.Name, ev.Attempt, r.Plan.Steps[ev.Step].Name, ErrStale)
	}
	a.Downstream, a.StartedAt = &ev.Run, ev.At
	c.touch(ev.Step)
	if r.Plan.Steps[ev.Step].Downstream == StrategyNone {
		r.finish(c, ev.Step, Outcome{Status: Success})
		return nil
	}
	r.mirror(c, ev.Step)
	return nil
}

// followed is the event: the run that the newest attempt of a step stands for
// has another status.
func (r *Run) followed(c *changing, ev Followed) error {
	a, err := r.find(ev.Step, ev.Attempt)
	if err != nil {
		return err
	}
	s, strategy := &r.Steps[ev.Step], r.Plan.Steps[ev.Step].Downstream
	if a.Downstream == nil || ev.Attempt != len(s.Attempts) || strategy == StrategyNone || !s.stands(a) {
		return fmt.Errorf("attempt %d of %s follows no run: %w", ev.Attempt, r.Plan.Steps[ev.Step].Name, ErrStale)
	}
	d := *a.Downstream
	if d.Status == ev.Status && d.Warnings == ev.Warnings {
		return fmt.Errorf("run %s is %s: %w", d.Name, d.Status, ErrStale)
	}
	d.Status, d.Warnings = ev.Status, ev.Warnings
	a.Downstream = &d
	c.touch(ev.Step)
	r.mirror(c, ev.Step)
	return nil
}

// stands reports whether a, the newest attempt of s, is what s stands at: it is
// not where the step waits for another one.
func (s *Step) stands(a *Attempt) bool { return !a.Ended() || s.Status == a.Status }

// mirror lets step i take over what its strategy wants of the run that its
// newest attempt stands for.
func (r *Run) mirror(c *changing, i int) {
	s, over := &r.Steps[i], r.Steps[i].Latest().Ended()
	d := s.Latest().Downstream
	taken := r.taken(i, d)
	switch {
	case over && taken.Status == s.Status:
		return
	case over:
		r.resumeAttempt(c, i)
	}
	if d.Status.Complete() {
		r.finish(c, i, taken)
	} else if to := r.blocked(i, d); s.Status != Canceling && to != s.Status {
		r.setStatus(c, i, to)
	}
}

// resumeAttempt lets step i work again, for the run that it stands for does.
func (r *Run) resumeAttempt(c *changing, i int) {
	a := r.Steps[i].Latest()
	a.Status, a.FailureReason, a.ExitCode, a.Message, a.FinishedAt, a.Log = Running, "", nil, "", time.Time{}, nil
	r.revive()
	r.take(i) // it works already, whatever the limits
	r.setStatus(c, i, Running)
}

// blocked is the status of step i while the run that it stands for is not over.
// Nobody waits for a blocked step that may fail: such a one works on.
func (r *Run) blocked(i int, d *Downstream) Status {
	p := &r.Plan.Steps[i]
	if d.Status == Manual && p.Downstream == StrategyMirror && !p.AllowFailure {
		return Manual
	}
	return Running
}

// taken is how an attempt of step i ends when the run that it stands for has;
// the zero value is that it has not. A run of which nothing had to begin has
// not failed.
func (r *Run) taken(i int, d *Downstream) Outcome {
	switch {
	case !d.Status.Complete():
		return Outcome{}
	case d.Status == Success, d.Status == Skipped:
		return Outcome{Status: Success}
	case d.Status == Canceled && r.Plan.Steps[i].Downstream == StrategyMirror:
		return Outcome{Status: Canceled, Message: d.Name + " was canceled"}
	}
	return Outcome{Status: Failed, FailureReason: DownstreamFailed, Message: fmt.Sprintf("%s ended as %s", d.Name, d.Status)}
}

// finish ends the newest attempt of step i, which stands for another run. It
// has no log that could be owed anything.
func (r *Run) finish(c *changing, i int, o Outcome) {
	s := &r.Steps[i]
	a := s.Latest()
	o.StartedAt = a.StartedAt
	a.settle(s.stopping(o), c.at)
	a.Log = &Log{}
	r.over(c, i)
}

// follows reports whether step i is blocked by the run that it stands for: it
// is manual, and yet an attempt of it lives.
func (s *Step) follows() bool {
	a := s.Latest()
	return s.Status == Manual && a != nil && !a.Ended()
}

// Unmirrored is the status of step i itself: one that is manual because the run
// that it stands for is waits for no person of its own, but works.
func (r *Run) Unmirrored(i int) Status {
	if s := &r.Steps[i]; !s.follows() {
		return s.Status
	}
	return Running
}
