package plan_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
)

// parse reads a pipeline; the text is what follows its name and type.
func parse(t testing.TB, text string) *config.Pipeline {
	t.Helper()
	source, err := config.ParsePipeline("p.toml", []byte("name = \"p\"\ntype = \"dynamic\"\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return &source.Pipeline
}

func resolve(t testing.TB, text string, q plan.Request) run.Plan {
	t.Helper()
	p, err := plan.Resolve(parse(t, text), q)
	if err != nil {
		t.Fatal(err)
	}
	return p.Plan
}

// refusals are the problems of a run that is refused.
func refusals(t testing.TB, p *config.Pipeline, q plan.Request) []plan.Problem {
	t.Helper()
	_, err := plan.Resolve(p, q)
	var r *plan.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("got %v, want a refusal", err)
	}
	return r.Problems
}

const one = "\n[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"a\"\nuses = \"x\"\n"

func TestInputsAreCheckedAllAtOnce(t *testing.T) {
	const text = `
input = [
  { name = "keep", type = "number", default = 7, options = [1, 7] },
  { name = "env", regex = "[a-z]+" },
  { name = "dry", type = "boolean", default = false },
  { name = "hosts", type = "array", default = ["a"] },
]` + one
	tests := []struct {
		inputs  map[string]any
		want    map[string]any
		refused []string
	}{
		{inputs: map[string]any{"env": "prod"}, want: map[string]any{"keep": 7.0, "env": "prod", "dry": false, "hosts": []any{"a"}}},
		{
			inputs: map[string]any{"env": "prod", "keep": "1", "dry": "true", "hosts": `["b", 2]`},
			want:   map[string]any{"keep": 1.0, "env": "prod", "dry": true, "hosts": []any{"b", 2.0}},
		},
		{
			inputs: map[string]any{"env": "prod", "keep": 1.0, "dry": true, "hosts": []any{}},
			want:   map[string]any{"keep": 1.0, "env": "prod", "dry": true, "hosts": []any{}},
		},
		{refused: []string{"the input env is missing: it has no default, so the run must give it"}},
		{
			inputs: map[string]any{"env": "PROD", "kepe": 1.0, "keep": "abc", "dry": "1", "hosts": "a,b"},
			refused: []string{
				`the input keep must be a number, not the text "abc"`, `the input env must match [a-z]+, which "PROD" does not`,
				`the input dry must be a boolean, not the text "1"`, `the input hosts must be an array, not the text "a,b"`,
				"there is no input kepe; did you mean keep?",
			},
		},
		{inputs: map[string]any{"env": "x", "keep": 2.0}, refused: []string{"the input keep must be one of 1, 7, not 2"}},
		{inputs: map[string]any{"env": nil}, refused: []string{"the input env must be a string, not null"}},
		{inputs: map[string]any{"env": strings.Repeat("x", 1<<20+1)}, refused: []string{"the input env has 1048577 bytes; at most 1048576 are allowed"}},
		{
			inputs:  map[string]any{"env": "x", "hosts": []any{strings.Repeat("x", 1<<20)}},
			refused: []string{"the input hosts has 1048580 bytes; at most 1048576 are allowed"},
		},
	}
	for _, tt := range tests {
		p := parse(t, text)
		if tt.refused == nil {
			got, err := plan.Resolve(p, plan.Request{Inputs: tt.inputs})
			if err != nil || !reflect.DeepEqual(got.Values.Inputs, tt.want) {
				t.Errorf("%v: got %v, %v", tt.inputs, got.Values.Inputs, err)
			}
			continue
		}
		var messages []string
		for _, problem := range refusals(t, p, plan.Request{Inputs: tt.inputs}) {
			messages = append(messages, problem.Message)
			if problem.Kind != plan.BadInput {
				t.Errorf("%s: kind %s", problem.Message, problem.Kind)
			}
		}
		if !slices.Equal(messages, tt.refused) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(messages, "\n"), strings.Join(tt.refused, "\n"))
		}
	}
}

func TestStandardPipelinesTakeNoValues(t *testing.T) {
	p := parse(t, one)
	p.Type = config.Standard
	q := plan.Request{Inputs: map[string]any{"a": "b"}, Variables: map[string]string{"A": "b"}}
	problems := refusals(t, p, q)
	if len(problems) != 2 || problems[0].Kind != plan.BadInput || problems[1].Kind != plan.BadVariable {
		t.Errorf("got %v", problems)
	}
	if _, err := plan.Resolve(p, plan.Request{Source: "schedule"}); err != nil {
		t.Error(err)
	}
}

