package run

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// tryAgain gives step i, whose newest attempt has failed, another one where
// its retry rule wants it.
func (r *Run) tryAgain(c *changing, i int) bool {
	s, rule := &r.Steps[i], &r.Plan.Steps[i].Retry
	if len(s.Attempts) > rule.Max || s.Status == Canceling || r.State.Held || r.paused(c, i) || !rule.wants(s.Latest()) {
		return false
	}
	s.Again = true
	delay := rule.delay(len(s.Attempts), r.Plan.RunID+uint64(i)<<32)
	if delay == 0 {
		r.enqueue(c, i)
		return true
	}
	s.DueAt = c.at.Add(delay)
	r.setStatus(c, i, Scheduled)
	return true
}

// wants reports whether an attempt that failed so is to be tried again.
func (q *RetryRule) wants(a *Attempt) bool {
	if a.FailureReason == MissingDependency {
		return false
	}
	every := len(q.When) == 0 && len(q.ExitCodes) == 0 || slices.Contains(q.When, EveryReason)
	if every && a.FailureReason != Lost {
		return true
	}
	return slices.Contains(q.When, a.FailureReason) || a.ExitCode != nil && slices.Contains(q.ExitCodes, *a.ExitCode)
}

// delay is how long to wait before the retry with this number, from 1. Of it
// the jitter's share is cut by a chance that seed decides, the same each time.
func (q *RetryRule) delay(number int, seed uint64) time.Duration {
	factor := math.Pow(max(1, q.Backoff), float64(number-1))
	most := q.MaxDelay
	if most == 0 {
		most = math.MaxInt64
	}
	delay := most
	if d := float64(q.Delay) * factor; d < float64(most) {
		delay = time.Duration(d)
	}
	return delay - time.Duration(float64(delay)*min(1, q.Jitter)*chance(seed+uint64(number)))
}

// chance is a number from 0 up to 1 that follows from seed (SplitMix64; Steele,
// Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
func chance(seed uint64) float64 {
	z := seed + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// retry is the event: a person wants steps, or the run, to be tried again.
func (r *Run) retry(c *changing, ev Retry) error {
	if ev.Steps == nil {
		return r.retryRun(c, ev)
	}
	later := r.later(ev)
	for _, i := range ev.Steps {
		if err := r.retryable(c, i, ev.Attempt); err != nil {
			return err
		}
	}
	for _, i := range later {
		if s := &r.Steps[i]; s.follows() || !s.Status.Complete() && s.Status != Created && s.Status != Manual {
			return r.refuse(i, "it comes after what is to be tried again; cancel it first, or wait for it")
		}
	}
	r.revive()
	for _, i := range later {
		r.anew(c, i)
	}
	for _, i := range ev.Steps {
		r.request(c, i, Request{At: ev.At, Actor: ev.Actor, Variables: ev.Variables})
	}
	return nil
}

// retryRun decides again all that failed, was canceled or skipped.
func (r *Run) retryRun(c *changing, ev Retry) error {
	steps := r.Retryable()
	if len(steps) == 0 {
		return fmt.Errorf("%w: nothing of the run has failed or was canceled", ErrRefused)
	}
	r.revive()
	for _, i := range steps {
		r.Steps[i].ask(Request{At: ev.At, Actor: ev.Actor, Variables: ev.Variables})
		r.anew(c, i)
	}
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Status == Skipped && s.Skipped != LeftOut {
			r.anew(c, i)
		}
	}
	return nil
}

// Retryable lists the steps that a Retry of the whole run tries again: those
// that failed or were canceled.
func (r *Run) Retryable() (steps []int) {
	for i := range r.Steps {
		if s := r.Steps[i].Status; s == Failed || s == Canceled {
			steps = append(steps, i)
		}
	}
	return steps
}

// retryable says why step i cannot be tried again, nil where it can.
func (r *Run) retryable(c *changing, i, attempt int) error {
	s := &r.Steps[i]
	if attempt != 0 && attempt != len(s.Attempts) {
		return r.refuse(i, "attempt %d is superseded: only the newest one, %d, can be tried again", attempt, len(s.Attempts))
	}
	if err := r.unpaused(c, i); err != nil {
		return err
	}
	if s.follows() {
		return r.refuse(i, "it waits for %s; to end it now, cancel it", s.Latest().Downstream.Name)
	}
	switch s.Status {
	case Success, Failed, Canceled:
		return nil
	case Skipped:
		if s.Skipped == LeftPaused {
			return nil
		}
		return r.refuse(i, "it was never tried; what it waits for can be tried again")
	case Manual, Scheduled:
		return r.refuse(i, "it has not begun; it can be played")
	case Created:
		return r.refuse(i, "it has not begun")
	}
	return r.refuse(i, "it can be tried again once it has ended; to end it now, cancel it")
}

// later lists, where a retry asks for it, the steps that come after its own.
func (r *Run) later(ev Retry) []int {
	if !ev.After {
		return nil
	}
	reached := make([]bool, len(r.Steps))
	queue, first := slices.Clone(ev.Steps), len(r.graph.ranks)
	for _, i := range ev.Steps {
		reached[i] = true
	}
	reach := func(steps []int) {
		for _, i := range steps {
			if !reached[i] {
				reached[i] = true
				queue = append(queue, i)
			}
		}
	}
	for n := 0; n < len(queue); n++ {
		i := queue[n]
		reach(r.graph.dependents[i])
		for k := r.graph.rank[i] + 1; k < first; k++ {
			reach(r.graph.ranks[k].steps)
		}
		first = min(first, r.graph.rank[i]+1)
	}
	return queue[len(ev.Steps):]
}

// revive takes back what ended the run, or is about to, so that it can go on.
func (r *Run) revive() {
	r.State.Cancel, r.State.TimedOut = nil, false
	if r.Complete() {
		r.State.DeadlineAt = time.Time{}
	}
}

// anew puts step i back to where everything is still to be decided.
func (r *Run) anew(c *changing, i int) {
	if q := r.Steps[i].Requested; q != nil && q.Waits {
		r.waitNoMore(c, i)
	}
	if r.Steps[i].Status != Created {
		r.setStatus(c, i, Created)
	}
	c.due = append(c.due, i)
}

// request begins step i because a person asked for it, in its turn where the
// run is held.
func (r *Run) request(c *changing, i int, q Request) {
	r.Steps[i].ask(q)
	if r.State.Held {
		r.Steps[i].Requested.Waits = true
		r.setStatus(c, i, Created)
		return
	}
	r.enqueue(c, i)
}

// waitNoMore lets what was asked of step i begin nothing any more when the turn of
// the run comes.
func (r *Run) waitNoMore(c *changing, i int) {
	q := *r.Steps[i].Requested
	q.Waits = false
	r.Steps[i].Requested = &q
	c.touch(i)
}

// ask keeps who asked; the variables of the time before stay unless others are
// given.
func (s *Step) ask(q Request) {
	if q.Variables == nil {
		q.Variables = s.variables()
	}
	q.Tried = len(s.Attempts)
	s.Requested, s.Again = &q, false
}
