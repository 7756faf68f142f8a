package plan_test

import (
	"maps"
	"testing"

	"github.com/penstock/penstock/daemon/plan"
)

func TestWhatTheTextSaysIsHandedDown(t *testing.T) {
	p := resolve(t, layers, plan.Request{Variables: map[string]string{"F": "given", "NUMBER": "n7", "NEW": "given"}})
	p.RunID, p.Number = 1, 42
	got, err := plan.Forwarded(&p, 1, map[string]map[string]string{"first": {"id": "7"}})
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
	if got, err := plan.Forwarded(&p, 1, nil); err == nil {
		t.Errorf("got %v", got)
	}
}

func TestWhatARunWasGivenCountsInWhatIsHandedDown(t *testing.T) {
	p := resolve(t, `
variables = { A = "file" }
[[stage]]
name = "s"
[[stage.step]]
name = "first"
uses = "x"
[[stage.step]]
name = "a"
uses = "x"
variables = { LATE = "{{ steps.first.outputs.id }}-{{ vars.A }}" }
`, plan.Request{Variables: map[string]string{"A": "given"}})
	got, err := plan.Forwarded(&p, 1, map[string]map[string]string{"first": {"id": "7"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"A": "file", "LATE": "7-given"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
