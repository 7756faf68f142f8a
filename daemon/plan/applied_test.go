package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
)

// expressions name what there is at some place of the text that text builds.
var expressions = []string{
	"inputs.in", "run.source", "run.number", "vars.P", "vars.LATE", "vars.S", "vars.T", "vars.R", "vars.OS", "vars.BITS",
	"matrix.OS", "matrix.BITS", "vars.PENSTOCK_NODE_INDEX", "steps.first.outputs.x", "steps['several@2'].outputs.x",
	"steps.several.outputs.x", "steps.own.outputs.x", "steps.last.outputs.x ?? 'none'", "P", "OS",
}

// applied draws a pipeline with placeholders in every place that takes them.
func applied(t *rapid.T) string {
	holder := func(place string) string {
		if rapid.IntRange(0, 4).Draw(t, place) > 0 {
			return "x"
		}
		return "{{ " + rapid.SampledFrom(expressions).Draw(t, place) + " }}"
	}
	condition := func(place string) string {
		if rapid.IntRange(0, 4).Draw(t, place) > 0 {
			return "true"
		}
		return rapid.SampledFrom(expressions).Draw(t, place) + " != '?'"
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`input = [{ name = "in", default = "i" }]`)
	line(`variables = { P = %q, LATE = "{{ run.id }}", R = "r" }`, holder("pipeline"))
	line(`rule = [{ if = %q, variables = { R = %q } }]`, condition("run if"), holder("run rule"))
	line("[[stage]]\nname = \"a\"\nvariables = { S = %q }", holder("stage"))
	line("[[stage.step]]\nname = \"first\"\nuses = \"x\"")
	line("[[stage.step]]\nname = \"several\"\nuses = \"x\"\nparallel = 2")
	line("[[stage]]\nname = \"b\"\n[[stage.step]]\nname = \"own\"\nuses = \"x\"")
	line("variables = { T = %q, R = %q }", holder("step"), holder("step too"))
	line("rule = [{ if = %q, variables = { T = %q } }]", condition("if"), holder("rule"))
	line("resource_group = %q", holder("group"))
	line("with = { a = %q, b = [{ c = %q }] }", holder("with"), holder("with too"))
	line("%s", rapid.SampledFrom([]string{
		"", "parallel = 2", `matrix = { OS = ["l", "m"] }`, `matrix = [{ OS = "l", BITS = 32 }, { OS = "m" }]`,
	}).Draw(t, "matrix"))
	line("[[stage]]\nname = \"c\"\n[[stage.step]]\nname = \"last\"\nuses = \"x\"")
	return b.String()
}

// What is wrong with a placeholder is said when the text is applied: a run of a
// text that passed is never refused for it, and once the run exists every step
// gets its settings and its environment.
func TestPlaceholdersThatWereAppliedHaveValues(t *testing.T) {
	outputs := map[string]map[string]string{
		"first": {"x": "1"}, "several@1": {"x": "2"}, "several@2": {"x": "3"},
	}
	passed := 0
	rapid.Check(t, func(t *rapid.T) {
		text := applied(t)
		source, err := config.ParsePipeline("p.toml", []byte("name = \"p\"\ntype = \"dynamic\"\n"+text))
		if err != nil {
			return
		}
		passed++
		p, err := plan.Resolve(&source.Pipeline, plan.Request{Source: "command"})
		var refusal *plan.Refusal
		if errors.As(err, &refusal) && (refusal.Has(plan.BadValue) || refusal.Has(plan.BadNeed)) {
			t.Fatalf("%s\nwas applied; its run: %v", text, err)
		}
		if err == nil {
			begin(t, text, &p.Plan, outputs)
		}
	})
	if passed < 10 && !testing.Short() {
		t.Errorf("only %d texts passed", passed)
	}
}

func begin(t *rapid.T, text string, p *run.Plan, outputs map[string]map[string]string) {
	for i := range p.Steps {
		if _, err := plan.Environment(p, i, nil, outputs); err != nil {
			t.Errorf("%s\nwas applied; the environment of %s: %v", text, p.Key(i), err)
		}
		if _, err := plan.Settings(p, i, outputs); err != nil {
			t.Errorf("%s\nwas applied; the settings of %s: %v", text, p.Key(i), err)
		}
	}
}