func TestGivenVariablesHaveTheNamesThatPipelinesMayGive(t *testing.T) {
	q := plan.Request{Variables: map[string]string{"LD_PRELOAD": "x", "NEW": "fine", "a b": ""}}
	problems := refusals(t, parse(t, one), q)
	if len(problems) != 2 || problems[0].Kind != plan.BadVariable {
		t.Errorf("got %v", problems)
	}
}

func TestRunRules(t *testing.T) {
	const text = `
rule = [
  { if = 'run.source == "schedule" and vars.NIGHT == "no"', when = "never" },
  { if = 'trigger.name == "push"', variables = { KIND = "push of {{ run.actor }}", B = "{{ run.number }}" } },
  { if = 'run.source == "command"', variables = { KIND = "hand" } },
]
variables = { NIGHT = "no", KIND = "none", SEEN = "{{ pipeline.name }}" }
` + one
	const refused = `the pipeline's rules want no run: `
	tests := []struct {
		request plan.Request
		kind    string // of the variable KIND
		refused string
	}{
		{request: plan.Request{Source: "schedule"}, refused: refused + `rule[0]: run.source == "schedule" and vars.NIGHT == "no" says never`},
		{request: plan.Request{Source: "schedule", Variables: map[string]string{"NIGHT": "yes"}}, refused: refused + "none of its 3 rules holds"},
		{request: plan.Request{Source: "key", Actor: "anna", Trigger: expression.Trigger{Name: "push"}}, kind: "push of anna"},
		{request: plan.Request{Source: "command"}, kind: "hand"},
		{request: plan.Request{Source: "command", Variables: map[string]string{"KIND": "mine"}}, kind: "mine"},
	}
	for _, tt := range tests {
		p := parse(t, text)
		if tt.refused != "" {
			problems := refusals(t, p, tt.request)
			if len(problems) != 1 || problems[0].Kind != plan.NoRun || problems[0].Message != tt.refused {
				t.Errorf("%+v: got %v", tt.request, problems)
			}
			continue
		}
		got, err := plan.Resolve(p, tt.request)
		if err != nil {
			t.Errorf("%+v: %v", tt.request, err)
			continue
		}
		got.Number = 5
		environment, err := plan.Environment(&got.Plan, 0, nil, nil)
		if err != nil || environment["KIND"] != tt.kind || environment["SEEN"] != "p" {
			t.Errorf("%+v: got %v, %v", tt.request, environment, err)
		}
		if tt.request.Source == "key" && environment["B"] != "5" {
			t.Errorf("a late variable of a rule is %q", environment["B"])
		}
	}
}

