package run

// graph is what Apply needs to know of a plan and of the statuses to decide in
// time proportional to what changes. It is derived: compile builds it from a
// plan, setStatus keeps it.
type graph struct {
	needs      [][]int // per step: what it needs, the elder sibling in a serial stage included
	dependents [][]int // the same edges backwards
	waiting    []int   // per step with needs: how many of them are not complete
	rank       []int   // per step
	ranks      []rank
	frontier   int   // the first rank that is not complete
	before     Tally // all steps of the ranks before frontier
	stages     []Tally
	all        Tally
	running    int // steps whose attempt lives: running or canceling
	unsealed   int // attempts that ended and whose log is not sealed
}

// rank is a set of steps that stage order lets begin together: a parallel
// stage, or one step of a serial stage.
type rank struct {
	steps []int // without needs: stage order admits these
	tally Tally // of all steps that belong to the rank
}

// compile builds the graph of p with every step created.
func compile(p *Plan) graph {
	g := graph{
		needs: make([][]int, len(p.Steps)), dependents: make([][]int, len(p.Steps)),
		waiting: make([]int, len(p.Steps)), rank: make([]int, len(p.Steps)),
		stages: make([]Tally, len(p.Stages)),
	}
	for i := range p.Steps {
		g.place(p, i)
	}
	for i := range p.Steps {
		for _, n := range g.needs[i] {
			g.dependents[n] = append(g.dependents[n], i)
		}
		g.waiting[i] = len(g.needs[i])
	}
	return g
}

// place gives step i its rank and its edges.
func (g *graph) place(p *Plan, i int) {
	s := &p.Steps[i]
	first := i == 0 || p.Steps[i-1].Stage != s.Stage
	serial := p.Stages[s.Stage].Serial
	if first || serial {
		g.ranks = append(g.ranks, rank{})
	}
	g.rank[i] = len(g.ranks) - 1
	at := &g.ranks[g.rank[i]]
	at.tally.add(tagCreated, 1)
	g.stages[s.Stage].add(tagCreated, 1)
	g.all.add(tagCreated, 1)
	if !s.HasNeeds {
		at.steps = append(at.steps, i)
		return
	}
	g.needs[i] = s.Needs
	if serial && !first {
		g.needs[i] = append(append([]int(nil), s.Needs...), i-1)
	}
}

// move recounts step i of stage from one tag to another.
func (g *graph) move(i, stage int, from, to tag) {
	for _, t := range []*Tally{&g.ranks[g.rank[i]].tally, &g.stages[stage], &g.all} {
		t.add(from, -1)
		t.add(to, 1)
	}
}
