package plan_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/penstock/penstock/daemon/plan"
)

const titled = `
run_name = "{{ inputs.env }} by {{ run.actor }} at {{ vars.SITE }}"
labels = { team = "db", env = "{{ inputs.env }}", site = "{{ vars.SITE }}" }
variables = { SITE = "north" }
[[rule]]
if = 'inputs.env == "production"'
variables = { SITE = "south" }
[[rule]]
[[input]]
name = "env"
default = "staging"
` + one

func TestARunIsCalledWhatItsPipelineSays(t *testing.T) {
	tests := []struct {
		request plan.Request
		name    string
		labels  map[string]string
	}{
		{plan.Request{Actor: "anna"}, "staging by anna at north", map[string]string{"team": "db", "env": "staging", "site": "north"}},
		{
			plan.Request{Actor: "anna", Inputs: map[string]any{"env": "production"}, Variables: map[string]string{}},
			"production by anna at south", map[string]string{"team": "db", "env": "production", "site": "south"},
		},
		{
			plan.Request{Variables: map[string]string{"SITE": "given"}, Labels: map[string]string{"team": "web", "more": "x"}},
			"staging by  at given", map[string]string{"team": "web", "env": "staging", "site": "given", "more": "x"},
		},
		{plan.Request{Name: "by hand"}, "by hand", map[string]string{"team": "db", "env": "staging", "site": "north"}},
	}
	for _, tt := range tests {
		got, err := plan.Resolve(parse(t, titled), tt.request)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != tt.name || !reflect.DeepEqual(got.Labels, tt.labels) {
			t.Errorf("got %q and %v, want %q and %v", got.Name, got.Labels, tt.name, tt.labels)
		}
	}
}

func TestALabelThatIsGivenIsNotEvaluated(t *testing.T) {
	const text = "labels = { a = \"{{ vars.LONG + vars.LONG }}\" }\nvariables = { LONG = \"%s\" }\n" + one
	p := parse(t, fmt.Sprintf(text, strings.Repeat("x", 200)))
	if problems := refusals(t, p, plan.Request{}); len(problems) != 1 || problems[0].Kind != plan.BadLabel {
		t.Errorf("got %v", problems)
	}
	if got, err := plan.Resolve(p, plan.Request{Labels: map[string]string{"a": "b"}}); err != nil || got.Labels["a"] != "b" {
		t.Errorf("got %v, %v", got.Labels, err)
	}
}

func TestANameThatDoesNotFitIsMadeToFit(t *testing.T) {
	for given, want := range map[string]string{
		"Fix it\n\nThe long story": "Fix it The long story",
		"  \t":                     "",
		strings.Repeat("é", 200):   strings.Repeat("é", 126) + "…",
		strings.Repeat("e", 255):   strings.Repeat("e", 255),
	} {
		got, err := plan.Resolve(parse(t, one), plan.Request{Name: given})
		if err != nil || got.Name != want {
			t.Errorf("%q: got %q, %v, want %q", given, got.Name, err, want)
		}
	}
}

func TestLabelsThatNoRunCanHaveAreRefused(t *testing.T) {
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprint("l", i)] = ""
	}
	for want, labels := range map[string]map[string]string{
		"a name is 1 to 63":           {"a b": "x"},
		"256 bytes":                   {"a": strings.Repeat("x", 256)},
		"a control character":         {"a": "x\ny"},
		"51 labels; at most 50 are":   many,
		"beginning with a letter, a ": {"": "x"},
	} {
		problems := refusals(t, parse(t, one), plan.Request{Labels: labels})
		if len(problems) != 1 || problems[0].Kind != plan.BadLabel || !strings.Contains(problems[0].Message, want) {
			t.Errorf("got %v, want %q", problems, want)
		}
	}
}

func TestThePayloadGoesToTheSteps(t *testing.T) {
	got, err := plan.Resolve(parse(t, one), plan.Request{Payload: "{}"})
	if err != nil || got.Values.Payload != "{}" {
		t.Errorf("got %q, %v", got.Values.Payload, err)
	}
}
