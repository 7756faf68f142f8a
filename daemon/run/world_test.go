package run

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The world test runs random plans in a world that succeeds, fails, cancels,
// interferes and kills the daemon, and holds each state against a second,
// deliberately dumb reading of the rules (reading_test.go).
func TestWorldNeverBreaksTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		for range rapid.IntRange(20, 120).Draw(t, "events") {
			w.now = w.now.Add(time.Second)
			w.step(t, drawEvent(t, w.run, w.ready, w.now))
			if odds(t, 8, "death") {
				w.die(t)
			}
		}
		w.finish(t)
	})
}

// world is a run, what a disk holds of it and what an engine knows.
type world struct {
	run   *Run
	ready []int
	disk  *disk
	now   time.Time
}

func newWorld(t *rapid.T) *world {
	w := &world{disk: &disk{steps: map[int][]byte{}}, now: time.Unix(1_700_000_000, 0).UTC()}
	var change Change
	plan := drawPlan(t)
	t.Logf("plan %s", encodeJSON(t, plan))
	w.run, change = New(plan, w.now, odds(t, 6, "held"))
	w.disk.write(t, w.run, Change{Steps: change.Settled(w.run)})
	w.ready = change.Ready
	checkWorld(t, w.run, w.ready, w.now)
	return w
}

// step applies an event and checks all that can be known of it.
func (w *world) step(t *rapid.T, ev Event) {
	before, was := encodeJSON(t, w.run.Steps), w.run.State
	change, err := w.run.Apply(ev)
	if err != nil {
		if string(before) != string(encodeJSON(t, w.run.Steps)) || !reflect.DeepEqual(was, w.run.State) {
			t.Fatalf("%T was refused (%v) and changed the run", ev, err)
		}
		return
	}
	var old []Step
	decodeJSON(t, before, &old)
	w.ready = slices.DeleteFunc(append(w.ready, change.Ready...), func(i int) bool { return w.run.Steps[i].Status != Pending })
	checkChange(t, w.run, old, change, was.Sequence)
	checkAdmission(t, w.run, old, w.now)
	checkRetries(t, w.run, old)
	checkWorld(t, w.run, w.ready, w.now)
	w.disk.write(t, w.run, change)
	again, _ := w.disk.restore(t, w.run.Plan)
	if got, want := picture(t, again), picture(t, w.run); got != want {
		t.Fatalf("after a restart the run is\n%s\nnot\n%s", got, want)
	}
}

// die goes on with what is on the disk.
func (w *world) die(t *rapid.T) {
	again, derived := w.disk.restore(t, w.run.Plan)
	w.run, w.ready = again, again.Ready()
	w.disk.write(t, w.run, Change{Steps: derived.Settled(w.run)})
	checkWorld(t, w.run, w.ready, w.now)
}

// finish lets the world do its work until nothing is left to do.
func (w *world) finish(t *rapid.T) {
	for n := 0; ; n++ {
		w.now = w.now.Add(time.Second)
		events := worldly(t, w.run, w.ready, w.now)
		if len(events) == 0 && w.run.Settled() {
			break
		}
		if len(events) == 0 {
			for i := range w.run.Steps {
				if w.run.Steps[i].Status == Manual {
					events = append(events, Play{Steps: []int{i}, At: w.now}, Cancel{Cancellation: Cancellation{At: w.now}})
				}
			}
		}
		if n > 500 {
			t.Fatalf("the run does not come to an end: %s", picture(t, w.run))
		}
		if len(events) > 0 { // else an alarm is to come
			w.step(t, rapid.SampledFrom(events).Draw(t, "event"))
		}
	}
	if len(w.ready) != 0 {
		t.Fatal("a run that is over has steps to begin")
	}
	checkOver(t, w.run, w.now)
}

// disk is what a store would hold: only what changes said was changed.
type disk struct {
	state []byte
	steps map[int][]byte
}

func (d *disk) write(t *rapid.T, r *Run, c Change) {
	d.state = encodeJSON(t, r.State)
	d.steps = maps.Clone(d.steps)
	for _, i := range c.Steps {
		d.steps[i] = encodeJSON(t, r.Steps[i])
	}
}

func (d *disk) restore(t *rapid.T, p *Plan) (*Run, Change) {
	var state State
	steps := map[int]Step{}
	decodeJSON(t, d.state, &state)
	for i, text := range d.steps {
		var s Step
		decodeJSON(t, text, &s)
		steps[i] = s
	}
	return Restore(p, state, steps)
}

func encodeJSON(t *rapid.T, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decodeJSON(t *rapid.T, text []byte, v any) {
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

// picture is all of a run that must outlive a restart. The sequence of a step
// that was never stored may differ.
func picture(t *rapid.T, r *Run) string {
	steps := slices.Clone(r.Steps)
	for i := range steps {
		steps[i].Sequence = 0
		if steps[i].Status == Created {
			steps[i].Since = time.Time{}
		}
	}
	return string(encodeJSON(t, r.State)) + string(encodeJSON(t, steps)) + string(encodeJSON(t, r.graph.standing))
}

// checkChange: what changed is named, and nothing else changed.
func checkChange(t *rapid.T, r *Run, old []Step, c Change, was uint64) {
	if r.State.Sequence != was+1 {
		t.Fatalf("the sequence went from %d to %d", was, r.State.Sequence)
	}
	for i := range old {
		now := &r.Steps[i]
		if old[i].Status == Canceling && now.Status.Complete() && now.Latest().Status != Canceled && old[i].Stopped.Reason == "" {
			t.Fatalf("step %d was canceled and became %s", i, now.Status)
		}
		if old[i].Status == Canceling && now.Status == Canceling && old[i].Stopped.Force && !now.Stopped.Force {
			t.Fatalf("step %d was to be killed, and is not any more", i)
		}
		same := string(encodeJSON(t, old[i])) == string(encodeJSON(t, *now))
		if named := slices.Contains(c.Steps, i); !same && !named {
			t.Fatalf("step %d changed and is not named", i)
		} else if named && now.Sequence != r.State.Sequence {
			t.Fatalf("step %d changed and its sequence did not", i)
		}
	}
}

// checkOver: nothing that the world repeats changes a run that is over.
func checkOver(t *rapid.T, r *Run, now time.Time) {
	if _, err := r.Apply(Cancel{Cancellation: Cancellation{At: now}}); !errors.Is(err, ErrComplete) {
		t.Fatalf("cancel of a run that is over: %v", err)
	}
	for i := range r.Steps {
		for _, ev := range []Event{
			Begin{Step: i, At: now}, Ended{Step: i, Attempt: 1, At: now}, Sealed{Step: i, Attempt: 1},
			Grant{Step: i, At: now}, Due{Step: i, At: now}, Due{Step: -1, At: now}, Release{At: now}, Sealed{Step: i, Attempt: 99},
		} {
			if _, err := r.Apply(ev); !errors.Is(err, ErrStale) {
				t.Fatalf("%T of a run that is over: %v", ev, err)
			}
		}
	}
}
