package plan_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
)

// facts is testdata/matrix.json: what GitLab does with parallel and matrix.
type facts struct {
	MatrixAppliesTo []struct {
		Parallel json.RawMessage
		Applies  bool
	} `json:"matrix_applies_to"`
	NumberAppliesTo []struct {
		Parallel json.RawMessage
		Applies  bool
	} `json:"number_applies_to"`
	Factory []struct {
		Name     string
		Parallel json.RawMessage
		Result   []any
	}
	Expand []struct {
		Name, Job string
		Parallel  json.RawMessage
		Total     int
		Jobs      []struct {
			Name      string
			Instance  int
			Variables map[string]string
		}
	}
	Normalize []normalization
	Needs     []struct {
		Name         string
		Build        json.RawMessage `json:"build_parallel"`
		Test         json.RawMessage `json:"test_parallel"`
		TestNeeds    []need          `json:"test_needs"`
		NamesInclude []string        `json:"job_names_include"`
		After        map[string][]need
		NeedsAfter   map[string][]need `json:"needs_after"`
		Errors       []string
	} `json:"matrix_expressions_in_needs"`
	Interpolation []struct {
		Matrix map[string]string
		Value  any
		Result any
		Errors []string
	} `json:"matrix_interpolation"`
}

type normalization struct {
	Name      string
	Job       string
	Variables map[string]string   `json:"job_variables"`
	After     []map[string]string `json:"job_variables_after"`
	Parallel  json.RawMessage
	JobNames  []string `json:"job_names"`
	Needs     []struct {
		Name     string
		Needs    []need
		Expanded []need
		Includes []need `json:"expanded_includes"`
	}
	Subset *struct {
		Matrix   []map[string][]string
		Expanded []need
	} `json:"needs_parallel_matrix"`
	Unchanged bool
}

type need struct {
	Name     string
	Parallel struct{ Matrix []map[string][]string }
}

func names(needs []need) (all []string) {
	for _, n := range needs {
		all = append(all, n.Name)
	}
	return all
}

func readFacts(t *testing.T) (f facts) {
	t.Helper()
	text, err := os.ReadFile("testdata/matrix.json")
	if err != nil {
		t.Fatal(err)
	}
	// The order of axes is the order of the keys in the text.
	text = regexp.MustCompile(`\$\[\[(.*?)\]\]`).ReplaceAll(text, []byte("{{$1}}"))
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// multiply makes a step several, as parallel says; false if it says nothing
// that makes it so.
func multiply(t *testing.T, s *config.Step, parallel json.RawMessage) bool {
	t.Helper()
	var number int
	if json.Unmarshal(parallel, &number) == nil && number > 0 {
		s.Parallel = number
		return true
	}
	var hash struct {
		Number json.RawMessage
		Matrix []json.RawMessage
	}
	if json.Unmarshal(parallel, &hash) != nil {
		return false
	}
	if json.Unmarshal(hash.Number, &number) == nil && number > 0 {
		s.Parallel = number
		return true
	}
	for _, entry := range hash.Matrix {
		values := map[string][]string{}
		if err := json.Unmarshal(entry, &values); err != nil {
			t.Fatal(err)
		}
		s.Matrix, s.MatrixOrder = append(s.Matrix, values), append(s.MatrixOrder, keys(t, entry))
	}
	return len(s.Matrix) > 0
}

// keys are the keys of an object in the order of its text.
func keys(t *testing.T, object json.RawMessage) (all []string) {
	d := json.NewDecoder(strings.NewReader(string(object)))
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch v := token.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth++
			} else if depth--; depth == 0 {
				return all
			}
		case string:
			if depth == 1 {
				all = append(all, v)
			}
		}
	}
}

