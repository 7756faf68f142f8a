package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// tally takes down what it is told.
type tally struct{ told []string }

func (o *tally) RunStarted(pipeline, source string) {
	o.told = append(o.told, "started "+pipeline+" "+source)
}

func (o *tally) RunEnded(pipeline, status string, startedAt, finishedAt time.Time) {
	o.told = append(o.told, fmt.Sprint("ended ", pipeline, " ", status, " ", !startedAt.IsZero(), " ", !finishedAt.IsZero()))
}

func (o *tally) Ticked(decision string, count int, late time.Duration) {
	o.told = append(o.told, fmt.Sprint("ticked ", decision, " ", count, " ", late))
}

// told is what an observer was told, in its turn.
func (d *daemon) told(o *tally) (all []string) {
	d.Helper()
	d.check(d.ask(d.ctx, func(*turn) error {
		all = slices.Clone(o.told)
		return nil
	}))
	return all
}

// listens gives the engine an observer.
func (d *daemon) listens(o *tally) {
	d.Helper()
	d.check(d.ask(d.ctx, func(t *turn) error {
		t.observer = o
		return nil
	}))
}

func TestAnObserverHearsOfEachBeginningAndEachEnd(t *testing.T) {
	o := &tally{}
	d := begin(t, 1)
	d.listens(o)
	d.run("a")
	d.next("nightly/1/stage/a/1").end(run.Success)
	d.idle()
	id := d.run("b").ID
	d.next("nightly/2/stage/b/1")
	d.restart() // a run that is brought back is not started again
	d.listens(o)
	d.next("nightly/2/stage/b/1").end(run.Failed)
	d.idle()
	d.check(d.Act(d.ctx, id, retry(0)))
	d.next("nightly/2/stage/b/2").end(run.Success)
	d.idle()
	want := []string{
		"started nightly ", "ended nightly success true true", "started nightly ", "ended nightly failed true true",
		"ended nightly success true true",
	}
	if got := d.told(o); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func TestAnObserverHearsOfDecisionsThatNobodyWaitsFor(t *testing.T) {
	d := begin(t, 1)
	o := &tally{}
	d.listens(o)
	d.evening()
	ctx, leave := context.WithCancel(d.ctx)
	leave()
	if _, err := d.Fire(ctx, []Firing{d.instant(1)}); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	d.check(d.Pulse(d.ctx)) // the turn of the firing, or one after it, is over
	if all := d.told(o); len(all) != 2 || !strings.HasPrefix(all[1], "ticked fired 1 ") {
		t.Errorf("told %q", all)
	}
}

func TestAnObserverHearsOfDecisions(t *testing.T) {
	o := &tally{}
	e := &Engine{observer: o}
	at := time.Unix(100, 0)
	e.ticked([]Fired{
		{Tick: store.Tick{Decision: schedule.Fired, Run: 7, At: at, DecidedAt: at.Add(time.Second)}},
		{Tick: store.Tick{Decision: schedule.CaughtUp, Run: 7, At: at, DecidedAt: at.Add(time.Hour), Subject: "backfill/1"}},
		{Err: ErrFired, Tick: store.Tick{Decision: schedule.Fired, Run: 7}},
		{Tick: store.Tick{Decision: schedule.Dropped, Count: 12}},
		{Tick: store.Tick{Decision: schedule.Dropped, Count: -10_001}},
	})
	if want := []string{"ticked fired 1 1s", "ticked caught_up 1 -1ns", "ticked dropped 12 -1ns", "ticked dropped 10001 -1ns"}; !slices.Equal(o.told, want) {
		t.Errorf("told %q, want %q", o.told, want)
	}
}
