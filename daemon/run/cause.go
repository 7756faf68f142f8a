package run

import "slices"

// causes are what step i waits for, or what made it what it is.
func (e *explaining) causes(i int) []Explanation {
	s := &e.Steps[i]
	switch {
	case s.Status == Created && !e.State.Held:
		return e.steps(e.holding(i))
	case s.Status == Skipped && s.Skipped == NotAdmitted:
		return e.steps(e.barring(i))
	case s.Status == Pending && !e.graph.slot[i]:
		return e.steps(e.crowding(i))
	}
	return nil
}

// holding are the steps that created step i waits for: those of its edges that
// are not over, else those at the frontier.
func (e *explaining) holding(i int) (steps []int) {
	g, named := &e.graph, make([]bool, len(e.Steps)) // a step can be needed and read
	for _, d := range g.edges[i] {
		if !g.tag[d].complete() && !named[d] {
			named[d] = true
			steps = append(steps, d)
		}
	}
	if g.ordered[i] && g.rank[i] > g.frontier {
		for d := range e.Steps {
			if g.rank[d] == g.frontier && !g.tag[d].complete() && !named[d] {
				steps = append(steps, d)
			}
		}
	}
	return steps
}

// among tells of each step of the run whether it is one of some.
func (e *explaining) among(some []int) []bool {
	in := make([]bool, len(e.Steps))
	for _, i := range some {
		in[i] = true
	}
	return in
}

// barring are the steps that made what step i looked at what it is: of those
// that did not succeed, the ones whose status the composite takes.
func (e *explaining) barring(i int) (steps []int) {
	g := &e.graph
	rest := []int{}
	for _, d := range e.sees(i) {
		switch g.tag[d] {
		case tagSuccess, tagWarn:
		case tagFailed, tagCanceled:
			steps = append(steps, d)
		default:
			rest = append(rest, d)
		}
	}
	if len(steps) > 0 && g.ordered[i] {
		return steps // what is skipped there is so because of them
	}
	return append(steps, rest...)
}

// crowding are the steps that have the slots that pending step i waits for.
func (e *explaining) crowding(i int) (steps []int) {
	group := e.Plan.Steps[i].Group
	inGroup := group > 0 && e.graph.limits[group].full()
	for d := range e.Steps {
		if e.graph.slot[d] && (!inGroup || e.Plan.Steps[d].Group == group) {
			steps = append(steps, d)
		}
	}
	return steps
}

// saw is the composite of what step i looked at, as it stands now.
func (e *explaining) saw(i int) Status {
	var t Tally
	for _, d := range e.sees(i) {
		t.add(e.graph.tag[d], 1)
	}
	return t.Composite(!e.graph.ordered[i])
}

// sees are the steps that step i looks at.
func (e *explaining) sees(i int) (steps []int) {
	g := &e.graph
	edges := e.among(g.edges[i])
	for d := range e.Steps {
		if g.ordered[i] && g.rank[d] < g.rank[i] || edges[d] {
			steps = append(steps, d)
		}
	}
	return steps
}

// making are the steps that make the status of the run.
func (e *explaining) making() (steps []int) {
	wanted := map[Status][]tag{
		Success: {tagWarn}, Failed: {tagFailed}, Canceled: {tagCanceled}, Skipped: {tagSkipped, tagIgnored, tagLeftOut}, Manual: {tagManual, tagBlocked},
	}[e.State.Status]
	if wanted == nil {
		wanted = []tag{tagRunning, tagCanceling, tagPending, tagWaitingForResource, tagScheduled, tagManual, tagBlocked}
	}
	for i := range e.Steps {
		if slices.Contains(wanted, e.graph.tag[i]) {
			steps = append(steps, i)
		}
	}
	return steps
}
