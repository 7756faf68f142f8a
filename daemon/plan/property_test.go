package plan_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
)

// layer is a table of variables, and how each of their values is made of what
// is outside of the table.
type layer struct {
	variables []config.Variable
	model     map[string]func(outer map[string]string) string
}

// draw draws a layer whose templates name what is outside of it.
func draw(t *rapid.T, outside map[string]bool, reads bool) layer {
	l := layer{model: map[string]func(map[string]string) string{}}
	names := slices.Sorted(maps.Keys(outside))
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"A", "B", "C", "D"}), rapid.ID).Draw(t, "names") {
		tag := rapid.StringMatching("[a-z]{2}").Draw(t, "tag")
		text, prefix := tag, tag
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			text, prefix = tag+"{{ run.number }}", tag+"42"
		case 1:
			if reads {
				text, prefix = tag+"{{ steps.first.outputs.o }}", tag+"{{ vars.A }}"
			}
		}
		seen := ""
		if len(names) > 0 && rapid.Bool().Draw(t, "names another") {
			seen = rapid.SampledFrom(names).Draw(t, "seen")
			text += "{{ vars." + seen + " }}"
		}
		l.variables = append(l.variables, config.Variable{Name: name, Value: text})
		l.model[name] = func(outer map[string]string) string { return prefix + outer[seen] }
	}
	for name := range l.model {
		outside[name] = true
	}
	return l
}

func (l layer) over(outer, given map[string]string) map[string]string {
	inner := maps.Clone(outer)
	for name, value := range l.model {
		inner[name] = value(outer)
	}
	maps.Copy(inner, given)
	return inner
}

// Whatever is known when, each layer stands over those before it, and its
// templates see those only.
func TestEnvironmentIsItsLayers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := map[string]bool{}
		variable := rapid.MapOfN(rapid.SampledFrom([]string{"A", "B", "E"}), rapid.StringMatching("[x-z]{1,2}"), 0, 2)
		given, play := variable.Draw(t, "given"), variable.Draw(t, "play")
		layers := []layer{draw(t, known, false)} // of the pipeline: it sees no variable
		for name := range given {
			known[name] = true
		}
		layers = append(layers, draw(t, known, false), draw(t, known, false), draw(t, known, true), draw(t, known, true))
		step := config.Step{Name: "a", Uses: "x", Variables: layers[3].variables, Rules: []config.Rule{{Variables: layers[4].variables}}}
		step.With = map[string]any{"all": "x"}
		for name := range known {
			step.With["all"] = step.With["all"].(string) + "{{ vars." + name + " }}"
		}
		p := &config.Pipeline{
			Name: "p", Type: config.Dynamic, Variables: layers[0].variables, Rules: []config.Rule{{Variables: layers[1].variables}},
			Stages: []config.Stage{{Name: "s", Variables: layers[2].variables, Steps: []config.Step{{Name: "first", Uses: "x"}, step}}},
		}
		resolved, err := plan.Resolve(p, plan.Request{Variables: given})
		if err != nil {
			t.Fatal(err)
		}
		resolved.Number = 42
		outputs := map[string]map[string]string{"first": {"o": "{{ vars.A }}"}}
		want := map[string]string{}
		for _, l := range layers {
			want = l.over(want, given)
		}
		with, err := plan.Settings(&resolved.Plan, 1, outputs)
		all := "x"
		for name := range known {
			all += want[name]
		}
		if text, ok := with["all"].(string); err != nil || !ok || !sameLetters(text, all) {
			t.Fatalf("with is %v, %v, want %s", with, err, all)
		}
		maps.Copy(want, play)
		got, err := plan.Environment(&resolved.Plan, 1, play, outputs)
		if err != nil || !maps.Equal(own(got), own(want)) {
			t.Fatalf("got %v, %v\nwant %v", got, err, want)
		}
	})
}

// sameLetters compares texts of parts that were put together in any order.
func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// A plan has every cell of the definition once, in it or among the absent, and
// exactly the needs that the definition says.
func TestPlansHaveWhatDefinitionsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPipeline(t)
		resolved, err := plan.Resolve(p, plan.Request{Source: "command"})
		again, err2 := plan.Resolve(p, plan.Request{Source: "command"})
		if !reflect.DeepEqual(resolved, again) || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Fatal("two plans of one pipeline differ")
		}
		want, absent, missing := expected(p)
		if err != nil {
			var r *plan.Refusal
			if !errors.As(err, &r) || !(missing && r.Has(plan.BadNeed) || len(want) == 0 && r.Has(plan.Empty)) {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		if missing || len(want) == 0 {
			t.Fatal("a run that cannot be is not refused")
		}
		got := map[string][]string{}
		for i := range resolved.Steps {
			got[resolved.Key(i)] = neededNames(resolved.Plan, i)
			if resolved.Stages[resolved.Steps[i].Stage].Name == "" {
				t.Fatal("a step has no stage")
			}
		}
		if !reflect.DeepEqual(got, want) || len(resolved.Absent) != absent || len(resolved.Steps) != len(want) {
			t.Fatalf("got %v and %v\nwant %v and %d absent", got, resolved.Absent, want, absent)
		}
	})
}

