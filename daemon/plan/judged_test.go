package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/plan"
)

// drawnValue is a value that a trigger gives, as it stands in the text.
var drawnValue = rapid.SampledFrom([]string{
	`"a"`, `"b"`, `3`, `7.5`, `true`, `[]`, `["a", 1]`, `"{{ trigger.name }}"`, `"x{{ pipeline.revision }}"`, `"{{ pipeline.revision }}"`,
	`"{{ trigger.name == 'x' }}"`, `["{{ trigger.name }}"]`, `{ a = 1 }`, `"{{ split(trigger.name, '-') }}"`,
})

// declared is an input, as it stands in the text, and a value that it takes.
type declared struct{ text, fits string }

func drawnInput(t *rapid.T, name string) declared {
	of := rapid.SampledFrom([]struct{ of, value string }{{"string", `"a"`}, {"number", `3`}, {"boolean", `true`}, {"array", `["a"]`}}).Draw(t, "type")
	text := fmt.Sprintf("[[input]]\nname = %q\ntype = %q\n", name, of.of)
	if rapid.Bool().Draw(t, "default") {
		text += "default = " + of.value + "\n"
	} else if of.of == "string" && rapid.Bool().Draw(t, "options") {
		text += "options = [\"a\", \"c\"]\n"
	}
	return declared{text, of.value}
}

// drawnGift is what a trigger gives for an input, more often than not a value
// that it takes; "" is nothing.
func drawnGift(t *rapid.T, of declared) string {
	switch rapid.IntRange(0, 5).Draw(t, "gift") {
	case 0:
		return ""
	case 1:
		return drawnValue.Draw(t, "value")
	}
	return of.fits
}

// What config lets pass can start a run, and what it refuses could not: the
// judgement of the text is that of the night, but for texts with placeholders, about
// which config cannot know. (Of constant texts none is drawn that could be
// converted to another type: at night that is done, in a file it is a mistake.)
func TestATriggerIsRefusedIfAndOnlyIfItsRunWouldBe(t *testing.T) {
	passed, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		text, given := "name = \"p\"\ntype = \"dynamic\"\n", map[string]string{}
		for _, name := range []string{"one", "two", "three"} {
			input := drawnInput(t, name)
			text += input.text
			if gift := drawnGift(t, input); gift != "" {
				given[name] = gift
			}
		}
		if rapid.IntRange(0, 9).Draw(t, "unknown") == 0 {
			given["thre"] = drawnValue.Draw(t, "value")
		}
		var pairs []string
		for name, value := range given {
			pairs = append(pairs, name+" = "+value)
		}
		bare := text + one
		text += "[[trigger]]\nschedule = \"@daily\"\ninputs = { " + strings.Join(pairs, ", ") + " }\n" + one
		_, err := config.ParsePipeline("p.toml", []byte(text))
		atNight := startAtNight(t, bare, given)
		if err == nil {
			passed++
		} else {
			refused++
		}
		switch {
		case err == nil && atNight != nil && !unknowable(given):
			t.Fatalf("%s\npassed, but at night: %v", text, atNight)
		case err != nil && atNight == nil:
			t.Fatalf("%s\nis refused, but at night a run starts: %v", text, err)
		}
	})
	if passed == 0 || refused == 0 {
		t.Errorf("%d passed, %d were refused", passed, refused)
	}
}

// startAtNight is what stands against a run that a trigger with these inputs
// starts, without asking config about the trigger.
func startAtNight(t *rapid.T, text string, given map[string]string) error {
	source, err := config.ParsePipeline("p.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	trigger := &config.Trigger{Name: "schedule", Kind: config.OnSchedule, Inputs: map[string]any{}}
	for name, value := range given {
		trigger.Inputs[name] = decoded(t, value)
	}
	inputs, variables, err := plan.TriggerInputs(&source.Pipeline, trigger, plan.Occasion{Trigger: expression.Trigger{Name: "schedule"}, Revision: 4})
	if err != nil {
		return err
	}
	_, err = plan.Resolve(&source.Pipeline, plan.Request{Inputs: inputs, Variables: variables})
	var refusal *plan.Refusal
	if err != nil && !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	return err
}

// decoded is a value of TOML as a definition has it: the default of an input
// of a suitable type.
func decoded(t *rapid.T, value string) any {
	settings := "name = \"p\"\n[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"a\"\nuses = \"x\"\nwith = { script = " + value + " }\n"
	source, _ := config.ParsePipeline("p.toml", []byte(settings))
	if source == nil {
		t.Fatalf("%s is no TOML", value)
	}
	return floats(source.Pipeline.Stages[0].Steps[0].With["script"])
}

func floats(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = floats(v[key])
		}
	}
	return v
}

// unknowable reports whether a text depends on what the trigger hears.
func unknowable(given map[string]string) bool {
	for _, value := range given {
		if strings.HasPrefix(value, `"`) && strings.Contains(value, "{{") {
			return true
		}
	}
	return false
}