func TestStepRules(t *testing.T) {
	const text = `
input = [{ name = "mode", default = "none" }]
[[stage]]
name = "s"
[[stage.step]]
name = "first"
uses = "x"
[[stage.step]]
name  = "ruled"
uses  = "x"
needs = ["first"]
variables = { A = "step", FLAG = "{{ inputs.mode }}!" }
manual_confirmation = "sure?"
rule = [
  { if = 'mode == "never"', when = "never" },
  { if = 'inputs.mode == "never"', when = "never" },
  { if = 'vars.FLAG == "manual!"', when = "manual" },
  { if = 'inputs.mode == "allowed"', when = "manual", allow_failure = true },
  { if = 'inputs.mode == "delayed"', when = "delayed", start_in = "10s", needs = [] },
  { if = 'inputs.mode == "codes"', allow_failure = { exit_codes = [3] }, interruptible = true, variables = { A = "rule {{ vars.A }}" } },
]
`
	text2 := strings.Replace(text, "  { if = 'mode == \"never\"', when = \"never\" },\n", "", 1)
	tests := []struct {
		mode string
		want run.PlanStep // "" Name: it is absent
		a    string
	}{
		{mode: "never"}, {mode: "none"},
		{mode: "manual", a: "step", want: run.PlanStep{When: run.ByHand, Confirmation: "sure?", Rule: `rule[1]: vars.FLAG == "manual!"`, HasNeeds: true, Needs: []int{0}}},
		{mode: "allowed", a: "step", want: run.PlanStep{When: run.ByHand, Confirmation: "sure?", AllowFailure: true, Rule: `rule[2]: inputs.mode == "allowed"`, HasNeeds: true, Needs: []int{0}}},
		{mode: "delayed", a: "step", want: run.PlanStep{When: run.Delayed, StartIn: 10e9, Rule: `rule[3]: inputs.mode == "delayed"`, HasNeeds: true}},
		{mode: "codes", a: "rule step", want: run.PlanStep{Interruptible: true, When: run.OnSuccess, AllowExitCodes: []int{3}, Rule: `rule[4]: inputs.mode == "codes"`, HasNeeds: true, Needs: []int{0}}},
	}
	for _, tt := range tests {
		got := resolve(t, text2, plan.Request{Inputs: map[string]any{"mode": tt.mode}})
		if tt.want.Rule == "" {
			want := []run.Absent{{Stage: "s", Name: "ruled", Why: map[string]string{
				"never": `rule[0]: inputs.mode == "never" says never`, "none": "none of its 5 rules holds"}[tt.mode]}}
			if !reflect.DeepEqual(got.Absent, want) || len(got.Steps) != 1 {
				t.Errorf("%s: got %+v", tt.mode, got.Absent)
			}
			continue
		}
		s := got.Steps[1]
		environment, err := plan.Environment(&got, 1, nil, nil)
		if err != nil || environment["A"] != tt.a {
			t.Errorf("%s: A is %q, %v", tt.mode, environment["A"], err)
		}
		s.Name, s.Uses, s.Environment, s.RuleEnvironment = "", "", nil, nil
		if !reflect.DeepEqual(s, tt.want) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", tt.mode, s, tt.want)
		}
	}
}

func TestARuleTakesInterruptibleBack(t *testing.T) {
	for _, tt := range []struct {
		lines string
		want  bool
	}{
		{"interruptible = true", true},
		{"interruptible = true\nrule = [{ when = \"always\" }]", true},
		{"interruptible = true\nrule = [{ interruptible = false }]", false},
		{"rule = [{ if = 'inputs.x', interruptible = false }, { interruptible = true }]", true},
	} {
		p := resolve(t, "[[input]]\nname = \"x\"\ntype = \"boolean\"\ndefault = false\n"+
			"[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"a\"\nuses = \"x\"\n"+tt.lines+"\n", plan.Request{})
		if p.Steps[0].Interruptible != tt.want {
			t.Errorf("%s: interruptible is %v", tt.lines, p.Steps[0].Interruptible)
		}
	}
}

