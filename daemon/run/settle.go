package run

import (
	"slices"
	"time"
)

// changing is a Change under way.
type changing struct {
	Change
	seen map[int]bool
	due  []int // steps with needs, all of them complete: to be admitted or skipped
}

func (c *changing) touch(i int) {
	if !c.seen[i] {
		c.seen[i] = true
		c.Steps = append(c.Steps, i)
	}
}

// settle decides all steps of a run that was just put together.
func (r *Run) settle(c changing, at time.Time) Change {
	for i := range r.Plan.Steps {
		if r.Plan.Steps[i].HasNeeds && r.decidable(i) {
			c.due = append(c.due, i)
		}
	}
	r.admitRank(&c)
	r.settleInto(&c, at)
	for _, i := range c.Steps {
		r.Steps[i].Sequence = r.State.Sequence
	}
	return c.Change
}

// settleInto admits and skips steps until nothing more follows from the
// statuses.
func (r *Run) settleInto(c *changing, at time.Time) {
	g := &r.graph
	for {
		for len(c.due) > 0 {
			i := c.due[0]
			c.due = c.due[1:]
			r.admit(c, i, r.needed(i))
		}
		if g.frontier == len(g.ranks) || !g.ranks[g.frontier].tally.complete() {
			break
		}
		g.before.merge(&g.ranks[g.frontier].tally)
		g.frontier++
		r.admitRank(c)
	}
	r.fold(at)
}

// admitRank decides the steps that stage order lets go now.
func (r *Run) admitRank(c *changing) {
	g := &r.graph
	if g.frontier == len(g.ranks) {
		return
	}
	previous := g.before.Composite(false)
	for _, i := range g.ranks[g.frontier].steps {
		r.admit(c, i, previous)
	}
}

// decidable reports whether what step i needs is over, or over for it.
func (r *Run) decidable(i int) bool {
	return r.graph.waiting[i] == 0 || slices.ContainsFunc(r.graph.needs[i], func(n int) bool { return r.forbids(n, i) })
}

// forbids reports whether step n as it stands lets step i, which needs it,
// never begin, whatever else i waits for.
func (r *Run) forbids(n, i int) bool {
	return r.Steps[n].Status == Skipped && r.Plan.Steps[i].When != Always
}

// needed is the composite of the steps that step i needs.
func (r *Run) needed(i int) Status {
	var t Tally
	for _, n := range r.graph.needs[i] {
		t.Add(r.Steps[n].Status, r.Plan.Steps[n].AllowFailure)
	}
	return t.Composite(true)
}

// admit decides a created step once all that it waits for is complete.
func (r *Run) admit(c *changing, i int, previous Status) {
	if r.Steps[i].Status != Created {
		return
	}
	s := &r.Plan.Steps[i]
	if !s.When.admits(previous, s.HasNeeds) {
		r.setStatus(c, i, Skipped)
		return
	}
	r.setStatus(c, i, Pending)
	c.Ready = append(c.Ready, i)
}

// setStatus is the only place where a step's status changes.
func (r *Run) setStatus(c *changing, i int, s Status) {
	if r.Steps[i].Status == s {
		return
	}
	c.touch(i)
	c.due = append(c.due, r.move(i, s)...)
}

// move gives step i the status s, keeps the graph, and says which steps with
// needs can be decided because of it: those that wait for nothing more, and,
// where i was skipped, those that will be skipped whatever else they wait for.
func (r *Run) move(i int, s Status) (due []int) {
	step, plan, g := &r.Steps[i], &r.Plan.Steps[i], &r.graph
	from, to := tagOf(step.Status, plan.AllowFailure), tagOf(s, plan.AllowFailure)
	g.running += alive(s) - alive(step.Status)
	step.Status = s
	g.move(i, plan.Stage, from, to)
	if !to.complete() {
		return nil
	}
	for _, d := range g.dependents[i] {
		g.waiting[d]--
		if g.waiting[d] == 0 || r.forbids(i, d) {
			due = append(due, d)
		}
	}
	return due
}

// alive is 1 for a status in which a process works for the step.
func alive(s Status) int {
	if s == Running || s == Canceling {
		return 1
	}
	return 0
}

// fold derives the run's own state from its steps.
func (r *Run) fold(at time.Time) {
	st, g := &r.State, &r.graph
	was := st.Status
	st.Status = g.all.Composite(false)
	st.Warnings = g.all.Warnings()
	if g.running > 0 && st.BusySince.IsZero() {
		st.BusySince = at
	}
	if g.running == 0 && !st.BusySince.IsZero() {
		st.Busy += max(0, at.Sub(st.BusySince))
		st.BusySince = time.Time{}
	}
	if st.StartedAt.IsZero() && g.running > 0 {
		st.StartedAt = at
	}
	if st.Status.Complete() && !was.Complete() {
		st.FinishedAt = at
	}
}

// StageStatus is the composite status of stage i.
func (r *Run) StageStatus(i int) Status { return r.graph.stages[i].Composite(false) }
