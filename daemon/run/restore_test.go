package run

import (
	"slices"
	"testing"
)

// What stands behind a step that begins again after all was settled is stored
// at the creation: the plan alone would say that it waits.
func TestWhatTheCreationSettledIsStored(t *testing.T) {
	p := &Plan{
		Stages: []PlanStage{{Name: "review", Serial: true}, {Name: "deploy"}},
		Steps:  []PlanStep{{Name: "look", When: ByHand, AllowFailure: true}, {Name: "check"}, {Name: "ship", Stage: 1}},
	}
	r, change := New(p, instant(0), false)
	stored := map[int]Step{}
	for _, i := range change.Settled(r) {
		stored[i] = r.Steps[i]
	}
	change, err := r.Apply(Play{Steps: []int{0}, At: instant(1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range change.Steps {
		stored[i] = r.Steps[i]
	}
	again, _ := Restore(p, r.State, stored)
	for i, want := range []Status{Pending, Pending, Created} {
		if r.Steps[i].Status != want || again.Steps[i].Status != want {
			t.Errorf("%s is %s and after a restart %s, want %s", p.Steps[i].Name, r.Steps[i].Status, again.Steps[i].Status, want)
		}
	}
}

// A restart does not let those that came later go before.
func TestWhoWaitsForASlotKeepsItsPlaceOverARestart(t *testing.T) {
	p := &Plan{MaxParallel: 1, Stages: []PlanStage{{Name: "s"}}, Steps: []PlanStep{{Name: "a"}, {Name: "b"}, {Name: "c"}}}
	r, _ := New(p, instant(0), false)
	for n, ev := range []Event{
		Begin{Step: 0}, Ended{Step: 0, Attempt: 1, Outcome: Outcome{Status: Success}},
		Begin{Step: 1}, Retry{Steps: []int{0}, At: instant(9)}, // behind c
	} {
		if _, err := r.Apply(ev); err != nil {
			t.Fatal(n, err)
		}
	}
	stored := map[int]Step{}
	for i, s := range r.Steps {
		s.Attempts = slices.Clone(s.Attempts)
		stored[i] = s
	}
	again, _ := Restore(p, r.State, stored)
	for name, r := range map[string]*Run{"": r, "after a restart ": again} {
		change, err := r.Apply(Ended{Step: 1, Attempt: 1, Outcome: Outcome{Status: Success}})
		if err != nil || len(change.Ready) != 1 || change.Ready[0] != 2 {
			t.Errorf("%swhat may begin is %v, %v; it was the turn of c", name, change.Ready, err)
		}
	}
}