// steps is the plan of a pipeline of one stage.
func steps(t *testing.T, all ...config.Step) run.Plan {
	t.Helper()
	for i := range all {
		all[i].Uses, all[i].When = "x", config.OnSuccess
	}
	p, err := plan.Resolve(&config.Pipeline{Name: "p", Stages: []config.Stage{{Name: "s", Steps: all}}}, plan.Request{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Plan
}

func stepNames(p run.Plan) (all []string) {
	for _, s := range p.Steps {
		all = append(all, s.Name)
	}
	return all
}

func neededNames(p run.Plan, step int) (all []string) {
	for _, i := range p.Steps[step].Needs {
		all = append(all, p.Steps[i].Name)
	}
	return all
}

func TestFactsOfExpansion(t *testing.T) {
	for _, f := range readFacts(t).Expand {
		s := config.Step{Name: f.Job}
		if !multiply(t, &s, f.Parallel) {
			t.Fatalf("%s: is one step", f.Name)
		}
		p := steps(t, s)
		if len(p.Steps) != len(f.Jobs) || len(p.Steps) != f.Total {
			t.Errorf("%s: got %v", f.Name, stepNames(p))
			continue
		}
		for i, job := range f.Jobs {
			got := p.Steps[i]
			want := map[string]string{"PENSTOCK_NODE_INDEX": fmt.Sprint(job.Instance), "PENSTOCK_NODE_TOTAL": fmt.Sprint(f.Total)}
			for name, value := range job.Variables {
				want[name] = value
			}
			if got.Name != job.Name || got.Address != fmt.Sprintf("%s@%d", f.Job, job.Instance) || !reflect.DeepEqual(got.Environment, want) {
				t.Errorf("%s: got %+v, want %+v", f.Name, got, job)
			}
		}
	}
}

func TestFactsOfWhatMakesAStepSeveral(t *testing.T) {
	f := readFacts(t)
	for _, row := range f.NumberAppliesTo {
		var s config.Step
		multiply(t, &s, row.Parallel)
		if got := len(s.Cells()) > 0 && s.Parallel > 0; got != row.Applies {
			t.Errorf("number, %s: %v", row.Parallel, got)
		}
	}
	for _, row := range f.MatrixAppliesTo {
		// GitLab's strategy of a matrix takes an empty one as well, and makes
		// nothing of it; here a text with an empty matrix is refused.
		if strings.Join(strings.Fields(string(row.Parallel)), "") == `{"matrix":[]}` {
			continue
		}
		var s config.Step
		multiply(t, &s, row.Parallel)
		if got := s.Matrix != nil; got != row.Applies {
			t.Errorf("matrix, %s: %v", row.Parallel, got)
		}
	}
	for _, row := range f.Factory {
		var s config.Step
		if multiply(t, &s, row.Parallel) || len(s.Cells()) != len(row.Result) {
			t.Errorf("%s: %v", row.Name, s.Cells())
		}
	}
}

// Left out of a row: `dependencies`, which the language does not have (their
// rows say the same of needs), attributes of a need that are not its name, and
// the row "no jobs config (null)": a pipeline without steps is refused.
func TestFactsOfNormalization(t *testing.T) {
	for _, f := range readFacts(t).Normalize {
		if f.Job == "" {
			continue
		}
		s := config.Step{Name: f.Job}
		for name, value := range f.Variables {
			s.Variables = append(s.Variables, config.Variable{Name: name, Value: value})
		}
		several := multiply(t, &s, f.Parallel)
		p := steps(t, s)
		if several == f.Unchanged || f.Unchanged && !slices.Equal(stepNames(p), []string{f.Job}) || !f.Unchanged && !slices.Equal(stepNames(p), f.JobNames) {
			t.Errorf("%s: got %q", f.Name, stepNames(p))
		}
		for i, want := range f.After {
			for name, value := range want {
				if got := p.Steps[i].Environment[name]; got != value {
					t.Errorf("%s: %s is %q in %s", f.Name, name, got, p.Steps[i].Name)
				}
			}
		}
		checkNeeds(t, f, s)
	}
}

func checkNeeds(t *testing.T, f normalization, s config.Step) {
	other := config.Step{Name: "other_job"}
	for _, row := range f.Needs {
		needing := config.Step{Name: "needing", HasNeeds: true}
		for _, n := range row.Needs {
			name := map[string]string{"rspec": f.Job}[n.Name]
			if name == "" {
				name = n.Name
			}
			needing.Needs = append(needing.Needs, config.Need{Step: name})
		}
		p := steps(t, s, other, needing)
		want := names(append(row.Expanded, row.Includes...))
		if got := neededNames(p, len(p.Steps)-1); !slices.Equal(got, want) {
			t.Errorf("%s, %s: got %q", f.Name, row.Name, got)
		}
	}
	if f.Subset == nil {
		return
	}
	needing := config.Step{Name: "needing", HasNeeds: true, Needs: []config.Need{{Step: f.Job, Matrix: f.Subset.Matrix}}}
	p := steps(t, s, needing)
	if got := neededNames(p, len(p.Steps)-1); !slices.Equal(got, names(f.Subset.Expanded)) {
		t.Errorf("%s: the subset is %q", f.Name, got)
	}
}

// The row of a missing axis differs: here the text of the pipeline is refused
// when it is applied, and so is a run of it.
func TestFactsOfExpressionsInNeeds(t *testing.T) {
	for _, f := range readFacts(t).Needs {
		build, test := config.Step{Name: "build"}, config.Step{Name: "test", HasNeeds: true}
		if f.Build == nil {
			f.Build = f.Test
		}
		multiply(t, &build, f.Build)
		multiply(t, &test, f.Test)
		for _, n := range f.TestNeeds {
			test.Needs = append(test.Needs, config.Need{Step: n.Name, Matrix: n.Parallel.Matrix})
		}
		if f.Errors != nil {
			p := &config.Pipeline{Name: "p", Stages: []config.Stage{{Name: "s", Steps: []config.Step{build, test}}}}
			problems := refusals(t, p, plan.Request{})
			if len(problems) != 2 || problems[0].Message != `step "test: [linux, amd64]": needs: the matrix has no NONEXISTENT; known are OS, ARCH` {
				t.Errorf("%s: got %v", f.Name, problems)
			}
			continue
		}
		p := steps(t, build, test)
		if got := stepNames(p); !slices.Equal(got, f.NamesInclude) {
			t.Errorf("%s: got %q", f.Name, got)
		}
		for i, s := range p.Steps {
			if want, ok := f.NeedsAfter[s.Name]; ok && !slices.Equal(neededNames(p, i), names(want)) {
				t.Errorf("%s: %s needs %q", f.Name, s.Name, neededNames(p, i))
			}
		}
	}
}

// A $ is not special here. Where GitLab leaves an expression with a missing
// axis as it is, the text is refused.
func TestFactsOfInterpolation(t *testing.T) {
	for _, f := range readFacts(t).Interpolation {
		s := config.Step{Name: "a", Uses: "x", With: map[string]any{"value": f.Value}}
		if len(f.Matrix) > 0 {
			entry := map[string][]string{}
			var order []string
			for axis, value := range f.Matrix {
				entry[axis] = []string{value}
				order = append(order, axis)
			}
			s.Matrix, s.MatrixOrder = []map[string][]string{entry}, [][]string{order}
		}
		if f.Errors != nil {
			p := &config.Pipeline{Name: "p", Stages: []config.Stage{{Name: "s", Steps: []config.Step{s}}}}
			problems := refusals(t, p, plan.Request{})
			if len(problems) != 1 || !strings.Contains(problems[0].Message, strings.Trim(strings.Fields(f.Errors[0])[0], "'")) {
				t.Errorf("%v: got %v", f.Value, problems)
			}
			continue
		}
		p := steps(t, s)
		if got := p.Steps[0].With["value"]; !reflect.DeepEqual(got, f.Result) {
			t.Errorf("%v of %v: got %v, want %v", f.Value, f.Matrix, got, f.Result)
		}
	}
}

func TestSameCellsCollapseAndTheLaterWins(t *testing.T) {
	p := resolve(t, one+`
matrix = [{ A = ["x", "y"] }, { B = ["y", "z"] }]
`, plan.Request{})
	if got := stepNames(p); !slices.Equal(got, []string{"a: [x]", "a: [y]", "a: [z]"}) {
		t.Errorf("got %q", got)
	}
	want := map[string]string{"B": "y", "PENSTOCK_NODE_INDEX": "2", "PENSTOCK_NODE_TOTAL": "3"}
	if got := p.Steps[1]; got.Address != "a@2" || !reflect.DeepEqual(got.Environment, want) {
		t.Errorf("got %+v", got)
	}
}

func TestAGroupIsAMatrix(t *testing.T) {
	p := resolve(t, one+`
parallel = 2
max_parallel = 1
fail_fast = true
[[stage.step]]
name = "b"
uses = "x"
`, plan.Request{})
	if want := []run.Group{{Name: "a", MaxParallel: 1, FailFast: true}}; !reflect.DeepEqual(p.Groups, want) {
		t.Errorf("got %+v", p.Groups)
	}
	if p.Steps[0].Group != 1 || p.Steps[1].Group != 1 || p.Steps[2].Group != 0 {
		t.Errorf("got %+v", p.Steps)
	}
	if got := p.Find("s", "a"); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("a is %v", got)
	}
}

// An address is a cell of the definition, whichever of them are in the run.
func TestAddressesDoNotMoveWhenRulesLeaveCellsOut(t *testing.T) {
	p := resolve(t, one+`
matrix = { OS = ["linux", "mac", "plan9"] }
variables = { ON = "{{ matrix.OS }}" }
rule = [{ if = "vars.ON == 'mac'", when = "never" }, {}]
`, plan.Request{})
	if len(p.Steps) != 2 || p.Steps[1].Address != "a@3" || p.Steps[1].Environment["PENSTOCK_NODE_INDEX"] != "3" {
		t.Errorf("got %+v", p.Steps)
	}
	if want := []run.Absent{{Stage: "s", Name: "a: [mac]", Address: "a@2", Why: "rule[0]: vars.ON == 'mac' says never"}}; !reflect.DeepEqual(p.Absent, want) {
		t.Errorf("got %+v", p.Absent)
	}
}

func TestNeedsAreInTheOrderOfTheCells(t *testing.T) {
	p := resolve(t, one+`
matrix = { OS = ["linux", "mac", "plan9"] }
[[stage.step]]
name = "b"
uses = "x"
needs = [{ step = "a", matrix = [{ OS = "plan9" }, { OS = ["linux", "plan9"] }] }]
with = { x = "{{ steps['a@3'].outputs.x }}" }
`, plan.Request{})
	b := p.Steps[3]
	if !slices.Equal(b.Needs, []int{0, 2}) || !slices.Equal(b.After, []int{2}) {
		t.Errorf("needs %v, after %v", b.Needs, b.After)
	}
}

func TestEmptyMatrixSelectionsAreRefused(t *testing.T) {
	build := config.Step{Name: "build", Uses: "x", Matrix: []map[string][]string{{"OS": {"linux"}}}, MatrixOrder: [][]string{{"OS"}}}
	test := config.Step{Name: "test", Uses: "x", HasNeeds: true, Needs: []config.Need{{Step: "build", Matrix: []map[string][]string{{"OS": {"mac", "plan9"}}}}}}
	p := &config.Pipeline{Name: "p", Stages: []config.Stage{{Name: "s", Steps: []config.Step{build, test}}}}
	problems := refusals(t, p, plan.Request{})
	if want := `step "test": it needs cells of "build", of which none has OS = mac or plan9`; len(problems) != 1 || problems[0].Message != want {
		t.Errorf("got %v", problems)
	}
}
