package run

// Of the cells of a matrix that one name means, a person means those for which
// there is something to do. Each of these says of a step whether there is.

// AwaitsPlay reports whether s waits for a person to play it.
func (s *Step) AwaitsPlay() bool { return s.Status == Manual && !s.follows() }

// CanPlay reports whether a Play begins s.
func (s *Step) CanPlay() bool { return s.AwaitsPlay() || s.Status == Scheduled }

// CanUnschedule reports whether an Unschedule makes s manual.
func (s *Step) CanUnschedule() bool { return s.Status == Scheduled }

// CanRetry reports whether s is over, so that a Retry may begin it again.
func (s *Step) CanRetry() bool { return s.Status.Complete() }

// CanCancel reports whether s is not over and does not wait for a person.
func (s *Step) CanCancel() bool { return !s.Status.Complete() && !s.AwaitsPlay() }

// Fitting lists those of the steps that fit; all of them where none does: then
// the refusal names one.
func (r *Run) Fitting(steps []int, fits func(*Step) bool) (fit []int) {
	for _, i := range steps {
		if fits(&r.Steps[i]) {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		return steps
	}
	return fit
}
