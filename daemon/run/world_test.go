package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The world test runs random plans in a world that succeeds, fails, cancels,
// repeats itself and kills the daemon, and holds each state against a second,
// deliberately dumb reading of the rules.

// drawPlan is a plan of up to four stages with all kinds of edges.
func drawPlan(t *rapid.T) *Plan {
	p := &Plan{RunID: 7, Pipeline: "p", Number: 3}
	for k := range rapid.IntRange(1, 4).Draw(t, "stages") {
		p.Stages = append(p.Stages, PlanStage{Name: fmt.Sprint("stage", k), Serial: rapid.Bool().Draw(t, "serial")})
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			i := len(p.Steps)
			s := PlanStep{
				Name: fmt.Sprint("s", i), Stage: k, Uses: "shell",
				When:         rapid.SampledFrom([]When{"", OnSuccess, OnSuccess, OnFailure, Always}).Draw(t, "when"),
				AllowFailure: rapid.IntRange(0, 3).Draw(t, "allow") == 0,
				HasNeeds:     rapid.Bool().Draw(t, "dag"),
			}
			for n := range i {
				if s.HasNeeds && rapid.IntRange(0, 2).Draw(t, "need") == 0 {
					s.Needs = append(s.Needs, n)
				}
			}
			p.Steps = append(p.Steps, s)
		}
	}
	return p
}

// seen folds the statuses that step i looks at, by scanning everything; known
// is whether they are all complete.
func seen(r *Run, i int) (previous Status, known bool) {
	p := r.Plan
	var tally Tally
	known = true
	look := func(n int) {
		tally.Add(r.Steps[n].Status, p.Steps[n].AllowFailure)
		known = known && r.Steps[n].Status.Complete()
	}
	serial := p.Stages[p.Steps[i].Stage].Serial
	for n := range p.Steps {
		elder := p.Steps[n].Stage == p.Steps[i].Stage && n < i && serial
		switch {
		case p.Steps[i].HasNeeds && (slices.Contains(p.Steps[i].Needs, n) || elder && n == i-1):
			look(n)
		case !p.Steps[i].HasNeeds && (p.Steps[n].Stage < p.Steps[i].Stage || elder):
			look(n)
		}
	}
	return tally.Composite(p.Steps[i].HasNeeds), known
}

// admitted reads the table of GitLab's job processing, row by row.
func admitted(s PlanStep, previous Status) bool {
	switch {
	case s.When == OnFailure:
		return previous == Failed
	case s.When == Always:
		return slices.Contains([]Status{Success, Failed, Skipped}, previous)
	case s.HasNeeds:
		return previous == Success
	}
	return previous == Success || previous == Skipped
}

