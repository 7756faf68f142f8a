package daemon

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// handmade is a run with a stage of manual steps and one that is mixed.
func handmade() *run.Run {
	byHand := func(name string, stage int) run.PlanStep {
		return run.PlanStep{Name: name, Stage: stage, When: run.ByHand, AllowFailure: true}
	}
	plan := &run.Plan{
		Pipeline: "a", Number: 7, Stages: []run.PlanStage{{Name: "hand"}, {Name: "mixed"}, {Name: "plain"}},
		Steps: []run.PlanStep{byHand("one", 0), byHand("two", 0), {Name: "auto", Stage: 1}, byHand("three", 1), {Name: "end", Stage: 2}},
	}
	plan.Steps[1].Confirmation = "Sure?"
	r, _ := run.New(plan, time.Unix(7, 0), false)
	return r
}

func TestAWholeStageIsPlayedWhereAllOfItIsManual(t *testing.T) {
	r := handmade()
	if got, err := manualSteps(r, "hand", false); err != nil || !slices.Equal(got, []int{0, 1}) {
		t.Errorf("%v (%v)", got, err)
	}
	_, err := manualSteps(r, "mixed", false)
	refused(t, err, rpc.CodeConflict, "auto", "by force")
	if got, err := manualSteps(r, "mixed", true); err != nil || !slices.Equal(got, []int{3}) {
		t.Errorf("by force: %v (%v)", got, err)
	}
	_, err = manualSteps(r, "plain", true)
	refused(t, err, rpc.CodeConflict, "no step of stage plain waits to be played")
	_, err = manualSteps(r, "nowhere", true)
	refused(t, err, rpc.CodeNotFound, "a/7", "nowhere")
	if _, err := r.Apply(run.Play{Steps: []int{0}, At: time.Unix(8, 0)}); err != nil {
		t.Fatal(err)
	}
	if got, err := manualSteps(r, "hand", false); err != nil || !slices.Equal(got, []int{1}) {
		t.Errorf("what was played is played again: %v (%v)", got, err)
	}
}

func TestStepsThatWantToBeConfirmedAreNamedWithTheirTexts(t *testing.T) {
	p := handmade().Plan
	var refusal *rpc.Error
	if err := unconfirmed(p, []int{0, 1}); !errors.As(err, &refusal) || refusal.Code != rpc.CodeConfirm {
		t.Fatal(err)
	}
	data, _ := refusal.Data.(rpc.ConfirmData)
	if !slices.Equal(data.Steps, []rpc.Confirmation{{Step: "hand/two", Text: "Sure?"}}) {
		t.Errorf("%+v", data)
	}
	if err := unconfirmed(p, []int{0, 3}); err != nil {
		t.Error(err)
	}
}

func TestWhichLogsAnErasureTakes(t *testing.T) {
	ended := run.Attempt{Number: 1, Status: run.Failed, Log: &run.Log{Stored: 10}}
	gone := run.Attempt{Number: 2, Status: run.Failed, Log: &run.Log{Stored: 20}, Erase: &run.Erasure{}}
	unsealed := run.Attempt{Number: 3, Status: run.Success}
	working := run.Attempt{Number: 4, Status: run.Running}
	for name, c := range map[string]struct {
		attempts []run.Attempt
		number   int
		takes    []int
		bytes    uint64
		code     rpc.Code
	}{
		"all":                {[]run.Attempt{ended, gone, unsealed}, 0, []int{1, 3}, 10, 0},
		"one":                {[]run.Attempt{ended, gone, unsealed}, 1, []int{1}, 10, 0},
		"one that is gone":   {[]run.Attempt{ended, gone}, 2, nil, 0, rpc.CodeConflict},
		"none yet":           {nil, 0, nil, 0, rpc.CodeConflict},
		"one too many":       {[]run.Attempt{ended}, 2, nil, 0, rpc.CodeNotFound},
		"a negative one":     {[]run.Attempt{ended}, -1, nil, 0, rpc.CodeNotFound},
		"one at work":        {[]run.Attempt{ended, gone, unsealed, working}, 4, nil, 0, rpc.CodeConflict},
		"all, one at work":   {[]run.Attempt{ended, gone, unsealed, working}, 0, nil, 0, rpc.CodeConflict},
		"beside one at work": {[]run.Attempt{ended, gone, unsealed, working}, 1, []int{1}, 10, 0},
	} {
		answer := &rpc.LogEraseResponse{Run: "a/1", Step: "s/x"}
		err := erasable(answer, &run.Step{Attempts: c.attempts}, c.number)
		if codeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (!slices.Equal(answer.Attempts, c.takes) || answer.LogBytes != c.bytes) {
			t.Errorf("%s: %+v", name, answer)
		}
	}
}
