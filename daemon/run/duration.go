package run

import (
	"slices"
	"time"
)

// Period is a time in which something worked.
type Period struct{ Start, End time.Time }

// Union is how much time the periods cover together: what overlaps counts
// once. It sorts them.
func Union(periods []Period) (total time.Duration) {
	slices.SortFunc(periods, func(a, b Period) int { return a.Start.Compare(b.Start) })
	var end time.Time
	for _, p := range periods {
		if p.Start.After(end) {
			end = p.Start
		}
		if p.End.After(end) {
			total += p.End.Sub(end)
			end = p.End
		}
	}
	return total
}

// Worked is the duration of r as GitLab counts it: the time up to now in which
// at least one step worked. Only the newest attempt of each step counts, and
// no time in which one waited, and nothing of a step that is to be tried again,
// or was skipped when its turn came again: GitLab has a new job for it then.
func (r *Run) Worked(now time.Time) time.Duration {
	var periods []Period
	for i := range r.Steps {
		s := &r.Steps[i]
		if a := s.Latest(); a != nil && (!a.Ended() || a.Status == s.Status) {
			if p, ok := a.period(now); ok {
				periods = append(periods, p)
			}
		}
	}
	return Union(periods)
}

// period is the time in which a worked, up to now. While it does, nobody but
// its plugin knows when the work began: then it is when it was given its place.
func (a *Attempt) period(now time.Time) (Period, bool) {
	switch {
	case !a.Ended():
		return Period{a.DecidedAt, now}, true
	case a.StartedAt.IsZero():
		return Period{}, false
	}
	return Period{a.StartedAt, a.FinishedAt}, true
}

// Duration is the time up to now in which at least one step worked. It is that
// of [Run.Worked] when the run last ended, or was blocked; while steps work
// it can be more, by attempts that were superseded since.
func (s *State) Duration(now time.Time) time.Duration {
	if s.BusySince.IsZero() {
		return s.Busy
	}
	return s.Busy + max(0, now.Sub(s.BusySince))
}

// Waited is for how long the run was held, the last time that it was, before
// its turn came.
func (s *State) Waited() time.Duration {
	if s.HeldAt.IsZero() || s.ReleasedAt.Before(s.HeldAt) {
		return 0
	}
	return s.ReleasedAt.Sub(s.HeldAt)
}

// Queued is how long the run waited before its first step worked, up to now
// where none has.
func (s *State) Queued(now time.Time) time.Duration {
	switch {
	case !s.StartedAt.IsZero():
		return s.StartedAt.Sub(s.CreatedAt)
	case !s.FinishedAt.IsZero():
		return s.FinishedAt.Sub(s.CreatedAt)
	}
	return max(0, now.Sub(s.CreatedAt))
}
