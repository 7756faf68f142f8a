package run

import (
	"slices"
	"time"
)

// changing is a Change under way.
type changing struct {
	Change
	at   time.Time
	seen map[int]bool
	due  []int // created steps that may be decidable now
}

func (c *changing) touch(i int) {
	if !c.seen[i] {
		c.seen[i] = true
		c.Steps = append(c.Steps, i)
	}
}

// settle decides all steps of a run that was just put together.
func (r *Run) settle(at time.Time) Change {
	c := changing{at: at, seen: map[int]bool{}}
	c.due = r.candidates()
	r.conclude(&c)
	return c.Change
}

// candidates are the steps that can be decidable without anything having
// happened: those that do not follow stage order, and those whose turn it is.
func (r *Run) candidates() (steps []int) {
	for i := range r.Plan.Steps {
		if r.Plan.Steps[i].HasNeeds {
			steps = append(steps, i)
		}
	}
	return append(steps, r.graph.turn()...)
}

// conclude draws every conclusion from what an event changed: it admits and
// skips steps until nothing more follows, and folds the run's own state.
func (r *Run) conclude(c *changing) {
	for {
		for len(c.due) > 0 {
			i := c.due[0]
			c.due = c.due[1:]
			r.decide(c, i)
		}
		if !r.graph.advance() {
			break
		}
		c.due = append(c.due, r.graph.turn()...)
	}
	r.fold(c.at)
	for _, i := range c.Steps {
		r.Steps[i].Sequence = r.State.Sequence
		r.stand(r.Plan.Steps[i].Stage)
	}
}

// decide admits or skips step i if all that it looks at is over.
func (r *Run) decide(c *changing, i int) {
	if r.State.Held || r.Steps[i].Status != Created || !r.decidable(i) {
		return
	}
	p := &r.Plan.Steps[i]
	switch {
	case !p.When.admits(r.previous(i), p.HasNeeds):
		r.leaveOut(c, i, NotAdmitted)
	case p.Skip != "":
		r.leaveOut(c, i, LeftOut)
	case r.paused(c, i):
		r.leaveOut(c, i, LeftPaused)
	case p.When == ByHand:
		r.setStatus(c, i, Manual)
	case p.When == Delayed:
		r.Steps[i].DueAt = c.at.Add(p.StartIn)
		r.setStatus(c, i, Scheduled)
	default:
		r.enqueue(c, i)
	}
}

// admit lets step i begin now, unless it is paused.
func (r *Run) admit(c *changing, i int) {
	if r.paused(c, i) {
		r.forgo(c, i)
		return
	}
	r.enqueue(c, i)
}

// forgo is what a pause makes of step i, whose turn has come: it is left out.
// One that has failed, and that nothing but its retry rule would begin again,
// stays failed: a pause makes no success of a failure.
func (r *Run) forgo(c *changing, i int) {
	if !r.Steps[i].Again {
		r.leaveOut(c, i, LeftPaused)
		return
	}
	r.setStatus(c, i, Failed)
	r.spread(c, i)
}

// decidable reports whether what step i looks at is over, or over for it.
func (r *Run) decidable(i int) bool {
	g := &r.graph
	if !r.Plan.Steps[i].HasNeeds {
		return g.rank[i] == g.frontier && g.waiting[i] == 0
	}
	return g.waiting[i] == 0 || slices.ContainsFunc(g.edges[i], func(e int) bool { return r.forbids(e, i) })
}

// forbids reports whether step e as it stands lets step i, which needs it,
// never begin, whatever else i waits for.
func (r *Run) forbids(e, i int) bool {
	p := &r.Plan.Steps[i]
	return p.HasNeeds && p.When != Always && (r.graph.tag[e] == tagSkipped || r.graph.tag[e] == tagIgnored)
}

// previous is the composite of all that step i looks at.
func (r *Run) previous(i int) Status {
	g, dag := &r.graph, r.Plan.Steps[i].HasNeeds
	var t Tally
	if !dag {
		t = g.before
	}
	for _, e := range g.edges[i] {
		t.add(g.tag[e], 1)
	}
	return t.Composite(dag)
}

