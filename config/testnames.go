package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config/spelling"
)

// mention is a name of a step, or of a stage, in a file of tests.
type mention struct {
	name  string
	at    *place
	stage bool
}

// mention keeps a name for [Tests.Check].
func (t table) mention(at *place, name string) {
	t.mentions = append(t.mentions, mention{name: name, at: at})
}

// mentionKeys keeps the keys of a table, which are names of steps.
func (t table) mentionKeys(key string) {
	sub, _ := t.values[key].(map[string]any)
	for _, name := range sortedKeys(sub) {
		t.mention(t.key(key).key(name), name)
	}
}

// mentionStages keeps the keys of a table, which are names of stages.
func (t table) mentionStages(key string) {
	sub, _ := t.values[key].(map[string]any)
	for _, name := range sortedKeys(sub) {
		t.mentions = append(t.mentions, mention{name, t.key(key).key(name), true})
	}
}

// Check reports the steps and stages that the tests name and a pipeline does
// not have, whatever its rules choose. The error is a Problems in the order of
// the text.
func (t *Tests) Check(p *Pipeline) error {
	r := &reader{document: t.document}
	steps, stages := namesOf(p)
	for _, m := range t.mentions {
		switch {
		case m.stage && !slices.Contains(stages, m.name):
			r.strange("stage", m, stages)
		case !m.stage && !slices.Contains(steps, m.name) && !p.hasCell(m.name):
			r.strange("step", m, steps)
		}
	}
	return r.finish()
}

func namesOf(p *Pipeline) (steps, stages []string) {
	for i := range p.Stages {
		stages = append(stages, p.Stages[i].Name)
		for j := range p.Stages[i].Steps {
			steps = append(steps, p.Stages[i].Steps[j].Name)
		}
	}
	return steps, stages
}

// strange reports a name that the pipeline does not have.
func (r *reader) strange(what string, m mention, known []string) {
	advice := ""
	if len(r.problems) < maxSuggestions {
		if near := spelling.Nearest(m.name, known); near != "" {
			advice = "; did you mean " + quote(near) + "?"
		}
	}
	r.report(m.at, "the pipeline has no %s %s%s", what, quote(m.name), advice)
}

// hasCell reports whether a name is that, or the address, of a cell.
func (p *Pipeline) hasCell(name string) bool {
	for i := range p.Stages {
		for j := range p.Stages[i].Steps {
			s := &p.Stages[i].Steps[j]
			rest, ok := strings.CutPrefix(name, s.Name)
			if ok && rest != "" && s.becomes(name, rest) {
				return true
			}
		}
	}
	return false
}

// becomes reports whether a cell of the step has a name, which is that of the
// step and a rest.
func (s *Step) becomes(name, rest string) bool {
	cells := s.Cells()
	if number, err := strconv.Atoi(rest[1:]); rest[0] == '@' {
		return err == nil && number >= 1 && number <= len(cells)
	}
	return slices.ContainsFunc(cells, func(c Cell) bool { return c.Name == name })
}
