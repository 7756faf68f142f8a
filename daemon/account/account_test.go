package account

import (
	"reflect"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

var (
	noon  = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	later = noon.Add(time.Hour)
)

func TestWhoEndedARunIsTold(t *testing.T) {
	for want, c := range map[string]*run.Cancellation{
		"":                        nil,
		"canceled by ann":         {Actor: "ann"},
		"canceled by ann: enough": {Actor: "ann", Note: "enough"},
		"killed by ann: enough":   {Actor: "ann", Note: "enough", Force: true},
		"made redundant by a/2":   {Actor: "penstock", Run: "a/2"},
		`made redundant by a/2: overlap = "cancel"`: {Actor: "penstock", Run: "a/2", Note: `overlap = "cancel"`},
	} {
		if got := Message(&run.State{Cancel: c}); got != want {
			t.Errorf("%+v is %q, want %q", c, got, want)
		}
	}
}

func TestWhatWasNeverSoIsLeftOut(t *testing.T) {
	plan := &run.Plan{Stages: []run.PlanStage{{Name: "s"}}, Steps: []run.PlanStep{{Name: "x", Uses: "shell", When: run.OnSuccess}}}
	r, _ := run.New(plan, noon, true)
	want := []rpc.RunStage{{Name: "s", Status: "created", Steps: []rpc.RunStep{
		{Name: "x", Uses: "shell", Status: "created", Since: Moment(r.Steps[0].Since), Attempts: []rpc.RunAttempt{}}}}}
	if got := Stages(r); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// step is one of which everything is known.
func step() (*run.Plan, *run.Step) {
	code := 3
	plan := &run.Plan{
		Stages: []run.PlanStage{{Name: "s"}}, Groups: []run.Group{{Name: "test"}},
		Steps: []run.PlanStep{{Name: "before"}, {
			Name: "test: [a]", Address: "test@1", Group: 1, Uses: "shell", When: run.Delayed, Needs: []int{0},
			Confirmation: "Sure?", AllowExitCodes: []int{3}, Retry: run.RetryRule{Max: 2}, ResourceGroup: "production",
		}},
	}
	return plan, &run.Step{
		Status: run.Failed, Since: later, DueAt: later,
		Requested: &run.Request{At: noon, Actor: "ann", Variables: map[string]string{"K": "V"}},
		Paused:    &run.Paused{At: noon, Until: later, Actor: "bob", Reason: "full"},
		Stopped:   &run.Cancellation{At: noon, Actor: "eve", Note: "no", Run: "a/2"},
		Skipped:   run.LeftPaused,
		Attempts: []run.Attempt{{
			Number: 1, Status: run.Failed, ReadyAt: noon, DecidedAt: noon, StartedAt: noon, FinishedAt: later, ExitCode: &code,
			FailureReason: run.ScriptFailure, Outputs: map[string]string{"o": "v"}, Erase: &run.Erasure{At: later, Actor: "dora"},
			Downstream: &run.Downstream{ID: 9, Name: "deploy/7", Status: run.Success, Warnings: true},
		}},
	}
}

func TestAllThatIsKnownOfAStepIsTold(t *testing.T) {
	plan, s := step()
	code := 3
	want := rpc.RunStep{
		Name: "test: [a]", Address: "test@1", Matrix: "test", Uses: "shell", Status: "failed", Since: &later, When: "delayed",
		Needs: []string{"before"}, MaxAttempts: 3, Confirmation: "Sure?", SkipReason: "paused",
		ResourceGroup: "production", RequestedBy: &rpc.StepRequest{At: noon, Actor: "ann", Variables: map[string]string{"K": "V"}},
		Paused:  &rpc.Pause{At: noon, Actor: "bob", Reason: "full", Until: &later},
		Stopped: &rpc.Stop{At: noon, Actor: "eve", Note: "no", Run: "a/2"},
		Attempts: []rpc.RunAttempt{{
			Number: 1, Status: "failed", FailureReason: "script_failure", ExitCode: &code, ReadyAt: &noon, StartedAt: &noon, FinishedAt: &later,
			Erased:     &rpc.Erasure{At: later, Actor: "dora"},
			Downstream: &rpc.Downstream{Run: "deploy/7", ID: 9, Status: "success", Warnings: true},
		}},
		Outputs: map[string]string{"o": "v"},
	}
	if got := Step(plan, 1, s); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestAScheduledStepTellsWhenItIsDue(t *testing.T) {
	plan, s := step()
	for status, want := range map[run.Status]*time.Time{run.Scheduled: &later, run.Manual: nil, run.Failed: nil} {
		s.Status = status
		if got := Step(plan, 1, s).DueAt; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", status, got, want)
		}
	}
}

func TestAFailureIsAllowedAsItHappened(t *testing.T) {
	plan, s := step()
	if Step(plan, 1, s).AllowFailure {
		t.Error("it was ended: whatever its attempt exited with may not happen so")
	}
	s.Stopped = nil
	if !Step(plan, 1, s).AllowFailure {
		t.Error("its exit code may happen")
	}
	other := 4
	s.Attempts[0].ExitCode = &other
	if Step(plan, 1, s).AllowFailure {
		t.Error("exit code 4 may not happen")
	}
	s.Attempts[0].ExitCode = nil
	if Step(plan, 1, s).AllowFailure {
		t.Error("a failure without an exit code may not happen")
	}
	plan.Steps[1].AllowFailure = true
	if !Step(plan, 1, s).AllowFailure {
		t.Error("every failure may happen")
	}
}

func TestARunThatLivesAgainHasNotFinished(t *testing.T) {
	s := &run.State{Status: run.Running, CreatedAt: noon, StartedAt: later, FinishedAt: later, Busy: time.Minute}
	got := Summary(s, later)
	if got.FinishedAt != nil || got.Duration == nil || *got.Duration != 60 || got.QueuedDuration != 3600 {
		t.Errorf("%+v", got)
	}
	s.Status = run.Success
	if got := Summary(s, later); got.FinishedAt == nil {
		t.Errorf("%+v", got)
	}
	if got := Summary(&run.State{Status: run.Created, Held: true, CreatedAt: noon}, later); got.Duration != nil || !got.Held || got.QueuedDuration != 3600 {
		t.Errorf("%+v", got)
	}
}