func TestTheRuleOfARunSaysWhatEndsBecauseOfOthers(t *testing.T) {
	const text = `
name = "p"
auto_cancel = { on_new_run = "conservative", on_step_failure = "all" }
rule = [
  { if = 'run.source == "schedule"', auto_cancel = { on_new_run = "interruptible" } },
  { if = 'run.source == "file"', auto_cancel = { on_step_failure = "none" } },
  {},
]
[[stage]]
name = "s"
step = [{ name = "a", uses = "x" }]
`
	for _, tt := range []struct {
		source   string
		onNewRun config.OnNewRun
		all      bool
	}{
		{"schedule", config.CancelInterruptible, true},
		{"file", config.CancelConservative, false},
		{"command", config.CancelConservative, true},
	} {
		source, err := config.ParsePipeline("p.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := plan.Resolve(&source.Pipeline, plan.Request{Source: tt.source})
		if err != nil || got.OnNewRun != tt.onNewRun || got.CancelOnFailure != tt.all {
			t.Errorf("%s: %q, %v, %v", tt.source, got.OnNewRun, got.CancelOnFailure, err)
		}
	}
}

// GitLab: manual set at the job lets failures pass, set by a rule it does not.
func TestAllowFailureOfManualSteps(t *testing.T) {
	tests := []struct {
		keys string
		want bool
	}{
		{`when = "manual"`, true},
		{"when = \"manual\"\nallow_failure = false", false},
		{`rule = [{ when = "manual" }]`, false},
		{"allow_failure = true\nrule = [{ when = \"manual\" }]", true},
		{"when = \"manual\"\nrule = [{ when = \"on_success\" }]", false},
		{"when = \"manual\"\nallow_failure = true\nrule = [{ when = \"on_success\" }]", true},
		{"when = \"manual\"\nrule = [{ variables = { A = \"b\" } }]", true},
		{`rule = [{ when = "manual", allow_failure = true }]`, true},
	}
	for _, tt := range tests {
		if got := resolve(t, one+tt.keys, plan.Request{}).Steps[0].AllowFailure; got != tt.want {
			t.Errorf("%s: got %v", tt.keys, got)
		}
	}
}

func TestARunWithoutStepsIsRefusedWithTheReasons(t *testing.T) {
	problems := refusals(t, parse(t, one+`rule = [{ if = "run.actor == 'anna'" }]`), plan.Request{})
	want := `the rules leave no step in the run (a: rule[0]: run.actor == 'anna' does not hold)`
	if len(problems) != 1 || problems[0].Kind != plan.Empty || problems[0].Message != want {
		t.Errorf("got %v", problems)
	}
}

func TestStagesWithoutStepsAreNotInThePlan(t *testing.T) {
	got := resolve(t, `
[[stage]]
name = "empty"
[[stage.step]]
name = "gone"
uses = "x"
rule = [{ when = "never" }]
[[stage]]
name = "full"
order = "serial"
[[stage.step]]
name = "here"
uses = "x"
`, plan.Request{})
	if len(got.Stages) != 1 || got.Stages[0].Name != "full" || !got.Stages[0].Serial || got.Steps[0].Stage != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestSkippedAndPausedStepsStayInTheRun(t *testing.T) {
	got := resolve(t, `
[[stage]]
name = "one"
[[stage.step]]
name = "a"
uses = "x"
skip = true
[[stage.step]]
name = "b"
uses = "x"
[[stage.step]]
name = "m"
uses = "x"
parallel = 2
[[stage]]
name = "two"
skip = true
[[stage.step]]
name = "c"
uses = "x"
[[stage]]
name = "three"
[[stage.step]]
name = "d"
uses = "x"
[[stage.step]]
name = "e"
uses = "x"
`, plan.Request{Paused: []plan.Part{
		{Stage: "three", Why: "paused by anna"}, {Step: "b", Why: "paused by bert"}, {Stage: "one", Step: "m@2", Why: "paused by cora"},
		{Stage: "one", Step: "d", Why: "no such step in that stage"},
	}})
	want := []string{"a: skip = true", "b: paused by bert", "m 1/2: ", "m 2/2: paused by cora", "c: skip = true in the stage", "d: paused by anna", "e: paused by anna"}
	var skips []string
	for _, s := range got.Steps {
		skips = append(skips, s.Name+": "+s.Skip)
	}
	if !slices.Equal(skips, want) {
		t.Errorf("got %q", skips)
	}
}

// It would hold the line of its group for a step that never takes it. What it wants
// must be right all the same.
func TestAStepThatIsLeftOutWantsNoResourceGroup(t *testing.T) {
	for keys, want := range map[string]string{`resource_group = "prod"`: "prod", "resource_group = \"prod\"\nskip = true": ""} {
		if got := resolve(t, one+keys, plan.Request{}).Steps[0].ResourceGroup; got != want {
			t.Errorf("%q: %q, want %q", keys, got, want)
		}
	}
	refusals(t, parse(t, one+"skip = true\nresource_group = '{{ lower(\"\") }}'"), plan.Request{})
}

func TestEverythingOfAStepArrives(t *testing.T) {
	got := resolve(t, `
timeout = "2h"
max_parallel = 3
workspace = "step"
auto_cancel = { on_step_failure = "all" }
variables = { TEAM = "blue" }
`+one+`
dir = "out"
timeout = "1m"
silence_timeout = "2m"
waiting_timeout = "3m"
interruptible = true
allow_failure = { exit_codes = [4] }
resource_group = "prod {{ vars.TEAM }}"
when = "delayed"
start_in = "5s"
retry = { max = 2, when = ["script_failure"], exit_codes = [7], delay = "1s", backoff = 2, max_delay = "9s", jitter = 0.5 }
with = { url = "https://x", list = [1, "{{ vars.TEAM }}"] }
`, plan.Request{Source: "key", Actor: "anna", Revision: 3, Trigger: expression.Trigger{Name: "t", ScheduledAt: "2026-01-01T00:00:00Z"}})
	want := run.Plan{
		Pipeline: "p", Workspace: run.WorkspaceStep, Timeout: 7200e9, MaxParallel: 3, CancelOnFailure: true,
		Values:      run.Values{Inputs: map[string]any{}, Source: "key", Actor: "anna", Revision: 3, Trigger: "t", ScheduledAt: "2026-01-01T00:00:00Z"},
		Environment: map[string]string{"TEAM": "blue"},
		Stages:      []run.PlanStage{{Name: "s"}},
		Steps: []run.PlanStep{{
			Name: "a", Uses: "x", Dir: "out", Timeout: 60e9, SilenceTimeout: 120e9, WaitingTimeout: 180e9, Interruptible: true,
			AllowExitCodes: []int{4}, ResourceGroup: "prod blue", When: run.Delayed, StartIn: 5e9,
			Retry: run.RetryRule{Max: 2, When: []run.FailureReason{run.ScriptFailure}, ExitCodes: []int{7}, Delay: 1e9, Backoff: 2, MaxDelay: 9e9, Jitter: 0.5},
			With:  map[string]any{"url": "https://x", "list": []any{int64(1), "blue"}},
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if got := resolve(t, one+`retry = { max = 1, when = "always", exit_codes = [1] }`, plan.Request{}).Steps[0].Retry; !reflect.DeepEqual(got, run.RetryRule{Max: 1, When: []run.FailureReason{run.EveryReason}, ExitCodes: []int{1}}) {
		t.Errorf("always is %+v", got)
	}
}

func TestNeedsOnWhatIsNotThere(t *testing.T) {
	const text = `
[[stage]]
name = "s"
[[stage.step]]
name = "gone"
uses = "x"
rule = [{ if = "run.source == 'x'" }]
[[stage.step]]
name = "half"
uses = "x"
matrix = { OS = ["linux", "mac"] }
variables = { ON = "{{ matrix.OS }}" }
rule = [{ if = "vars.ON == 'linux'" }]
[[stage.step]]
name = "a"
uses = "x"
`
	tests := []struct {
		keys    string
		needs   []int
		refused string
	}{
		{keys: `needs = [{ step = "gone", optional = true }]`},
		{keys: `needs = [{ step = "gone", optional = true }, { step = "half", optional = true }]`, needs: []int{0}},
		{keys: `needs = [{ step = "half", matrix = { OS = "linux" } }, "half: [linux]"]`, needs: []int{0}},
		{keys: `needs = ["half"]`, refused: `step "a": it needs "half: [mac]", which is not in the run (rule[0]: vars.ON == 'linux' does not hold); optional = true lets it do without`},
		{keys: `needs = ["gone"]`, refused: `step "a": it needs "gone", which is not in the run (rule[0]: run.source == 'x' does not hold); optional = true lets it do without`},
		{keys: `with = { a = "{{ steps.gone.outputs.tag }}" }`, refused: `step "a": it reads the output tag of "gone", which is not in the run (rule[0]: run.source == 'x' does not hold); ?? gives it a default`},
		{keys: `with = { a = "{{ steps['half@2'].outputs.tag }}" }`, refused: `step "a": it reads the output tag of "half@2", which is not in the run (rule[0]: vars.ON == 'linux' does not hold); ?? gives it a default`},
		{keys: "needs = []\n" + `with = { a = "{{ steps.gone.outputs.tag ?? 'latest' }}" }`},
	}
	for _, tt := range tests {
		p := parse(t, text+tt.keys)
		if tt.refused != "" {
			problems := refusals(t, p, plan.Request{})
			if len(problems) != 1 || problems[0].Kind != plan.BadNeed || problems[0].Message != tt.refused {
				t.Errorf("%s: got %v", tt.keys, problems)
			}
			continue
		}
		got, err := plan.Resolve(p, plan.Request{})
		if err != nil {
			t.Errorf("%s: %v", tt.keys, err)
			continue
		}
		if s := got.Steps[1]; !s.HasNeeds || !slices.Equal(s.Needs, tt.needs) || s.After != nil {
			t.Errorf("%s: got %+v", tt.keys, s)
		}
	}
}

// semantics.md A4.T3.
func TestAReferenceToASkippedStepIsRefused(t *testing.T) {
	const text = one + `skip = true
[[stage.step]]
name = "b"
uses = "x"
with = { a = "{{ steps.a.outputs.tag }}" }
`
	problems := refusals(t, parse(t, text), plan.Request{})
	want := `step "b": it reads the output tag of "a", which is left out (skip = true); ?? gives it a default`
	if len(problems) != 1 || problems[0].Message != want {
		t.Errorf("got %v", problems)
	}
	if _, err := plan.Resolve(parse(t, text+"skip = true"), plan.Request{}); err != nil {
		t.Errorf("who reads it is left out too: %v", err)
	}
	paused := plan.Request{Paused: []plan.Part{{Step: "a", Why: "paused by anna: broken"}}}
	problems = refusals(t, parse(t, strings.Replace(text, "skip = true", "", 1)), paused)
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "paused by anna: broken") {
		t.Errorf("got %v", problems)
	}
}

func TestOutputsOfAMatrixAreThoseOfItsCells(t *testing.T) {
	const text = `
[[stage]]
name = "s"
[[stage.step]]
name = "m"
uses = "x"
parallel = 3
[[stage.step]]
name = "one"
uses = "x"
parallel = 1
[[stage.step]]
name = "a"
uses = "x"
`
	got := resolve(t, text+`with = { a = "{{ steps['m@2'].outputs.tag }}{{ steps.one.outputs.tag }}{{ steps['m@2'].outputs.other }}" }`, plan.Request{})
	if a := got.Steps[4]; !slices.Equal(a.After, []int{1, 3}) || a.HasNeeds {
		t.Errorf("got %+v", a)
	}
	if first, second := got.Key(1), got.Key(3); first != "m@2" || second != "one@1" {
		t.Errorf("it reads %s and %s", first, second)
	}
	with, err := plan.Settings(&got, 4, map[string]map[string]string{"m@2": {"tag": "x", "other": "z"}, "one@1": {"tag": "y"}})
	if err != nil || with["a"] != "xyz" {
		t.Errorf("got %v, %v", with, err)
	}
	// Names that a text of the pipeline could not have: the plan judges for itself.
	for reference, want := range map[string]string{
		"steps.m.outputs.tag":        `step "a": it reads the output tag of "m", which is 3 steps: name one of them, as in steps["m@1"].outputs.tag`,
		"steps['m@4'].outputs.tag":   `step "a": it reads the output tag of "m@4", which does not exist`,
		"steps['m@x'].outputs.tag":   `step "a": it reads the output tag of "m@x", which does not exist`,
		"steps['one@0'].outputs.tag": `step "a": it reads the output tag of "one@0", which does not exist`,
		"steps.none.outputs.tag":     `step "a": it reads the output tag of "none", which does not exist`,
	} {
		p := parse(t, text)
		p.Stages[0].Steps[2].With = map[string]any{"a": "{{ " + reference + " }}"}
		if problems := refusals(t, p, plan.Request{}); len(problems) != 1 || problems[0].Message != want {
			t.Errorf("%s: got %v", reference, problems)
		}
	}
}

func TestWhatHasNoUsableValueIsRefused(t *testing.T) {
	tests := []struct{ keys, want string }{
		{`with = { a = ["{{ inputs.list[3] }}"] }`, `step "a": with.a.0: index out of range: 3 (array length is 1)`},
		{`variables = { A = "{{ inputs.big }}" }`, `step "a": variable "A": name and value have more than 131071 bytes`},
		{`resource_group = "{{ inputs.big }}"`, `step "a": resource_group has 200000 bytes; at most 255 are allowed`},
		{`rule = [{ if = "inputs.list[0]" }]`, `step "a": rule[0]: inputs.list[0]: a condition must be true or false; this is x`},
	}
	for _, tt := range tests {
		p := parse(t, `input = [{ name = "list", type = "array", default = ["x"] }, { name = "big" }]`+one+tt.keys)
		problems := refusals(t, p, plan.Request{Inputs: map[string]any{"big": strings.Repeat("x", 200_000)}})
		if len(problems) != 1 || problems[0].Kind != plan.BadValue || !strings.HasPrefix(problems[0].Message, tt.want) {
			t.Errorf("%s: got %v", tt.keys, problems)
		}
	}
}

func TestAStepThatIsNotInTheRunHasNoProblems(t *testing.T) {
	p := resolve(t, `input = [{ name = "list", type = "array", default = [] }]`+one+`
[[stage.step]]
name = "b"
uses = "x"
variables = { A = "{{ inputs.list[0] }}" }
rule = [{ if = "len(inputs.list) > 0" }]
`, plan.Request{})
	if len(p.Steps) != 1 || len(p.Absent) != 1 {
		t.Errorf("got %+v", p)
	}
}

func TestAllProblemsAreSaidInTheOrderOfTheSteps(t *testing.T) {
	p := parse(t, `input = [{ name = "list", type = "array", default = [] }]
[[stage]]
name = "s"
[[stage.step]]
name = "a"
uses = "x"
with = { z = "{{ inputs.list[0] }}", b = "{{ inputs.list[1] }}" }
[[stage.step]]
name = "b"
uses = "x"
variables = { A = "{{ inputs.list[2] }}" }
`)
	var at []string
	for _, problem := range refusals(t, p, plan.Request{}) {
		at = append(at, strings.SplitAfter(problem.Message, ": ")[0])
	}
	if !slices.Equal(at, []string{`step "a": `, `step "a": `, `step "b": `}) {
		t.Errorf("got %q", at)
	}
}

func TestLimits(t *testing.T) {
	step := config.Step{Name: "a", Uses: "x", When: config.OnSuccess, Parallel: 201}
	p := &config.Pipeline{Name: "p", Stages: []config.Stage{{Name: "s", Steps: []config.Step{step}}}}
	if problems := refusals(t, p, plan.Request{}); problems[0].Kind != plan.TooLarge || problems[0].Message != `step "a": it has 201 cells; at most 200 are allowed` {
		t.Errorf("got %v", problems)
	}
	p.Stages[0].Steps = nil
	for i := range 101 {
		p.Stages[0].Steps = append(p.Stages[0].Steps, config.Step{Name: fmt.Sprintf("a%d", i), Uses: "x", Parallel: 200})
	}
	if problems := refusals(t, p, plan.Request{}); problems[0].Message != "the run has more than 20000 steps" {
		t.Errorf("got %v", problems)
	}
	p.Stages[0].Steps = p.Stages[0].Steps[:100]
	for i := 26; i < 100; i++ {
		s := &p.Stages[0].Steps[i]
		s.HasNeeds = true
		for k := range 26 {
			s.Needs = append(s.Needs, config.Need{Step: fmt.Sprintf("a%d", k)})
		}
	}
	if problems := refusals(t, p, plan.Request{}); problems[0].Message != "the steps of the run need each other more than 1000000 times" {
		t.Errorf("got %v", problems)
	}
}

func TestTheTextOfARunIsBounded(t *testing.T) {
	const keys = "parallel = 40\n"
	big := map[string]any{"big": strings.Repeat("x", 1<<20-1)}
	for _, holder := range []string{`with = { a = "{{ inputs.big }}" }`, `with = { a = ["<{{ inputs.big }}"] }`} {
		p := parse(t, `input = [{ name = "big" }]`+one+keys+holder)
		problems := refusals(t, p, plan.Request{Inputs: big})
		want := "the settings and variables of the run's steps have more than 32 MiB together"
		if len(problems) != 1 || problems[0].Kind != plan.TooLarge || problems[0].Message != want {
			t.Errorf("%s: got %d problems, %.200v", holder, len(problems), problems)
		}
		p.Stages[0].Steps[0].Parallel = 20
		if _, err := plan.Resolve(p, plan.Request{Inputs: big}); err != nil {
			t.Errorf("%s: 20 of them: %.200v", holder, err)
		}
	}
}

// Each step's templates see every variable of the pipeline; what they cost is
// what they name. Before, 20,000 steps kept a copy of all of them each.
func TestManyVariablesForManySteps(t *testing.T) {
	p := &config.Pipeline{Name: "p", Stages: []config.Stage{{Name: "s"}}}
	for i := range 2000 {
		p.Variables = append(p.Variables, config.Variable{Name: fmt.Sprintf("V%d", i), Value: "v"})
	}
	for i := range 50 {
		p.Stages[0].Steps = append(p.Stages[0].Steps, config.Step{
			Name: fmt.Sprintf("a%d", i), Uses: "x", Parallel: 200, Variables: []config.Variable{{Name: "A", Value: "{{ vars.V7 }}"}},
			With: map[string]any{"a": "{{ vars.A }}{{ vars.V1999 }}"},
		})
	}
	got, err := plan.Resolve(p, plan.Request{})
	if err != nil || len(got.Steps) != 10_000 || got.Steps[9999].With["a"] != "vv" {
		t.Errorf("got %d steps, %v", len(got.Steps), err)
	}
}
