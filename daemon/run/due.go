package run

import (
	"fmt"
	"time"
)

// Alarm is when step i, or with -1 the run, is next to be told by a Due that
// time has passed; zero is never. It follows from the state: ask again after
// each change.
func (r *Run) Alarm(i int) time.Time {
	if i < 0 {
		return r.State.DeadlineAt
	}
	s, p := &r.Steps[i], &r.Plan.Steps[i]
	switch {
	case s.Status == Scheduled:
		return s.DueAt
	case p.WaitingTimeout > 0 && (s.Status == Pending || s.Status == WaitingForResource):
		return s.AdmittedAt.Add(p.WaitingTimeout)
	}
	return time.Time{}
}

// due is the event: the time of an alarm has come.
func (r *Run) due(c *changing, ev Due) error {
	at := r.Alarm(ev.Step)
	if at.IsZero() || ev.At.Before(at) {
		return fmt.Errorf("an alarm that is not set: %w", ErrStale)
	}
	switch {
	case ev.Step < 0:
		r.timeOut(c)
	case r.Steps[ev.Step].Status != Scheduled:
		r.waitedTooLong(c, ev.Step)
	default:
		r.admit(c, ev.Step)
	}
	return nil
}

func (r *Run) waitedTooLong(c *changing, i int) {
	r.end(c, i, Cancellation{
		At: c.at, Actor: automatic, Reason: StuckOrTimeout,
		Note: fmt.Sprintf("it waited for %s for longer than its waiting_timeout of %s", r.lacks(i), length(r.Plan.Steps[i].WaitingTimeout)),
	})
	r.spread(c, i)
}

// lacks names what step i, which is admitted, has not got yet.
func (r *Run) lacks(i int) string {
	switch {
	case r.Steps[i].Status == WaitingForResource:
		return "the resource group " + r.Plan.Steps[i].ResourceGroup
	case !r.graph.slot[i]:
		return "its turn under max_parallel"
	}
	return "a place"
}

// timeOut ends the run because its time is over: what was to work fails, what
// was not yet to work is canceled.
func (r *Run) timeOut(c *changing) {
	r.State.DeadlineAt = time.Time{}
	if r.graph.all.Composite(false) == Canceling {
		return // it is ending already, because of something else
	}
	r.State.TimedOut = true
	why := Cancellation{At: c.at, Actor: automatic, Note: fmt.Sprintf("the run's timeout of %s is over", length(r.Plan.Timeout))}
	for i := range r.Steps {
		reason := why
		switch r.Steps[i].Status {
		case Running:
			reason.Reason = StepTimeout
		case Pending, WaitingForResource:
			reason.Reason = StuckOrTimeout
		}
		r.stop(c, i, reason)
	}
	r.State.Cancel = &why
}
