package run

import "slices"

// graph is what Apply needs to know of a plan and of the statuses to decide in
// time proportional to what changes. It is derived: compile builds it from a
// plan, setStatus keeps it.
type graph struct {
	edges      [][]int // per step: what it looks at beside stage order
	dependents [][]int // the same edges backwards
	waiting    []int   // per step: how many of its edges are not complete
	tag        []tag   // per step: how others see it
	ordered    []bool  // per step: it follows stage order
	rank       []int   // per step
	ranks      []rank
	frontier   int   // the first rank that is not complete
	before     Tally // all steps of the ranks before frontier
	stages     []Tally
	resources  map[string]*Tally // of the steps of each resource group
	standing   []Status          // per stage: its status when its steps last changed
	all        Tally
	executing  int     // steps whose attempt lives: running or canceling
	unfinished int     // attempts that ended and are still owed a seal or an erasure
	limits     []limit // of the run, then of each group
	slot       []bool  // per step: it has a place within all of its limits
}

// rank is a set of steps that stage order lets begin together: a parallel
// stage, or one step of a serial stage.
type rank struct {
	stage int
	steps []int // those that stage order admits
	tally Tally // of all steps that belong to the rank
}

// compile builds the graph of p with every step created.
func compile(p *Plan) graph {
	n := len(p.Steps)
	g := graph{
		edges: make([][]int, n), dependents: make([][]int, n), waiting: make([]int, n),
		tag: make([]tag, n), ordered: make([]bool, n), rank: make([]int, n), slot: make([]bool, n),
		stages: make([]Tally, len(p.Stages)), resources: map[string]*Tally{}, standing: slices.Repeat([]Status{Created}, len(p.Stages)), limits: limitsOf(p),
	}
	for i := range p.Steps {
		g.place(p, i)
	}
	for i := range p.Steps {
		for _, e := range g.edges[i] {
			g.dependents[e] = append(g.dependents[e], i)
		}
		g.waiting[i] = len(g.edges[i])
	}
	return g
}

// place gives step i its rank and its edges.
func (g *graph) place(p *Plan, i int) {
	s := &p.Steps[i]
	first := i == 0 || p.Steps[i-1].Stage != s.Stage
	serial := p.Stages[s.Stage].Serial
	if first || serial {
		g.ranks = append(g.ranks, rank{stage: s.Stage})
	}
	g.rank[i] = len(g.ranks) - 1
	at := &g.ranks[g.rank[i]]
	at.tally.add(tagCreated, 1)
	g.stages[s.Stage].add(tagCreated, 1)
	g.all.add(tagCreated, 1)
	if s.ResourceGroup != "" {
		if g.resources[s.ResourceGroup] == nil {
			g.resources[s.ResourceGroup] = &Tally{}
		}
		g.resources[s.ResourceGroup].add(tagCreated, 1)
	}
	g.edges[i] = s.After
	if g.ordered[i] = !s.HasNeeds; g.ordered[i] {
		at.steps = append(at.steps, i)
		return
	}
	g.edges[i] = append(append([]int(nil), s.Needs...), s.After...)
	if serial && !first {
		g.edges[i] = append(g.edges[i], i-1)
	}
}

// move recounts step i of p under another tag and answers with the one before.
func (g *graph) move(p *Plan, i int, to tag) (from tag) {
	from = g.tag[i]
	if from == to {
		return from
	}
	g.tag[i] = to
	tallies := []*Tally{&g.ranks[g.rank[i]].tally, &g.stages[p.Steps[i].Stage], &g.all}
	if group := p.Steps[i].ResourceGroup; group != "" {
		tallies = append(tallies, g.resources[group])
	}
	if g.rank[i] < g.frontier {
		tallies = append(tallies, &g.before)
	}
	for _, t := range tallies {
		t.add(from, -1)
		t.add(to, 1)
	}
	if from.complete() != to.complete() {
		g.count(i, to.complete())
	}
	return from
}

// count tells the dependents of step i that it is complete, or no longer.
func (g *graph) count(i int, complete bool) {
	by := 1
	if complete {
		by = -1
	}
	for _, d := range g.dependents[i] {
		g.waiting[d] += by
	}
}

// first reports whether nothing comes before step i.
func (g *graph) first(i int) bool { return len(g.edges[i]) == 0 && (!g.ordered[i] || g.rank[i] == 0) }

// retreat takes the frontier back to a rank, and answers with where it was.
func (g *graph) retreat(rank int) (was int) {
	was = g.frontier
	for k := rank; k < was; k++ {
		g.before.merge(&g.ranks[k].tally, -1)
	}
	g.frontier = min(rank, was)
	return was
}

// advance moves the frontier over one rank that is complete; false where the
// one that it stands at is not.
func (g *graph) advance() bool {
	if g.frontier == len(g.ranks) || !g.ranks[g.frontier].tally.complete() {
		return false
	}
	g.before.merge(&g.ranks[g.frontier].tally, 1)
	g.frontier++
	return true
}

// turn is the steps that stage order lets go at the frontier.
func (g *graph) turn() []int {
	if g.frontier == len(g.ranks) {
		return nil
	}
	return g.ranks[g.frontier].steps
}
