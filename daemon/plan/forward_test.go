package plan_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/plan"
)

// ofText hands down what the text says and no more.
var ofText = &config.Downstream{Forward: config.Forward{YAMLVariables: true}}

func TestWhatTheTextSaysIsHandedDown(t *testing.T) {
	p := resolve(t, layers, plan.Request{Variables: map[string]string{"F": "given", "NUMBER": "n7", "NEW": "given"}})
	p.RunID, p.Number = 1, 42
	got, err := plan.Forwarded(&p, 1, ofText, nil, map[string]map[string]string{"first": {"id": "7"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"A": "file", "B": "run rule", "C": "stage", "D": "step", "E": "rule", "F": "file", "NUMBER": "42",
		"NAME": "step stage 2-p", "R": "n7/file", "BUILD": "bn7", "TAG": "bn7-linux-7", "LAST": "<bn7-linux-7>",
		"OS": "linux", "ARCH": "rule",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestNothingIsHandedDownOfAnOutputThatIsMissing(t *testing.T) {
	p := resolve(t, layers, plan.Request{})
	if got, err := plan.Forwarded(&p, 1, ofText, nil, nil); err == nil {
		t.Errorf("got %v", got)
	}
}

// late is a pipeline with some variables, of which step a has one more, LATE, that
// reads an output of step first.
func late(variables, value string) string {
	return fmt.Sprintf(`
variables = %s
[[stage]]
name = "s"
[[stage.step]]
name = "first"
uses = "x"
[[stage.step]]
name = "a"
uses = "x"
variables = { LATE = %q }
`, variables, value)
}

func TestWhatARunWasGivenCountsInWhatIsHandedDown(t *testing.T) {
	p := resolve(t, late(`{ A = "file" }`, "{{ steps.first.outputs.id }}-{{ vars.A }}"), plan.Request{Variables: map[string]string{"A": "given"}})
	got, err := plan.Forwarded(&p, 1, ofText, nil, map[string]map[string]string{"first": {"id": "7"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"A": "file", "LATE": "7-given"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What is over a variable of the text takes its place: an output that only that
// one reads is not missed.
func TestWhatGoesDownIsInItsOrder(t *testing.T) {
	p := resolve(t, late(`{ A = "text", B = "text", C = "text", D = "text" }`, "{{ steps.first.outputs.id }}"), plan.Request{Variables: map[string]string{"B": "given", "C": "given", "D": "given", "LATE": "given"}})
	own, play := map[string]string{"C": "step", "D": "step"}, map[string]string{"D": "play"}
	for _, c := range []struct {
		name    string
		forward config.Forward
		want    map[string]string // nil: an output is missing
	}{
		{"the text", config.Forward{YAMLVariables: true}, nil},
		{"what was given", config.Forward{PipelineVariables: true}, map[string]string{"B": "given", "C": "step", "D": "play", "LATE": "given"}},
		{"both", config.Forward{YAMLVariables: true, PipelineVariables: true},
			map[string]string{"A": "text", "B": "given", "C": "step", "D": "play", "LATE": "given"}},
		{"neither", config.Forward{}, map[string]string{"C": "step", "D": "play"}},
	} {
		got, err := plan.Forwarded(&p, 1, &config.Downstream{Forward: c.forward, Variables: own}, play, nil)
		if !maps.Equal(got, c.want) || (err != nil) != (c.want == nil) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}