// enqueue admits step i: it may begin as soon as there is a place for it.
func (r *Run) enqueue(c *changing, i int) {
	s := &r.Steps[i]
	s.AdmittedAt, s.GrantedAt, s.SlotAt = c.at, time.Time{}, time.Time{}
	if r.Plan.Steps[i].ResourceGroup != "" {
		r.setStatus(c, i, WaitingForResource)
		return
	}
	r.setStatus(c, i, Pending)
}

func (r *Run) leaveOut(c *changing, i int, why SkipReason) {
	r.Steps[i].Skipped = why
	r.setStatus(c, i, Skipped)
}

// setStatus is the only place where the status of a step changes.
func (r *Run) setStatus(c *changing, i int, s Status) {
	step, g := &r.Steps[i], &r.graph
	g.executing += count(executes(s)) - count(executes(step.Status))
	step.Status, step.Since = s, c.at
	step.forget()
	c.touch(i)
	from := g.move(r.Plan, i, r.tagOf(i))
	switch to := g.tag[i]; {
	case to.complete() && !from.complete():
		r.pass(c, i)
	case from.complete() && !to.complete():
		r.reopen(c, i)
	}
	if !executes(s) && !step.follows() {
		r.leave(c, i)
	}
	if s == Pending {
		r.park(c, i)
	}
}

// forget drops what belonged to an earlier status.
func (s *Step) forget() {
	if s.Status != Skipped {
		s.Skipped = ""
	}
	if s.Status != Scheduled {
		s.DueAt = time.Time{}
	}
	if s.Status != Scheduled && s.Status != WaitingForResource && s.Status != Pending {
		s.Again = false
	}
	if s.Status != Canceling && !s.Status.Complete() {
		s.Stopped = nil
	}
}

// pass lets the steps that look at step i, which is complete now, be decided.
func (r *Run) pass(c *changing, i int) {
	for _, d := range r.graph.dependents[i] {
		if r.graph.waiting[d] == 0 || r.forbids(i, d) {
			c.due = append(c.due, d)
		}
	}
}

// reopen takes back what was concluded from the end of step i, which is not
// over any more: steps that were skipped because of it wait again. Those that
// have begun, or ended, stay as they are.
func (r *Run) reopen(c *changing, i int) {
	g := &r.graph
	for _, d := range g.dependents[i] {
		r.reconsider(c, d)
	}
	if g.rank[i] >= g.frontier {
		return
	}
	was := g.retreat(g.rank[i])
	for k := g.rank[i] + 1; k <= was && k < len(g.ranks); k++ {
		for _, j := range g.ranks[k].steps {
			r.reconsider(c, j)
		}
	}
}

func (r *Run) reconsider(c *changing, i int) {
	if s := &r.Steps[i]; s.Status == Skipped && s.Skipped != LeftOut && s.Skipped != LeftPaused {
		r.anew(c, i)
	}
}

// executes reports whether a process works for a step with this status.
func executes(s Status) bool { return s == Running || s == Canceling }

// fold derives the run's own state from its steps.
func (r *Run) fold(at time.Time) {
	st, g := &r.State, &r.graph
	was := st.Status
	st.Status, st.Warnings = was.next(g.all.Composite(false)), g.all.Warnings()
	if st.Status != was {
		st.Since = at
	}
	r.clock(at)
	if st.Status == was || !st.Status.Complete() && st.Status != Manual {
		return
	}
	st.Busy = r.Worked(at)
	if st.Status.Complete() {
		st.FinishedAt, st.DeadlineAt, st.Held = at, time.Time{}, false
	}
}

// clock keeps the times of the run as a whole.
func (r *Run) clock(at time.Time) {
	st, executing := &r.State, r.graph.executing > 0
	if executing && st.StartedAt.IsZero() {
		st.StartedAt = at
	}
	if executing && st.DeadlineAt.IsZero() && r.Plan.Timeout > 0 && !st.TimedOut {
		st.DeadlineAt = at.Add(r.Plan.Timeout)
	}
	if executing && st.BusySince.IsZero() {
		st.BusySince = at
	}
	if !executing && !st.BusySince.IsZero() {
		st.Busy += max(0, at.Sub(st.BusySince))
		st.BusySince = time.Time{}
	}
}