func drawPipeline(t *rapid.T) *config.Pipeline {
	p := &config.Pipeline{Name: "p"}
	var known []config.Step
	for k := range rapid.IntRange(1, 3).Draw(t, "stages") {
		stage := config.Stage{Name: fmt.Sprintf("s%d", k)}
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			s := config.Step{Name: fmt.Sprintf("a%d", len(known)), Uses: "x", HasNeeds: rapid.Bool().Draw(t, "has needs")}
			switch rapid.IntRange(0, 3).Draw(t, "shape") {
			case 0:
				s.Parallel = rapid.IntRange(1, 3).Draw(t, "parallel")
			case 1:
				s.Matrix = []map[string][]string{{"A": {"x", "y"}, "B": {"x", "z"}}}
				s.MatrixOrder = [][]string{{"A", "B"}}
			}
			if rapid.IntRange(0, 3).Draw(t, "ruled") == 0 {
				s.Rules = []config.Rule{{If: rapid.SampledFrom([]string{`run.source == "schedule"`, `run.source == "command"`}).Draw(t, "if")}}
				if s.Matrix != nil && rapid.Bool().Draw(t, "by cell") {
					s.Rules[0].If = `matrix.A == "x"`
				}
			}
			for s.HasNeeds && len(known) > len(s.Needs) && rapid.Bool().Draw(t, "another need") {
				s.Needs = append(s.Needs, drawNeed(t, known[len(s.Needs)]))
			}
			stage.Steps, known = append(stage.Steps, s), append(known, s)
		}
		p.Stages = append(p.Stages, stage)
	}
	return p
}

func drawNeed(t *rapid.T, on config.Step) config.Need {
	n := config.Need{Step: on.Name, Optional: rapid.Bool().Draw(t, "optional")}
	switch {
	case on.Matrix != nil && rapid.Bool().Draw(t, "selected"):
		n.Matrix = []map[string][]string{{"B": {rapid.SampledFrom([]string{"x", "z"}).Draw(t, "B")}}}
	case len(on.Cells()) > 0 && rapid.Bool().Draw(t, "one cell"):
		n.Cell = rapid.IntRange(1, len(on.Cells())).Draw(t, "cell")
	}
	return n
}

// expected is, in the plainest way, what a plan of p has: for each address the
// names that it needs, how many cells are absent, and whether a need is.
func expected(p *config.Pipeline) (needs map[string][]string, absent int, missing bool) {
	needs = map[string][]string{}
	type cell struct {
		config.Cell
		here bool
	}
	cells := map[string][]cell{}
	for _, stage := range p.Stages {
		for _, s := range stage.Steps {
			all := s.Cells()
			single := len(all) == 0
			if single {
				all = []config.Cell{{Name: s.Name}}
			}
			for i, c := range all {
				here := len(s.Rules) == 0 || s.Rules[0].If == `run.source == "command"` || s.Rules[0].If == `matrix.A == "x"` && c.Values["A"] == "x"
				cells[s.Name] = append(cells[s.Name], cell{c, here})
				if !here {
					absent++
					continue
				}
				key := s.Name
				if !single {
					key = fmt.Sprintf("%s@%d", s.Name, i+1)
				}
				needs[key] = nil
				for _, n := range s.Needs {
					for k, on := range cells[n.Step] {
						switch {
						case n.Cell > 0 && n.Cell != k+1, n.Matrix != nil && !on.Chosen(n.Matrix):
						case on.here:
							needs[key] = append(needs[key], on.Name)
						case !n.Optional:
							missing = true
						}
					}
				}
			}
		}
	}
	return needs, absent, missing
}

// No text that passes, and no value of a client, ends the daemon.
func FuzzResolve(f *testing.F) {
	files, err := filepath.Glob("../../config/testdata/good/*.toml")
	if err != nil || len(files) == 0 {
		f.Fatal(err, files)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "keep", "7")
	}
	f.Add("name = \"p\"\n"+strings.TrimSpace(layers), "n", "x")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		source, err := config.ParsePipeline("p.toml", []byte(text))
		if err != nil {
			return
		}
		q := plan.Request{Inputs: map[string]any{name: value}, Variables: map[string]string{name: value}, Source: value}
		for _, request := range []plan.Request{{}, q} {
			p, err := plan.Resolve(&source.Pipeline, request)
			var refusal *plan.Refusal
			if err != nil && (!errors.As(err, &refusal) || len(refusal.Problems) == 0) {
				t.Fatalf("%T: %v", err, err)
			}
			for i := range p.Steps {
				perform(&p.Plan, i)
			}
		}
	})
}

// perform does what is done when an attempt of a step begins.
func perform(p *run.Plan, step int) {
	outputs := map[string]map[string]string{}
	for _, read := range p.Steps[step].After {
		outputs[p.Key(read)] = map[string]string{"x": "1"}
	}
	_, _ = plan.Settings(p, step, outputs)
	_, _ = plan.Environment(p, step, nil, outputs)
}
