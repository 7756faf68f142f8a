package run

import "slices"

// limit bounds how many steps of a set work at a time. A step takes a slot in
// each of its limits when it may begin, and gives it back when its attempt has
// ended; one that finds a limit full is parked there, first come, first served.
type limit struct {
	most   int // 0 is no bound
	taken  int
	parked []int
}

func (l *limit) full() bool { return l.most > 0 && l.taken >= l.most }

// limitsOf lists the limits of p: its own, then those of its groups.
func limitsOf(p *Plan) []limit {
	all := []limit{{most: p.MaxParallel}}
	for i := range p.Groups {
		all = append(all, limit{most: p.Groups[i].MaxParallel})
	}
	return all
}

// limitsFor are the limits that step i counts in.
func (r *Run) limitsFor(i int) []*limit {
	g := &r.graph
	if group := r.Plan.Steps[i].Group; group > 0 {
		return []*limit{&g.limits[group], &g.limits[0]}
	}
	return []*limit{&g.limits[0]}
}

// park takes a slot for pending step i, or parks it where there is none.
func (r *Run) park(c *changing, i int) {
	if r.graph.slot[i] {
		return // it was parked twice
	}
	for _, l := range r.limitsFor(i) {
		if l.full() {
			l.parked = append(l.parked, i)
			return
		}
	}
	r.take(i)
	c.Ready = append(c.Ready, i)
}

func (r *Run) take(i int) {
	r.graph.slot[i] = true
	for _, l := range r.limitsFor(i) {
		l.taken++
	}
}

// leave gives the slot of step i back and lets others have it.
func (r *Run) leave(c *changing, i int) {
	if !r.graph.slot[i] {
		return
	}
	r.graph.slot[i] = false
	for _, l := range r.limitsFor(i) {
		l.taken--
	}
	for _, l := range r.limitsFor(i) {
		r.unpark(c, l)
	}
}

// unpark gives free slots of l to those who wait for one. Some of them may
// have gone since, or find another limit full.
func (r *Run) unpark(c *changing, l *limit) {
	for len(l.parked) > 0 && !l.full() {
		i := l.parked[0]
		l.parked = l.parked[1:]
		if r.Steps[i].Status == Pending {
			r.park(c, i)
			if r.graph.slot[i] {
				r.Steps[i].SlotAt = c.at
				c.touch(i)
			}
		}
	}
}

// queue lists the pending steps in the order in which they were admitted.
func (r *Run) queue() (steps []int) {
	for i := range r.Steps {
		if r.Steps[i].Status == Pending {
			steps = append(steps, i)
		}
	}
	slices.SortStableFunc(steps, func(i, j int) int { return r.Steps[i].AdmittedAt.Compare(r.Steps[j].AdmittedAt) })
	return steps
}

// occupy gives the slots of a restored run to the steps that work.
func (r *Run) occupy() {
	for i := range r.Steps {
		if executes(r.Steps[i].Status) || r.Steps[i].follows() {
			r.take(i)
		}
	}
}
