package policy

import (
	"fmt"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// older is a run of steps written as i:running, where i or n says whether the
// step is interruptible.
func older(steps ...string) *run.Run {
	r := &run.Run{Plan: &run.Plan{}, State: run.State{Status: run.Running}}
	for _, s := range steps {
		status := run.Status(s[2:])
		step := run.Step{Status: status}
		switch status {
		case run.Running, run.Success, run.Failed, run.Canceling:
			step.Attempts = []run.Attempt{{Number: 1, Status: status}}
		}
		r.Plan.Steps = append(r.Plan.Steps, run.PlanStep{Interruptible: s[0] == 'i'})
		r.Steps = append(r.Steps, step)
	}
	return r
}

func TestWhatANewRunMakesRedundant(t *testing.T) {
	canceled := older("i:running")
	canceled.State.Status = run.Canceling
	over := older("i:success")
	over.State.Status = run.Success
	for _, c := range []struct {
		name                        string
		run                         *run.Run
		conservative, interruptible string
	}{
		{"its interruptible step works", older("i:running", "n:created"), "whole", "[0]"},
		{"a step that is not interruptible works", older("i:running", "n:running"), "none", "[0]"},
		{"a step that is not interruptible has ended", older("n:success", "i:running"), "none", "[1]"},
		{"nothing has begun", older("n:pending", "i:created", "n:manual"), "whole", "[1]"},
		{"what is over, ends or is manual is left", older("i:success", "i:canceling", "i:manual", "i:skipped"), "whole", "none"},
		{"what waits is not", older("i:waiting_for_resource", "i:scheduled", "i:pending"), "whole", "[0 1 2]"},
		{"it ends already", canceled, "none", "none"},
		{"it is over", over, "none", "none"},
	} {
		for mode, want := range map[config.OnNewRun]string{
			config.CancelConservative: c.conservative, config.CancelInterruptible: c.interruptible,
			config.CancelNone: "none", "": "none",
		} {
			got := "none"
			if r := Redundant(mode, c.run); r.Whole {
				got = "whole"
			} else if !r.None() {
				got = fmt.Sprint(r.Steps)
			}
			if got != want {
				t.Errorf("%s, %q: %s, want %s", c.name, mode, got, want)
			}
		}
	}
}

func TestFingerprintsDifferWhereRunsWould(t *testing.T) {
	values := run.Values{Revision: 3, Inputs: map[string]any{"a": 1.0, "b": []any{"x"}}, Variables: map[string]string{"A": "1"}}
	of := func(change func(*run.Values)) string {
		v := values
		change(&v)
		f, err := Fingerprint(v)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	same := of(func(*run.Values) {})
	for name, c := range map[string]struct {
		change func(*run.Values)
		equal  bool
	}{
		"nothing":         {func(v *run.Values) { v.Inputs = map[string]any{"b": []any{"x"}, "a": 1.0} }, true},
		"who started it":  {func(v *run.Values) { v.Source, v.Actor = "schedule", "ann" }, true},
		"the revision":    {func(v *run.Values) { v.Revision = 4 }, false},
		"an input":        {func(v *run.Values) { v.Inputs = map[string]any{"a": 2.0, "b": []any{"x"}} }, false},
		"a variable":      {func(v *run.Values) { v.Variables = map[string]string{"A": "2"} }, false},
		"its place":       {func(v *run.Values) { v.Inputs, v.Variables = nil, map[string]string{"a": "1", "A": "1"} }, false},
		"an input's type": {func(v *run.Values) { v.Inputs = map[string]any{"a": "1", "b": []any{"x"}} }, false},
	} {
		if got := of(c.change); (got == same) != c.equal {
			t.Errorf("%s: equal %v", name, got == same)
		}
	}
}
