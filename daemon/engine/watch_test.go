package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// heard is what a watcher with a cursor is told, and does not wait for.
func (d *daemon) heard(id, after uint64) string {
	d.Helper()
	ctx, cancel := context.WithCancel(d.ctx)
	cancel()
	n := d.Watch(ctx, id, after)
	switch {
	case !n.Live:
		return "over"
	case n.Whole:
		return "whole"
	}
	return fmt.Sprint(n.Steps)
}

func TestACursorSaysWhatIsNew(t *testing.T) {
	d := begin(t, 1)
	id := d.run("a", "b", "c").ID
	a := d.next("nightly/1/stage/a/1")
	began := d.record(id).State.Sequence
	a.end(run.Success) // and b begins
	d.next("nightly/1/stage/b/1")
	d.idle()
	now := d.record(id).State.Sequence
	for _, c := range []struct {
		what  string
		after uint64
		want  string
	}{
		{"no cursor", 0, "whole"}, {"the start", 1, "[0 1]"}, {"an old cursor", began, "[0 1]"},
		{"one before the last", now - 1, "[0 1]"}, // the turn is told as one
		{"the last", now, "[]"}, {"one to come", now + 1, "[]"},
	} {
		if got := d.heard(id, c.after); got != c.want {
			t.Errorf("%s (%d of %d): %s, want %s", c.what, c.after, now, got, c.want)
		}
	}
	if got := d.heard(99, 0); got != "over" {
		t.Errorf("a run that is none: %s", got)
	}
	d.restart()
	d.next("nightly/1/stage/b/1")
	for after, want := range map[uint64]string{0: "whole", began: "whole", now: "[]"} {
		if got := d.heard(id, after); got != want {
			t.Errorf("after a restart, at %d: %s, want %s", after, got, want)
		}
	}
}

func TestAWatcherWaitsForWhatIsNew(t *testing.T) {
	d := begin(t, 1)
	id := d.run("a", "b").ID
	a := d.next("nightly/1/stage/a/1")
	d.idle()
	news := make(chan News)
	watch := func(after uint64) { news <- d.Watch(d.ctx, id, after) }
	go watch(d.record(id).State.Sequence)
	d.idle()
	select {
	case n := <-news:
		t.Fatalf("nothing is new, and it heard %+v", n)
	default:
	}
	a.end(run.Failed)
	if n := <-news; !n.Live || n.Whole || fmt.Sprint(n.Steps, n.Stages) != "[0 1] [running]" || n.Plan.RunID != id {
		t.Errorf("it heard %+v", n)
	}
	b := d.next("nightly/1/stage/b/1")
	d.idle()
	go watch(d.record(id).State.Sequence)
	b.end(run.Success)
	if n := <-news; n.Live && fmt.Sprint(n.Steps, n.Stages) != "[1] [failed]" {
		t.Errorf("at the end it heard %+v", n)
	}
	d.settled(id)
}

// What is remembered of a run is bounded: a cursor that is older sees it whole.
func TestACursorThatIsTooOldSeesTheWholeRun(t *testing.T) {
	plan := run.Plan{Stages: []run.PlanStage{{Name: "stage"}}, Steps: []run.PlanStep{{Name: "a"}}}
	r, _ := run.New(&plan, time.Now(), false)
	l := &live{record: store.Run{ID: 1}, run: r, steps: []int{0}}
	b := newBoard()
	b.open(l)
	const beyond = 10
	for range maxEntries + beyond {
		r.State.Sequence++
		b.post(l)
	}
	for after, whole := range map[uint64]bool{1: true, beyond: true, 1 + beyond: false, maxEntries: false} {
		if n, _ := b.look(1, after); n.Whole != whole || !whole && fmt.Sprint(n.Steps) != "[0]" {
			t.Errorf("at %d it sees %+v", after, n)
		}
	}
	if n := len(b.posts[1].entries); n != maxEntries {
		t.Errorf("%d entries are kept", n)
	}
}

// A run that has changed often costs no more for each change than a young one.
func TestAPostCostsTheSameHoweverManyWereBefore(t *testing.T) {
	plan := &run.Plan{Stages: []run.PlanStage{{Name: "build"}}, Steps: []run.PlanStep{{Name: "a", Uses: "shell"}}}
	r, _ := run.New(plan, time.Time{}, false)
	b, l := newBoard(), newLive(store.Run{ID: 1}, r)
	b.open(l)
	post := func() {
		r.State.Sequence++
		b.post(l)
	}
	young := testing.AllocsPerRun(maxEntries, post)
	if old := testing.AllocsPerRun(maxEntries, post); old > young {
		t.Errorf("%g allocations for each post, %g at first", old, young)
	}
}

// Await does not wait for the log of the last attempt to be sealed.
func TestAwaitEndsWithTheRun(t *testing.T) {
	d := begin(t, 1)
	id := d.run("a", "b").ID
	a := d.next("nightly/1/stage/a/1")
	done := make(chan run.Status)
	go func() {
		d.Await(d.ctx, id, run.Status.Complete)
		done <- d.record(id).State.Status
	}()
	a.end(run.Success)
	b := d.next("nightly/1/stage/b/1")
	select {
	case <-done:
		t.Error("it ended before the run")
	default:
	}
	d.machine.mu.Lock() // nothing is sealed now
	b.joined(Report{Outcome: run.Outcome{Status: run.Failed}, LogSize: 1})
	if status := <-done; status != run.Failed {
		t.Errorf("when it ended the run was %s", status)
	}
	d.machine.mu.Unlock()
	d.Await(d.ctx, id, run.Status.Complete)
	d.Await(d.ctx, 99, run.Status.Complete)
}

func TestNobodyWaitsForAnEngineThatHasEnded(t *testing.T) {
	d := begin(t, 1)
	id := d.run("a").ID
	d.next("nightly/1/stage/a/1")
	d.idle()
	given, cancel := context.WithCancel(d.ctx)
	cancel()
	d.Await(given, id, run.Status.Complete)
	var news News
	watched, awaited := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		news = d.Watch(d.ctx, id, d.record(id).State.Sequence)
	}()
	go func() {
		defer close(awaited)
		d.Await(d.ctx, id, run.Status.Complete)
	}()
	d.end()
	<-watched
	<-awaited
	if news.Live {
		t.Errorf("the watcher heard %+v", news)
	}
	if err := d.Pulse(d.ctx); err != ErrStopping {
		t.Errorf("a call answered %v", err)
	}
	if _, err := d.Busy(); err != ErrStopping {
		t.Errorf("asked whether it is busy it answered %v", err)
	}
}
