package engine

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// twoStages asks for a run of two stages of two steps.
func twoStages() StartRequest {
	return StartRequest{Pipeline: 1, Revision: 1, Plan: run.Plan{
		Stages: []run.PlanStage{{Name: "build"}, {Name: "test"}},
		Steps:  []run.PlanStep{{Name: "a"}, {Name: "b"}, {Name: "a", Address: "a@2", Stage: 1}, {Name: "c", Stage: 1}},
	}}
}

func part(stage, step string) store.Part { return store.Part{Stage: stage, Step: step} }

func (d *daemon) pause(p store.Pause) {
	d.Helper()
	d.check(d.Pause(d.ctx, 1, p))
}

func (d *daemon) pauses() []store.Pause {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	p, err := v.Pipeline(1)
	d.check(err)
	return p.Pauses
}

func TestAPausedPipelineTakesNoRuns(t *testing.T) {
	d := begin(t, 9)
	d.startOf(request("", "a"))
	d.next("nightly/1/stage/a/1")
	until := d.clock.Now().Add(time.Hour)
	d.pause(store.Pause{Actor: "ann", Until: until, Reason: "the disk is full"})
	d.restart()
	a := d.next("nightly/1/stage/a/1")
	_, _, err := d.Start(d.ctx, request("", "a"))
	var paused *PausedError
	if !errors.Is(err, ErrPaused) || !errors.As(err, &paused) || paused.Pause.Actor != "ann" {
		t.Errorf("a start: %v", err)
	}
	want := "the pipeline is paused by ann since 2026-03-01T02:30:00Z until 2026-03-01T03:30:00Z: the disk is full"
	if err.Error() != want {
		t.Errorf("a start: %v, want %s", err, want)
	}
	a.end(run.Success) // what lives goes on
	d.settled(1)
	d.clock.advance(time.Hour)
	d.startOf(request("", "a")) // it is over by itself
	d.pause(store.Pause{Actor: "ann"})
	if _, _, err := d.Start(d.ctx, request("", "a")); !errors.Is(err, ErrPaused) {
		t.Errorf("a start: %v", err)
	}
	d.check(d.Resume(d.ctx, 1, store.Part{}))
	d.startOf(request("", "a"))
}

func TestWhatIsPausedIsLeftOut(t *testing.T) {
	d := begin(t, 9)
	d.pause(store.Pause{Part: part("build", "b"), Actor: "ann", Reason: "broken"})
	d.startOf(twoStages())
	d.next("nightly/1/build/a/1")
	d.pause(store.Pause{Part: part("test", ""), Actor: "bob"})
	d.restart()
	a := d.next("nightly/1/build/a/1")
	d.idle()
	if got := d.steps(1); got != "[running skipped created created]" {
		t.Errorf("the steps are %s", got)
	}
	d.check(d.Resume(d.ctx, 1, part("test", "")))
	d.pause(store.Pause{Part: part("test", "c"), Actor: "bob"})
	a.end(run.Success)
	d.next("nightly/1/test/a@2/1").end(run.Success)
	d.settled(1)
	if got := d.steps(1); got != "[success skipped success skipped]" {
		t.Errorf("the steps are %s", got)
	}
	d.nothingIsLeft()
}

// A pause of a part does not let a run go on that waits for its turn.
func TestARunWithPausedPartsWaitsForItsTurn(t *testing.T) {
	d := begin(t, 9)
	d.pause(store.Pause{Part: part("", "b"), Actor: "ann"})
	q := request("", "a", "b")
	q.Overlap = config.Overlap{Policy: config.OverlapQueue, Limit: 1}
	d.startOf(q)
	d.startOf(q)
	first := d.next("nightly/1/stage/a/1")
	d.idle()
	if got := d.statuses(1, 2); got != "[running held]" {
		t.Errorf("the runs are %s", got)
	}
	first.end(run.Success)
	d.next("nightly/2/stage/a/1").end(run.Success)
	d.settled(2)
}

// A step without its stage is meant wherever it is.
func TestAStepIsPausedByItsNameAlone(t *testing.T) {
	d := begin(t, 9)
	d.pause(store.Pause{Part: part("", "a"), Actor: "ann"})
	d.startOf(twoStages())
	d.next("nightly/1/build/b/1").end(run.Success)
	d.next("nightly/1/test/c/1").end(run.Success)
	d.settled(1)
}

