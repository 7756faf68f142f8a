package run

import "fmt"

// automatic is the actor of what the daemon does by itself.
const automatic = "penstock"

// cancel is the event: somebody wants the run, or steps of it, to end.
func (r *Run) cancel(c *changing, ev Cancel) error {
	if ev.Steps != nil {
		return r.cancelSteps(c, ev)
	}
	if r.Complete() {
		return ErrComplete
	}
	if r.Ends(ev.Force) {
		return fmt.Errorf("cancel: %w", ErrStale)
	}
	r.State.Cancel = &ev.Cancellation
	for i := range r.Steps {
		r.stop(c, i, ev.Cancellation)
	}
	return nil
}

// Ends reports whether there is nothing left to cancel, by force or not: r is
// over, or was asked to end.
func (r *Run) Ends(force bool) bool {
	old := r.State.Cancel
	return r.Complete() || old != nil && (old.Force || !force) && r.graph.all.Composite(false) == Canceling
}

func (r *Run) cancelSteps(c *changing, ev Cancel) error {
	var left []int
	for _, i := range ev.Steps {
		s := &r.Steps[i]
		if s.AwaitsPlay() {
			return r.refuse(i, "it begins only if somebody plays it")
		}
		if !s.Ends(ev.Force) {
			left = append(left, i)
		}
	}
	if len(left) == 0 {
		return fmt.Errorf("cancel steps: %w", ErrStale)
	}
	for _, i := range left {
		r.end(c, i, ev.Cancellation)
	}
	return nil
}

// Ends reports whether there is nothing left to cancel of a step, by force or
// not: it has ended, or was asked to.
func (s *Step) Ends(force bool) bool {
	return s.Status.Complete() || s.Status == Canceling && (s.Stopped.Force || !force)
}

// stop ends step i as a part of a run that ends: what is at work is asked to
// end, what is not never begins. A manual step that nothing waits for stays.
func (r *Run) stop(c *changing, i int, why Cancellation) {
	if s := r.Steps[i].Status; s.Complete() || r.graph.tag[i] == tagIgnored {
		return
	}
	r.end(c, i, why)
}

// end ends step i, which is not complete. One that was asked to end already is
// ended by who asked first, unless now it is killed.
func (r *Run) end(c *changing, i int, why Cancellation) {
	s := &r.Steps[i]
	if s.Ends(why.Force) {
		return
	}
	s.Stopped = &why
	switch {
	case s.Status == Running && r.unborn(i):
		s.Status = Canceling
		r.finish(c, i, Outcome{Status: Canceled})
	case s.Status == Running, s.follows():
		s.Latest().Status = Canceling
		r.setStatus(c, i, Canceling)
	case s.Status == Canceling:
		c.touch(i) // Force is new
	case why.Reason != "":
		r.setStatus(c, i, Failed)
	default:
		r.setStatus(c, i, Canceled)
	}
}

// unborn reports whether step i, which works, stands for a run that does not
// exist yet: then nothing has to end before it does.
func (r *Run) unborn(i int) bool {
	return r.Plan.Steps[i].Downstream != "" && r.Steps[i].Latest().Downstream == nil
}

// spread ends what is to end because step i has failed for good.
func (r *Run) spread(c *changing, i int) {
	if r.graph.tag[i] != tagFailed {
		return
	}
	p, group := r.Plan, r.Plan.Steps[i].Group
	name := p.Steps[i].Name
	if group > 0 && p.Groups[group-1].FailFast {
		r.endOthers(c, "fail_fast: "+name+" failed", func(j int) bool { return p.Steps[j].Group == group })
	}
	if p.CancelOnFailure {
		r.endOthers(c, "on_step_failure = \"all\": "+name+" failed", func(int) bool { return true })
	}
}

// endOthers ends the steps of a set as a cancel of the run would.
func (r *Run) endOthers(c *changing, note string, member func(int) bool) {
	for i := range r.Steps {
		if member(i) {
			r.stop(c, i, Cancellation{At: c.at, Actor: automatic, Note: note})
		}
	}
}
