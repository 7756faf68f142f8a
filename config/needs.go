package config

import "github.com/penstock/penstock/config/spelling"

const (
	maxNeeds       = 50 // of one step, as in GitLab
	maxSuggestions = 10 // for unknown needs: each looks at every step
)

// needs reads the names of the steps that a step waits for, each once.
func (t table) needs() []Need {
	items, ok := t.strings("needs")
	if !ok {
		return nil
	}
	if len(items) > maxNeeds {
		t.report(t.key("needs"), "needs has %d steps; at most %d are allowed", len(items), maxNeeds)
	}
	seen := map[string]bool{}
	for _, it := range items {
		if seen[it.text] {
			t.report(it.at, "needs names %s twice", quote(it.text))
		}
		seen[it.text] = true
	}
	needs := []Need{}
	for _, it := range t.wants() {
		needs = append(needs, Need{Step: it.text, Artifacts: true})
	}
	return needs
}

// wants is the strings of needs, each once, and where they stand.
func (t table) wants() []item {
	all, _ := list(t.values["needs"])
	var items []item
	seen := map[string]bool{}
	for i, v := range all {
		if s, ok := v.(string); ok && !seen[s] {
			seen[s] = true
			items = append(items, item{s, t.key("needs").item(i)})
		}
	}
	return items
}

// graph is the steps of a pipeline, in the order of the text, and what they
// need of each other.
type graph struct {
	*reader
	nodes       []*node
	byName      map[string]*node
	names       []string
	suggestions int // given so far
}

// node is one step.
type node struct {
	name   string
	number int // in the order of the text
	stage  *Stage
	level  int    // number of its stage
	at     *place // of the step
	wants  []item
	needs  []*node // those of its stage: only they can make a cycle
	mark   mark
	depth  int  // on the way of the search
	shown  bool // in a cycle that was reported
}

// checkNeeds reports names that two steps have, needs that lead nowhere, and
// cycles. The tables are those that the stages were read from.
func (t table) checkNeeds(stages []Stage, tables []table) {
	g := &graph{reader: t.reader, byName: map[string]*node{}}
	for level := range stages {
		values, _ := list(tables[level].values["step"])
		for i, step := range stages[level].Steps {
			in, _ := t.table(tables[level].key("step").item(i), values[i])
			g.add(&node{name: step.Name, stage: &stages[level], level: level, at: in.place, wants: in.wants()})
		}
	}
	for _, n := range g.nodes {
		g.resolve(n)
	}
	for _, n := range g.nodes {
		g.search(n, nil)
	}
}

func (g *graph) add(n *node) {
	n.number = len(g.nodes)
	g.nodes = append(g.nodes, n)
	if n.name == "" {
		return
	}
	if first, ok := g.byName[n.name]; ok {
		g.report(n.at.key("name"), "the step %s is there already, at %s: a step has a name of its own in the whole pipeline, because needs go by name",
			quote(n.name), g.line(first.at.key("name")))
		return
	}
	g.byName[n.name] = n
	g.names = append(g.names, n.name)
}

// resolve finds the steps that n needs.
func (g *graph) resolve(n *node) {
	for _, it := range n.wants {
		to, ok := g.byName[it.text]
		if !ok {
			g.report(it.at, "needs names the step %s, which does not exist%s", quote(it.text), g.suggest(it.text))
			continue
		}
		if why := n.refuse(to); why != "" {
			g.report(it.at, "needs names %s", why)
			continue
		}
		if to.stage == n.stage {
			n.needs = append(n.needs, to)
		}
	}
}

// refuse says why n cannot need to, "" where it can.
func (n *node) refuse(to *node) string {
	switch {
	case to == n:
		return "the step itself"
	case to.level > n.level:
		return "the step " + quote(to.name) + " of the stage " + quote(to.stage.Name) +
			", which comes later: a step can need steps of its own stage and of earlier ones"
	case to.level == n.level && n.stage.Order == Serial && to.number > n.number:
		return "the step " + quote(to.name) + ", which comes later in a serial stage: there each step follows the one before it"
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
