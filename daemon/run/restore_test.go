package run

import "testing"

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
