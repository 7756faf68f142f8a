package plan_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/plan"
)

const triggered = `
[[input]]
name = "branch"
default = "main"
[[input]]
name = "hosts"
type = "array"
default = []
[[input]]
name = "size"
type = "number"
default = 0

[[trigger]]
schedule = "30 2 * * *"
inputs = { branch = "at {{ trigger.scheduled_at }}", hosts = ["a", "{{ trigger.name }}", 3] }
variables = { WHO = "{{ pipeline.name }}/{{ trigger.name }} of {{ pipeline.revision }}", KEEP = 1.10 }

[[trigger]]
after = "build"
inputs = { branch = "{{ upstream.outputs.pack.branch ?? upstream.run }}" }
variables = { HOW = "{{ upstream.status }}" }

[[trigger]]
files = "/in/*"
inputs = { branch = "{{ file.path }}", size = "{{ file.size }}" }

[[trigger]]
key = "github"
inputs = { branch = "{{ payload.ref }}", hosts = "{{ payload.hosts ?? [] }}" }
variables = { FORCE = "{{ payload.force ?? false }}" }

[[trigger]]
name = "plain"
key = "other"
inputs = { branch = "fixed" }
` + one

func TestATriggerGivesWhatItHeardOf(t *testing.T) {
	tests := []struct {
		trigger   string
		occasion  plan.Occasion
		inputs    map[string]any
		variables map[string]string
	}{
		{
			"schedule", plan.Occasion{Trigger: expression.Trigger{Name: "schedule", ScheduledAt: "2026-11-20T02:30:00Z"}, Revision: 4},
			map[string]any{"branch": "at 2026-11-20T02:30:00Z", "hosts": []any{"a", "schedule", 3.0}},
			map[string]string{"WHO": "p/schedule of 4", "KEEP": "1.10"},
		},
		{
			"after", plan.Occasion{Upstream: expression.Upstream{Run: "build/7", Status: "success", Outputs: map[string]map[string]string{"pack": {"branch": "b"}}}},
			map[string]any{"branch": "b"}, map[string]string{"HOW": "success"},
		},
		{
			"after", plan.Occasion{Upstream: expression.Upstream{Run: "build/7", Status: "failed"}},
			map[string]any{"branch": "build/7"}, map[string]string{"HOW": "failed"},
		},
		{
			"files", plan.Occasion{File: expression.File{Path: "/in/a", Size: 3}},
			map[string]any{"branch": "/in/a", "size": 3.0}, map[string]string{},
		},
		{
			"key", plan.Occasion{Payload: `{"ref": "r", "hosts": ["x"], "force": true}`},
			map[string]any{"branch": "r", "hosts": []any{"x"}}, map[string]string{"FORCE": "true"},
		},
		{"plain", plan.Occasion{Payload: "a=b"}, map[string]any{"branch": "fixed"}, map[string]string{}},
	}
	p := parse(t, triggered)
	for _, tt := range tests {
		inputs, variables, err := plan.TriggerInputs(p, p.Trigger(tt.trigger), tt.occasion)
		if err != nil {
			t.Errorf("%s: %v", tt.trigger, err)
			continue
		}
		if !reflect.DeepEqual(inputs, tt.inputs) || !reflect.DeepEqual(variables, tt.variables) {
			t.Errorf("%s: got %v and %v, want %v and %v", tt.trigger, inputs, variables, tt.inputs, tt.variables)
		}
	}
}

func TestWhatIsGivenBesideATriggerTakesItsPlace(t *testing.T) {
	p := parse(t, triggered)
	inputs, variables, err := plan.TriggerInputs(p, p.Trigger("key"), plan.Occasion{
		Payload: "no JSON", Inputs: map[string]any{"branch": "mine", "hosts": []any{}, "size": 1.0}, Variables: map[string]string{"FORCE": "x", "MORE": "y"},
	})
	if err != nil {
		t.Fatalf("what is replaced was evaluated: %v", err)
	}
	if want := map[string]any{"branch": "mine", "hosts": []any{}, "size": 1.0}; !reflect.DeepEqual(inputs, want) {
		t.Errorf("inputs %v, want %v", inputs, want)
	}
	if want := map[string]string{"FORCE": "x", "MORE": "y"}; !reflect.DeepEqual(variables, want) {
		t.Errorf("variables %v, want %v", variables, want)
	}
}

func TestAllThatATriggerCannotEvaluateIsToldAtOnce(t *testing.T) {
	p := parse(t, triggered)
	tests := map[string]struct {
		occasion plan.Occasion
		want     string
	}{
		"key":   {plan.Occasion{Payload: `{"ref": null, "hosts": [], "force": {"a": null}}`}, `trigger "key": the input branch: the expression has no value (nil); write VALUE ?? DEFAULT`},
		"":      {plan.Occasion{}, `trigger "key": the input branch: payload.ref is missing: payload is null; ?? gives it a default`},
		"form":  {plan.Occasion{Payload: "a=b"}, "trigger \"key\": the input branch: the payload is no JSON: invalid character 'a' looking for beginning of value\n"},
		"force": {plan.Occasion{Payload: `{}`}, `trigger "key": the input branch: payload.ref is missing: payload has no such member; ?? gives it a default`},
	}
	for name, tt := range tests {
		_, _, err := plan.TriggerInputs(p, p.Trigger("key"), tt.occasion)
		var refusal *plan.Refusal
		if !errors.As(err, &refusal) || !refusal.Has(plan.BadValue) || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
	_, _, err := plan.TriggerInputs(p, p.Trigger("key"), plan.Occasion{Payload: "a=b"})
	var refusal *plan.Refusal
	if errors.As(err, &refusal); len(refusal.Problems) != 3 {
		t.Errorf("got %d problems, want one for each value that reads the payload", len(refusal.Problems))
	}
}

func TestEvaluatingATriggerLeavesTheDefinitionAsItIs(t *testing.T) {
	p := parse(t, triggered)
	inputs, _, err := plan.TriggerInputs(p, p.Trigger("schedule"), plan.Occasion{})
	if err != nil {
		t.Fatal(err)
	}
	inputs["hosts"].([]any)[0] = "changed"
	if got := p.Trigger("schedule").Inputs["hosts"].([]any)[0]; got != "a" {
		t.Errorf("the definition says %v", got)
	}
}