// checkWorld holds r against the rules.
func checkWorld(t *rapid.T, r *Run) {
	var all Tally
	stages, owed, unsealed := make([]Tally, len(r.Plan.Stages)), 0, 0
	for i := range r.Steps {
		s, p := &r.Steps[i], r.Plan.Steps[i]
		all.Add(s.Status, p.AllowFailure)
		stages[p.Stage].Add(s.Status, p.AllowFailure)
		owed += len(r.Owed(i))
		previous, known := seen(r, i)
		canceled := r.State.Cancel != nil
		switch {
		case s.Status == Created && known:
			t.Fatalf("%s waits for nothing", p.Name)
		case s.Status == Created && previous == Skipped && p.HasNeeds && p.When != Always:
			t.Fatalf("%s waits, but it will be skipped in any case", p.Name)
		case s.Status == Pending && (!known || !admitted(p, previous)):
			t.Fatalf("%s is pending, but what came before is %s", p.Name, previous)
		case s.Status == Skipped && admitted(p, previous):
			t.Fatalf("%s is skipped, but what came before is %s", p.Name, previous)
		case len(s.Attempts) > 0 && !known:
			t.Fatalf("%s began before what it waits for was over", p.Name)
		case (s.Status == Skipped || s.Status == Created || s.Status == Pending) != (len(s.Attempts) == 0) && !canceled:
			t.Fatalf("%s is %s and has %d attempts", p.Name, s.Status, len(s.Attempts))
		case canceled && !s.Status.Complete() && s.Status != Canceling:
			t.Fatalf("%s is %s in a canceled run", p.Name, s.Status)
		}
		for k := range s.Attempts {
			if s.Attempts[k].Ended() && s.Attempts[k].Log == nil {
				unsealed++
			}
		}
	}
	if r.graph.all != all || !slices.Equal(r.graph.stages, stages) || r.graph.unsealed != unsealed {
		t.Fatal("the counts are not those of the steps")
	}
	if r.State.Status != all.Composite(false) || r.State.Warnings != all.Warnings() {
		t.Fatalf("the run is %s, its steps make %s", r.State.Status, all.Composite(false))
	}
	if !r.Complete() && owed == 0 && len(r.Ready()) == 0 {
		t.Fatalf("the run is %s, and nothing will ever move it", r.State.Status)
	}
	if (all.any(tagRunning, tagCanceling)) == r.State.BusySince.IsZero() {
		t.Fatal("the run's clock does not run with its steps")
	}
	if r.Complete() && (r.State.FinishedAt.IsZero() || !r.State.BusySince.IsZero()) {
		t.Fatal("the run is over, but its clock is not")
	}
}

// disk is what a store would hold: only what changes said was changed.
type disk struct {
	state []byte
	steps map[int][]byte
}

func (d *disk) write(t *rapid.T, r *Run, c Change) {
	d.state = encodeJSON(t, r.State)
	for _, i := range c.Steps {
		d.steps[i] = encodeJSON(t, r.Steps[i])
	}
}

// torn is the disk after a write that was cut off: the state and the first of
// the steps, the one that the event named, are always there.
func (d *disk) torn(t *rapid.T, r *Run, c Change) *disk {
	cut := &disk{steps: maps.Clone(d.steps)}
	c.Steps = c.Steps[:rapid.IntRange(min(1, len(c.Steps)), len(c.Steps)).Draw(t, "written")]
	cut.write(t, r, c)
	return cut
}

func encodeJSON(t *rapid.T, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (d *disk) restore(t *rapid.T, p *Plan) (*Run, Change) {
	var state State
	steps := map[int]Step{}
	if err := json.Unmarshal(d.state, &state); err != nil {
		t.Fatal(err)
	}
	for i, text := range d.steps {
		var s Step
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		steps[i] = s
	}
	return Restore(p, state, steps)
}

func TestWorldNeverBreaksTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan, now := drawPlan(t), time.Unix(1_700_000_000, 0).UTC()
		r, change := New(plan, now)
		d := &disk{steps: map[int][]byte{}}
		d.write(t, r, Change{Steps: change.Settled(r)})
		checkWorld(t, r)
		ready := change.Ready
		for n := 0; !r.Settled(); n++ {
			if n > 500 {
				t.Fatal("the run does not come to an end")
			}
			now = now.Add(time.Second)
			ev := drawEvent(t, r, ready, now)
			before, was := encodeJSON(t, r.Steps), r.State.Sequence
			change, err := r.Apply(ev)
			if err != nil {
				if string(before) != string(encodeJSON(t, r.Steps)) || r.State.Sequence != was {
					t.Fatalf("%T was refused (%v) and changed the run", ev, err)
				}
				continue
			}
			checkChange(t, r, before, change, was)
			ready = append(ready, change.Ready...)
			torn, _ := d.torn(t, r, change).restore(t, plan)
			if got, want := statuses(torn), statuses(r); got != want {
				t.Fatalf("after a write that was cut off the steps are %s, not %s", got, want)
			}
			d.write(t, r, change)
			checkWorld(t, r)
			again, derived := d.restore(t, plan)
			if got, want := statuses(again), statuses(r); got != want {
				t.Fatalf("after a restart the steps are %s, not %s", got, want)
			}
			if rapid.IntRange(0, 3).Draw(t, "death") == 0 {
				r, ready = again, again.Ready()
				d.write(t, r, Change{Steps: derived.Settled(r)})
			}
		}
		if len(r.Ready()) != 0 {
			t.Fatal("a run that is over has steps to begin")
		}
		checkOver(t, r, now)
	})
}

