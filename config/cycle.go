package config

import (
	"fmt"
	"slices"
	"strings"
)

// maxCycle is how many steps of a cycle are shown.
const maxCycle = 12

// mark is how far the search for cycles has come with a step.
type mark int

const (
	unseen mark = iota
	onWay       // between the step where the search began and the one it looks at
	done
)

// search looks for cycles among the steps that n needs, directly or not; way
// leads to n. Each edge is followed once, so the cost is linear.
func (g *graph) search(n *node, way []*node) {
	switch n.mark {
	case done:
		return
	case onWay:
		g.reportCycle(way[n.depth:])
		return
	}
	n.mark, n.depth = onWay, len(way)
	way = append(way, n)
	for _, e := range n.edges {
		g.search(e.to, way)
	}
	n.mark = done
}

// reportCycle reports a cycle, unless all of its steps are in reported ones: to
// list every way around the same steps would take for ever. It is shown from
// its first step in the text on.
func (g *graph) reportCycle(cycle []*node) {
	if !slices.ContainsFunc(cycle, func(n *node) bool { return !n.shown }) {
		return
	}
	first := 0
	for i, n := range cycle {
		n.shown = true
		if n.number < cycle[first].number {
			first = i
		}
	}
	cycle = slices.Concat(cycle[first:], cycle[:first])
	g.report(cycle[0].edgeTo(cycle[1%len(cycle)]).at, "the steps need each other in a circle: %s", arrows(cycle))
}

// edgeTo is the first edge of n that leads to another.
func (n *node) edgeTo(to *node) edge {
	return n.edges[slices.IndexFunc(n.edges, func(e edge) bool { return e.to == to })]
}

// arrows shows a cycle as a -> b -> a; of a long one only the beginning.
func arrows(cycle []*node) string {
	var names []string
	for _, n := range cycle[:min(len(cycle), maxCycle)] {
		names = append(names, n.step.Name)
	}
	if more := len(cycle) - maxCycle; more > 0 {
		names = append(names, fmt.Sprintf("… (%d more)", more))
	}
	return strings.Join(append(names, cycle[0].step.Name), " -> ")
}
