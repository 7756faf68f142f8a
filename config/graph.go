package config

import "github.com/penstock/penstock/config/spelling"

const maxSuggestions = 10 // for unknown needs: each looks at every step

// graph is the steps of a pipeline, in the order of the text, and what they
// want of each other.
type graph struct {
	*reader
	nodes       []*node
	byName      map[string]*node
	names       []string
	suggestions int // given so far
}

// node is one step.
type node struct {
	table
	step    *Step
	number  int // in the order of the text
	stage   *Stage
	level   int // number of its stage
	wants   []want
	edges   []edge         // to steps of its stage: only they can make a cycle
	cells   []Cell         // of its step; see all
	numbers map[string]int // of the cells, counted from 1
	mark    mark
	depth   int  // on the way of the search
	shown   bool // in a cycle that was reported
}

// edge leads to a step that must be over before another begins.
type edge struct {
	to *node
	at *place // where the text says so
}

// checkSteps reports what only the whole can tell: names that two steps have,
// needs and placeholders that lead nowhere, and cycles. The tables are those of
// the stages, the nodes those of their steps.
func (t table) checkSteps(p *Pipeline, stages []table, nodes [][]*node) {
	g := &graph{reader: t.reader, byName: map[string]*node{}}
	for level := range p.Stages {
		for i, n := range nodes[level] {
			n.stage, n.level, n.step = &p.Stages[level], level, &p.Stages[level].Steps[i]
			g.add(n)
		}
	}
	for _, n := range g.nodes {
		for _, w := range n.wants {
			g.resolve(n, w)
		}
	}
	t.judge(p, g, stages)
	for _, n := range g.nodes {
		g.search(n, nil)
	}
}

func (g *graph) add(n *node) {
	n.number = len(g.nodes)
	g.nodes = append(g.nodes, n)
	name := n.step.Name
	if name == "" {
		return
	}
	if first, ok := g.byName[name]; ok {
		g.report(n.key("name"), "the step %s is there already, at %s: a step has a name of its own in the whole pipeline, because needs go by name",
			quote(name), g.line(first.key("name")))
		return
	}
	g.byName[name] = n
	g.names = append(g.names, name)
}

// resolve finds the step, and the cells of it, that n wants.
func (g *graph) resolve(n *node, w want) {
	to, ok := g.byName[w.need.Step]
	if !ok {
		g.report(w.at, "needs names the step %s, which does not exist%s", quote(w.need.Step), g.suggest(w.need.Step))
		return
	}
	if why := n.refuse(to); why != "" {
		g.report(w.at, "needs names %s", why)
		return
	}
	n.connect(to, w.at)
	g.resolveCell(w, to)
	g.checkSelection(w, to)
}

// connect notes that to must be over before n begins.
func (n *node) connect(to *node, at *place) {
	if to.stage == n.stage {
		n.edges = append(n.edges, edge{to, at})
	}
}

// refuse says why n cannot wait for to, "" where it can.
func (n *node) refuse(to *node) string {
	switch {
	case to == n:
		return "the step itself"
	case to.level > n.level:
		return "the step " + quote(to.step.Name) + " of the stage " + quote(to.stage.Name) +
			", which comes later: a step can need steps of its own stage and of earlier ones"
	case to.level == n.level && n.stage.Order == Serial && to.number > n.number:
		return "the step " + quote(to.step.Name) + ", which comes later in a serial stage: there each step follows the one before it"
	}
	return ""
}

func (g *graph) suggest(name string) string {
	if g.suggestions == maxSuggestions {
		return ""
	}
	g.suggestions++
	if s := spelling.Nearest(name, g.names); s != "" {
		return "; did you mean " + quote(s) + "?"
	}
	return ""
}