func statuses(r *Run) string {
	text := string(r.State.Status)
	for i := range r.Steps {
		text += " " + string(r.Steps[i].Status)
	}
	return text
}

// checkChange: what changed is named, and nothing else changed.
func checkChange(t *rapid.T, r *Run, before []byte, c Change, was uint64) {
	var old []Step
	if err := json.Unmarshal(before, &old); err != nil {
		t.Fatal(err)
	}
	if r.State.Sequence != was+1 {
		t.Fatalf("the sequence went from %d to %d", was, r.State.Sequence)
	}
	for i := range old {
		if old[i].Status == Canceling && r.Steps[i].Status.Complete() && r.Steps[i].Latest().Status != Canceled {
			t.Fatalf("step %d was canceled and became %s", i, r.Steps[i].Status)
		}
		same := string(encodeJSON(t, old[i])) == string(encodeJSON(t, r.Steps[i]))
		if named := slices.Contains(c.Steps, i); !same && !named {
			t.Fatalf("step %d changed and is not named", i)
		} else if named && r.Steps[i].Sequence != r.State.Sequence {
			t.Fatalf("step %d changed and its sequence did not", i)
		}
	}
}

// checkOver: a run that is over takes no event any more.
func checkOver(t *rapid.T, r *Run, now time.Time) {
	if _, err := r.Apply(Cancel{Cancellation: Cancellation{At: now}}); !errors.Is(err, ErrComplete) {
		t.Fatalf("cancel of a run that is over: %v", err)
	}
	for i := range r.Steps {
		for _, ev := range []Event{Begin{Step: i, At: now}, Ended{Step: i, Attempt: 1, At: now}, Sealed{Step: i, Attempt: 1}} {
			if _, err := r.Apply(ev); !errors.Is(err, ErrStale) {
				t.Fatalf("%T of a run that is over: %v", ev, err)
			}
		}
	}
	if _, err := r.Apply(Sealed{Step: 0, Attempt: 99}); !errors.Is(err, ErrStale) {
		t.Fatalf("seal of an attempt that never was: %v", err)
	}
}

// drawEvent is what happens next: mostly something sensible.
func drawEvent(t *rapid.T, r *Run, ready []int, now time.Time) Event {
	var events []Event
	for _, i := range ready {
		events = append(events, Begin{Step: i, At: now, BootID: "boot"})
	}
	for i := range r.Steps {
		for _, e := range r.Owed(i) {
			if e.Kind == Seal {
				events = append(events, Sealed{Step: i, Attempt: e.Attempt, At: now})
			} else {
				events = append(events, Ended{Step: i, Attempt: e.Attempt, At: now, Outcome: drawOutcome(t, now)})
			}
		}
	}
	if rapid.IntRange(0, 20).Draw(t, "cancel") == 0 || len(events) == 0 {
		events = []Event{Cancel{Cancellation: Cancellation{At: now, Actor: "x", Force: rapid.Bool().Draw(t, "force")}}}
	}
	return rapid.SampledFrom(events).Draw(t, "event")
}

func drawOutcome(t *rapid.T, now time.Time) Outcome {
	o := Outcome{Status: rapid.SampledFrom([]Status{Success, Success, Failed, Canceled}).Draw(t, "outcome"), StartedAt: now}
	if o.Status == Failed {
		o.FailureReason = ScriptFailure
	}
	return o
}
