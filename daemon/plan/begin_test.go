package plan_test

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
)

const layers = `
input = [{ name = "n", type = "number", default = 2 }]
variables = { A = "file", B = "file", C = "file", D = "file", E = "file", F = "file", NUMBER = "{{ run.number }}", NAME = "{{ inputs.n }}-{{ pipeline.name }}" }
rule = [{ variables = { B = "run rule", R = "{{ vars.NUMBER }}/{{ vars.A }}" } }]
[[stage]]
name = "s"
variables = { C = "stage", BUILD = "b{{ vars.NUMBER }}", NAME = "stage {{ vars.NAME }}" }
[[stage.step]]
name = "first"
uses = "x"
[[stage.step]]
name = "a"
uses = "x"
matrix = { OS = ["linux"], ARCH = ["arm64"] }
variables = { D = "step", TAG = "{{ vars.BUILD }}-{{ matrix.OS }}-{{ steps.first.outputs.id }}", OS = "{{ run.id }}", NAME = "step {{ vars.NAME }}" }
rule = [{ variables = { E = "rule", LAST = "<{{ vars.TAG }}>", ARCH = "rule" } }]
with = { url = "x/{{ vars.TAG }}", n = "{{ inputs.n }}", deep = [{ "a/b~c" = "{{ steps.first.outputs.id }}" }, "{{ matrix.ARCH }}"], script = "echo '{{.Names}}'" }
`

// predefined are the names that every environment has.
var predefined = []string{"PENSTOCK_REVISION", "PENSTOCK_PRIORITY", "PENSTOCK_NODE_INDEX", "PENSTOCK_NODE_TOTAL"}

// own is an environment without what every step has.
func own(all map[string]string) map[string]string {
	all = maps.Clone(all)
	maps.DeleteFunc(all, func(name, _ string) bool { return slices.Contains(predefined, name) })
	return all
}