func TestPausesOfTheSamePartReplaceEachOther(t *testing.T) {
	d := begin(t, 9)
	for _, actor := range []string{"ann", "bob"} {
		d.pause(store.Pause{Part: part("build", ""), Actor: actor})
	}
	if got := d.pauses(); len(got) != 1 || got[0].Actor != "bob" || got[0].At.IsZero() {
		t.Errorf("the pauses are %+v", got)
	}
	d.check(d.Resume(d.ctx, 1, part("build", "")))
	for _, p := range []store.Part{part("build", ""), part("", "")} {
		if err := d.Resume(d.ctx, 1, p); !errors.Is(err, ErrNotPaused) {
			t.Errorf("resume of %v: %v", p, err)
		}
	}
	if err := d.Pause(d.ctx, 9, store.Pause{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("pause of a pipeline that is none: %v", err)
	}
	d.pause(store.Pause{Until: d.clock.Now().Add(time.Minute)})
	d.clock.advance(time.Minute)
	if err := d.Resume(d.ctx, 1, part("", "")); !errors.Is(err, ErrNotPaused) {
		t.Errorf("resume of a pause that is over: %v", err)
	}
}

// A run that was over learns what was paused, or resumed, since.
func TestARunThatLivesAgainKnowsWhatIsPaused(t *testing.T) {
	d := begin(t, 9)
	d.pause(store.Pause{Part: part("build", "b"), Actor: "ann"})
	d.startOf(twoStages())
	d.next("nightly/1/build/a/1").end(run.Failed)
	d.settled(1)
	d.pause(store.Pause{Part: part("build", "a"), Actor: "ann"})
	if err := d.Act(d.ctx, 1, retry(0)); !errors.Is(err, run.ErrRefused) {
		t.Errorf("a retry of a paused step: %v", err)
	}
	d.check(d.Resume(d.ctx, 1, part("build", "a")))
	d.check(d.Resume(d.ctx, 1, part("build", "b")))
	d.pause(store.Pause{Part: part("test", ""), Actor: "ann"})
	d.check(d.Act(d.ctx, 1, retry(0)))
	d.next("nightly/1/build/a/2").end(run.Success)
	d.settled(1)
	if got := d.steps(1); got != "[success skipped skipped skipped]" {
		t.Errorf("the steps are %s", got)
	}
}

// After the events that pausing lists each step is paused by the longest of
// the pauses that mean it, or not at all.
func TestTheLongestPauseCounts(t *testing.T) {
	now := time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC)
	parts := []store.Part{{}, {Stage: "build"}, {Stage: "test"}, {Stage: "build", Step: "a"}, {Step: "a"}, {Stage: "test", Step: "c"}, {Step: "none"}}
	meant := [][]int{{}, {0, 1}, {2, 3}, {0}, {0, 2}, {3}, {}}
	rapid.Check(t, func(t *rapid.T) {
		q := twoStages()
		r, _ := run.New(&q.Plan, now, true)
		for n := range rapid.IntRange(1, 4).Draw(t, "changes") {
			var pauses []store.Pause
			want := make([]time.Time, len(r.Steps)) // zero: not paused
			for k := range parts {
				if rapid.Bool().Draw(t, "paused") {
					p := store.Pause{Part: parts[k], Actor: fmt.Sprint("actor", k), At: now.Add(time.Duration(n) * time.Minute)}
					end := now.Add(1000 * time.Hour)
					if hours := rapid.IntRange(0, 3).Draw(t, "hours"); hours > 0 {
						p.Until = now.Add(time.Duration(hours) * time.Hour)
						end = p.Until
					}
					pauses = append(pauses, p)
					for _, i := range meant[k] {
						if end.After(want[i]) {
							want[i] = end
						}
					}
				}
			}
			for _, ev := range pausing(r, pauses, now) {
				if _, err := r.Apply(ev); err != nil {
					t.Fatal(err)
				}
			}
			if more := pausing(r, pauses, now); len(more) > 0 {
				t.Fatalf("then it wants %+v", more)
			}
			for i := range r.Steps {
				got := time.Time{}
				if p := r.Steps[i].Paused; p != nil {
					if got = p.Until; got.IsZero() {
						got = now.Add(1000 * time.Hour)
					}
				}
				if !got.Equal(want[i]) {
					t.Fatalf("step %d is paused until %s, want %s", i, got, want[i])
				}
			}
		}
	})
}
