package config

import (
	"fmt"
	"strings"
)

// Lead is that a run of one pipeline brings about a run of another, if all of
// it succeeds.
type Lead struct {
	From, To string
	Path     string // of what says so, in the text of one of the two
	Step     bool   // a step of From starts To; else a trigger of To waits for From
}

// Leads are what the text says of which runs bring about which, whatever values
// they have: what a rule or a person decides, or a placeholder names, is left
// out. A step that starts its own pipeline is in it all the same: whenever it is
// its turn, it fails.
func (p *Pipeline) Leads() (all []Lead) {
	for i := range p.Triggers {
		if t := &p.Triggers[i]; t.Kind == AfterPipeline && t.After.Counts("success", nil) {
			all = append(all, Lead{From: t.After.Pipeline, To: p.Name, Path: fmt.Sprintf("trigger[%d].after", i)})
		}
	}
	for _, l := range p.starts(p.Name, true) {
		l.From = p.Name
		all = append(all, l)
	}
	return all
}

// starts are the leads by the steps of a text, which is that of the pipeline of
// a name or of a child inside of it; certain tells whether its runs are.
func (p *Pipeline) starts(self string, certain bool) (all []Lead) {
	certain = certain && len(p.Rules) == 0
	for i := range p.Stages {
		for j := range p.Stages[i].Steps {
			s, path := &p.Stages[i].Steps[j], fmt.Sprintf("stage[%d].step[%d].with", i, j)
			if s.Uses != DownstreamType || s.Skip || p.Stages[i].Skip {
				continue
			}
			begins := certain && len(s.Rules) == 0 && s.When != Manual && s.When != OnFailure
			if to, _ := s.With["pipeline"].(string); to == self || begins && to != "" && !holdsPlaceholder(to) {
				all = append(all, Lead{To: to, Path: path + ".pipeline", Step: true})
			}
			for _, l := range s.child().starts(self, begins) {
				l.Path = path + ".inline"
				all = append(all, l)
			}
		}
	}
	return all
}

// child is the definition whose text a step holds; an empty one where it holds
// none, or none that can be run.
func (s *Step) child() *Pipeline {
	text, _ := s.With["inline"].(string)
	if source, err := ParseChild("", []byte(text)); text != "" && err == nil {
		return &source.Pipeline
	}
	return &Pipeline{}
}

// Circle is the row of pipelines from the end of a lead back to its beginning;
// nil where there is none. The leads that go out from a pipeline are asked for
// by its name.
func Circle(l Lead, from func(name string) ([]Lead, error)) ([]string, error) {
	w := way{to: l.From, from: from, seen: map[string]bool{}}
	return w.search(l.To)
}

// way is a search for a pipeline that runs lead to.
type way struct {
	to   string
	from func(name string) ([]Lead, error)
	seen map[string]bool
}

func (w *way) search(name string) ([]string, error) {
	if name == w.to {
		return []string{name}, nil
	}
	if w.seen[name] {
		return nil, nil
	}
	w.seen[name] = true
	leads, err := w.from(name)
	if err != nil {
		return nil, err
	}
	for _, l := range leads {
		if row, err := w.search(l.To); row != nil || err != nil {
			return append([]string{name}, row...), err
		}
	}
	return nil, nil
}

// Circles reports the leads of a text by which pipelines would follow from
// themselves.
func (s *Source) Circles(from func(name string) ([]Lead, error)) (problems Problems, err error) {
	for _, l := range s.Pipeline.Leads() {
		row, err := Circle(l, from)
		if err != nil {
			return nil, err
		}
		if row != nil {
			problems = append(problems, s.Problem(l.Path, l.circle(row)))
		}
	}
	return problems, nil
}

// circle says what is wrong with a lead that closes a row.
func (l *Lead) circle(row []string) string {
	round := strings.Join(append(row, row[0]), " → ")
	switch {
	case !l.Step:
		return "the trigger closes a circle of pipelines that follow from each other: " + round + "; leave one of their triggers out"
	case l.From == l.To:
		return "a step cannot start its own pipeline: no run follows from one of the same pipeline, and the step would always fail (pipeline_loop_detected)"
	}
	return "the step closes a circle of pipelines that start each other: " + round +
		"; no run follows from one of the same pipeline, and the last to be started would always fail (pipeline_loop_detected)"
}

// CirclesAmong reports the circles that several texts make by themselves, in
// each text where it takes part.
func CirclesAmong(sources []*Source) (problems Problems) {
	leads := map[string][]Lead{}
	for _, s := range sources {
		for _, l := range s.Pipeline.Leads() {
			leads[l.From] = append(leads[l.From], l)
		}
	}
	for _, s := range sources {
		// Nothing is read, so that nothing fails.
		found, _ := s.Circles(func(name string) ([]Lead, error) { return leads[name], nil })
		problems = append(problems, found...)
	}
	return problems
}
