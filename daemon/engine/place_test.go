package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
)

func TestPlacesAreFilledAndUsedAgain(t *testing.T) {
	d := begin(t, 2)
	id := d.run("a", "b", "c", "d").ID
	a, b := d.next("nightly/1/stage/a/1"), d.next("nightly/1/stage/b/1")
	d.idle()
	if l := d.Load(); l != (Load{LiveRuns: 1, RunningSteps: 2, PendingSteps: 2, MaxRunning: 2}) {
		t.Errorf("the load is %+v", l)
	}
	b.end(run.Failed)
	c := d.next("nightly/1/stage/c/1")
	d.idle()
	b.tell() // again: that frees no place
	d.idle()
	a.end(run.Success)
	last := d.next("nightly/1/stage/d/1")
	c.end(run.Success)
	last.end(run.Success)
	if status := d.settled(id).State.Status; status != run.Failed {
		t.Errorf("the run is %s", status)
	}
	if l := d.Load(); l != (Load{MaxRunning: 2}) {
		t.Errorf("the load of nothing is %+v", l)
	}
}

func TestPlacesThatAreTakenAreCountedAfterARestart(t *testing.T) {
	d := begin(t, 2)
	d.run("a", "b", "c")
	d.next("nightly/1/stage/a/1")
	d.next("nightly/1/stage/b/1")
	d.restart()
	first, second := <-d.machine.launched, <-d.machine.launched
	d.idle()
	first.end(run.Success)
	d.next("nightly/1/stage/c/1")
	second.end(run.Success)
	d.idle()
}

func TestTheNumberOfPlacesCanChange(t *testing.T) {
	d := begin(t, 3)
	d.check(d.Configure(d.ctx, Settings{MaxRunning: 1}))
	d.run("a", "b", "c", "d")
	a := d.next("nightly/1/stage/a/1")
	d.idle()
	d.check(d.Configure(d.ctx, Settings{MaxRunning: 3}))
	b, c := d.next("nightly/1/stage/b/1"), d.next("nightly/1/stage/c/1")
	d.check(d.Configure(d.ctx, Settings{MaxRunning: 1}))
	a.end(run.Success)
	b.end(run.Success)
	d.idle()
	c.end(run.Success)
	d.next("nightly/1/stage/d/1")
}

func TestALargeRunDoesNotHoldUpASmallOne(t *testing.T) {
	d := begin(t, 1)
	var steps []string
	for i := range 100 {
		steps = append(steps, fmt.Sprint("s", i))
	}
	d.run(steps...)
	at := d.next("nightly/1/stage/s0/1")
	d.run("a", "b")
	for _, name := range []string{"1/stage/s1", "2/stage/a", "1/stage/s2", "2/stage/b", "1/stage/s3"} {
		at.end(run.Success)
		at = d.next("nightly/" + name + "/1")
	}
}

// A run whose steps are canceled while they wait for their turn leaves the
// turn to others.
func TestCanceledStepsDoNotTakePlaces(t *testing.T) {
	d := begin(t, 1)
	d.run("a", "b", "c")
	a := d.next("nightly/1/stage/a/1")
	d.run("d")
	d.check(d.Cancel(d.ctx, 1, "ann", "", false))
	a.end(run.Success)
	d.next("nightly/2/stage/d/1").end(run.Success)
	if s := d.settled(1).State; s.Status != run.Canceled || s.Cancel.Actor != "ann" {
		t.Errorf("the run is %+v", s)
	}
	d.settled(2)
}

func TestWhatIsOwed(t *testing.T) {
	d := begin(t, 1)
	d.run("a", "b", "c")
	d.next("nightly/1/stage/a/1").end(run.Success)
	d.next("nightly/1/stage/b/1")
	d.end()
	d.start(-1, false)
	d.next("nightly/1/stage/b/1")
	d.end()
	for _, c := range []struct {
		run     uint64
		step    string
		attempt int
		want    bool
	}{
		{1, "a", 1, false}, {1, "b", 1, true}, {1, "b", 2, false}, {1, "b", 0, false}, {1, "b", -1, false},
		{1, "c", 1, false}, {1, "z", 1, false}, {2, "a", 1, false},
	} {
		if got := d.Owes(c.run, c.step, c.attempt); got != c.want {
			t.Errorf("owes %d.%s.%d: %v", c.run, c.step, c.attempt, got)
		}
	}
}

// A step that could begin, was canceled, and is tried again behind its run's
// own limit, waits for another: its former turn is nobody's.
func TestATurnThatWasGivenUpIsNotTaken(t *testing.T) {
	d := begin(t, 1)
	d.run("first")
	first := d.next("nightly/1/stage/first/1")
	q := request("", "a", "b")
	q.Plan.MaxParallel = 1
	d.startOf(q)
	d.check(d.Act(d.ctx, 2, func(_ *run.Run, now time.Time) (run.Event, error) {
		return run.Cancel{Cancellation: run.Cancellation{At: now}, Steps: []int{0}}, nil
	}))
	d.check(d.Act(d.ctx, 2, retry(0)))
	first.end(run.Success)
	d.next("nightly/2/stage/b/1").end(run.Success)
	d.next("nightly/2/stage/a/1").end(run.Success)
	d.settled(2)
	d.nothingIsLeft()
}