// What a run is stands over all that anybody gave, also where the plan, or a play
// of another daemon, has such a name.
func TestPredefinedVariablesCannotBeForged(t *testing.T) {
	p := resolve(t, layers, plan.Request{Revision: 3})
	p.Values.Name, p.Values.SubQueue, p.Values.Priority, p.Values.Upstream = "r", "eu", -7, "build/7"
	p.Values.Source, p.Values.Actor, p.Values.Trigger, p.Values.ScheduledAt = "schedule", "ann", "evening", "1970-01-02T00:00:00Z"
	want := map[string]string{
		"PENSTOCK_REVISION": "3", "PENSTOCK_PRIORITY": "-7", "PENSTOCK_SOURCE": "schedule", "PENSTOCK_ACTOR": "ann",
		"PENSTOCK_TRIGGER": "evening", "PENSTOCK_SCHEDULED_AT": "1970-01-02T00:00:00Z", "PENSTOCK_SCHEDULED_UNIX": "86400",
		"PENSTOCK_RUN_NAME": "r", "PENSTOCK_SUB_QUEUE": "eu", "PENSTOCK_UPSTREAM": "build/7",
	}
	forged := map[string]string{}
	for name := range want {
		forged[name] = "forged"
	}
	maps.Copy(p.Environment, forged)
	got, err := plan.Environment(&p, 0, forged, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

// A run that has no trigger has no variable of one, not even an empty one.
func TestWhatARunHasNotIsNotSet(t *testing.T) {
	p := resolve(t, layers, plan.Request{})
	got, err := plan.Environment(&p, 0, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name := range got {
		if strings.HasPrefix(name, "PENSTOCK_") && !slices.Contains(predefined, name) {
			t.Errorf("%s=%s", name, got[name])
		}
	}
}

func TestEnvironmentLayersOverEachOther(t *testing.T) {
	p := resolve(t, layers, plan.Request{Variables: map[string]string{"F": "given", "NUMBER": "n7"}})
	p.RunID, p.Number = 1, 42
	outputs := map[string]map[string]string{"first": {"id": "7"}}
	got, err := plan.Environment(&p, 1, map[string]string{"E": "play"}, outputs)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"A": "file", "B": "run rule", "C": "stage", "D": "step", "E": "play", "F": "given", "NUMBER": "n7",
		"NAME": "step stage 2-p", "R": "n7/file", "BUILD": "bn7", "TAG": "bn7-linux-7", "LAST": "<bn7-linux-7>",
		"OS": "linux", "ARCH": "rule",
	}
	if !maps.Equal(own(got), want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestWhatIsLateIsFilledIn(t *testing.T) {
	for name, q := range map[string]plan.Request{"plain": {}, "given": {Variables: map[string]string{"BUILD": "g"}}} {
		p := resolve(t, layers, q)
		p.RunID, p.Number = 1, 42
		p = stored(t, p)
		with, err := plan.Settings(&p, 1, map[string]map[string]string{"first": {"id": "{{ inputs.n }}"}})
		if err != nil {
			t.Fatal(err)
		}
		build := map[string]string{"plain": "b42", "given": "g"}[name]
		want := map[string]any{
			"url": "x/" + build + "-linux-{{ inputs.n }}", "n": 2.0,
			"deep": []any{map[string]any{"a/b~c": "{{ inputs.n }}"}, "arm64"}, "script": "echo '{{.Names}}'",
		}
		if !reflect.DeepEqual(with, want) {
			t.Errorf("%s: got  %v\nwant %v", name, with, want)
		}
		if p.Steps[1].With["url"] == with["url"] {
			t.Error("the plan was changed")
		}
	}
}

// Templates are compiled once for all cells of a step, but the same text can
// mean another variable in another place, or in another cell.
func TestTheSameTextMeansWhatItsPlaceSees(t *testing.T) {
	p := resolve(t, `
variables = { B = "outer", C = "outer" }
[[stage]]
name = "s"
[[stage.step]]
name = "a"
uses = "x"
parallel = 2
variables = { B = "{{ run.number }}", X = "{{ vars.B }}", C = "step" }
rule = [{ if = "vars.PENSTOCK_NODE_INDEX == '1'", variables = { C = "rule {{ run.number }}", Y = "{{ vars.C }}" } }, {}]
with = { b = "{{ vars.B }}", c = "{{ vars.C }}" }
[[stage.step]]
name = "m"
uses = "x"
matrix = [{ A = "x" }, { B = "y" }]
variables = { A = "{{ run.number }}" }
with = { a = "{{ vars.A }}" }
[[stage.step]]
name = "n"
uses = "x"
parallel = 1
variables = { B = "{{ run.number }}", X = "{{ vars.B }}" }
with = { b = "{{ vars.B }}" }
`, plan.Request{})
	p.Number = 42
	want := []map[string]any{{"b": "42", "c": "rule 42"}, {"b": "42", "c": "step"}, {"a": "x"}, {"a": "42"}, {"b": "42"}}
	for i := range p.Steps {
		with, err := plan.Settings(&p, i, nil)
		if err != nil || !reflect.DeepEqual(with, want[i]) {
			t.Errorf("%s: got %v, %v", p.Steps[i].Name, with, err)
		}
	}
	if x, y := p.Steps[0].Environment["X"], p.Steps[0].RuleEnvironment["Y"]; x != "outer" || y != "step" {
		t.Errorf("X is %q, Y is %q", x, y)
	}
}

// stored is a plan as it comes back from where it is kept.
func stored(t *testing.T, p run.Plan) (again run.Plan) {
	text, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(text, &again)
	}
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestAMissingOutputIsNamedWhenAnAttemptBegins(t *testing.T) {
	p := resolve(t, layers, plan.Request{})
	_, err := plan.Settings(&p, 1, nil)
	_, err2 := plan.Environment(&p, 1, nil, map[string]map[string]string{"first": {"other": ""}})
	for _, err := range []error{err, err2} {
		var missing *expression.Missing
		if !errors.As(err, &missing) || *missing != (expression.Missing{Step: "first", Output: "id"}) {
			t.Errorf("got %v", err)
		}
	}
}

func TestALateVariableMustFitIntoAnEnvironment(t *testing.T) {
	p := resolve(t, layers, plan.Request{})
	if _, err := plan.Environment(&p, 1, nil, map[string]map[string]string{"first": {"id": "a\x00b"}}); err == nil {
		t.Error("a NUL passes")
	}
}
