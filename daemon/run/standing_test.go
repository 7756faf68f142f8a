package run

import (
	"testing"
	"time"
)

// standingPlan is check, which may fail, then a manual step that may be left
// alone, then what follows it by stage order and by need.
func standingPlan() *Plan {
	return &Plan{
		Stages: []PlanStage{{Name: "check"}, {Name: "review"}, {Name: "deploy"}},
		Steps: []PlanStep{
			{Name: "lint", AllowFailure: true}, {Name: "review", Stage: 1, When: ByHand, AllowFailure: true},
			{Name: "deploy", Stage: 2, HasNeeds: true, Needs: []int{1}},
		},
	}
}

// must applies events at an instant that does not matter.
func must(t *testing.T, r *Run, events ...Event) {
	t.Helper()
	for _, ev := range events {
		if _, err := r.Apply(ev); err != nil {
			t.Fatalf("%T: %v", ev, err)
		}
	}
}

func TestAStageDoesNotGoBackToCreated(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	r, _ := New(standingPlan(), at, false)
	must(t, r, Resume{Steps: []int{2}, At: at}, Pause{Steps: []int{2}, Paused: Paused{At: at}}, Resume{Steps: []int{2}, At: at})
	if len(r.State.Kept) != 0 {
		t.Errorf("kept are %v of a stage that never was anything else", r.State.Kept)
	}
	must(t, r, Begin{Step: 0, At: at}, Ended{Step: 0, Attempt: 1, At: at, Outcome: Outcome{Status: Success}})
	if r.Steps[2].Status != Skipped || r.StageStatus(2) != Skipped {
		t.Fatalf("deploy is %s, its stage %s", r.Steps[2].Status, r.StageStatus(2))
	}
	must(t, r, Play{Steps: []int{1}, At: at})
	if r.Steps[2].Status != Created || r.StageStatus(2) != Skipped {
		t.Errorf("deploy is %s, its stage %s; want created, skipped", r.Steps[2].Status, r.StageStatus(2))
	}
	steps := map[int]Step{}
	for i := range r.Steps {
		steps[i] = r.Steps[i]
	}
	if again, _ := Restore(r.Plan, r.State, steps); again.StageStatus(2) != Skipped {
		t.Errorf("after a restart the stage is %s", again.StageStatus(2))
	}
	before := r.State
	must(t, r, Begin{Step: 1, At: at}, Ended{Step: 1, Attempt: 1, At: at, Outcome: Outcome{Status: Success}})
	if len(before.Kept) != 1 {
		t.Error("a state that was looked at has changed")
	}
	if r.StageStatus(2) != Pending || len(r.State.Kept) != 0 {
		t.Errorf("the stage is %s, kept are %v", r.StageStatus(2), r.State.Kept)
	}
}

func TestARunInWhichSomethingBeganIsNotPendingAgain(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	p := standingPlan()
	p.Steps[1].When = ""
	r, _ := New(p, at, false)
	if r.State.Status != Pending {
		t.Fatalf("it begins as %s", r.State.Status)
	}
	must(t, r, Begin{Step: 0, At: at}, Ended{Step: 0, Attempt: 1, At: at, Outcome: Outcome{Status: Failed}})
	if made := r.graph.all.Composite(false); r.State.Status != Running || made != Pending {
		t.Errorf("after an allowed failure the run is %s, its steps make %s", r.State.Status, made)
	}
	r, _ = New(&Plan{Stages: []PlanStage{{Name: "a"}}, Steps: []PlanStep{{Name: "a"}}}, at, false)
	must(t, r, Begin{Step: 0, At: at}, Ended{Step: 0, Attempt: 1, At: at, Outcome: Outcome{Status: Failed}}, Retry{At: at})
	if r.State.Status != Running {
		t.Errorf("after a retry the run is %s", r.State.Status)
	}
}
