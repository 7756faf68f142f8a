package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

func TestWhileEverythingIsFrozenNothingStarts(t *testing.T) {
	d := begin(t, 0) // nothing ever begins
	if err := d.LiftFreeze(d.ctx); !errors.Is(err, ErrNotFrozen) {
		t.Errorf("lifting none answered %v", err)
	}
	d.machine.ask()
	q := request("before", "a")
	q.Plan.Steps[0].Downstream = run.StrategyDepend
	before := d.startOf(q)
	<-d.machine.spawns
	d.check(d.SetFreeze(d.ctx, store.Freeze{Actor: "ann", Reason: "audit"}))
	d.restart()
	(<-d.machine.spawns)() // its step may start its run
	d.check(d.Pulse(d.ctx))
	if got := d.child(before.ID, 0); got != 2 {
		t.Errorf("the step stands for run %d", got)
	}
	_, _, err := d.Start(d.ctx, request("", "a"))
	var frozen *FrozenError
	if !errors.As(err, &frozen) || frozen.Freeze.Actor != "ann" || frozen.Freeze.At.IsZero() {
		t.Errorf("a start answered %v", err)
	}
	if again, known, err := d.Start(d.ctx, request("before", "a")); !known || again.ID != before.ID || err != nil {
		t.Errorf("a request that was answered before is answered with %v", err)
	}
	despite := request("", "a")
	despite.DespiteFreeze = true
	end := request("", "a")
	end.Cause = store.Cause{Source: store.BySubscription, Upstream: &store.Upstream{Run: before.ID}}
	if _, _, err := d.Start(d.ctx, end); !errors.Is(err, ErrFrozen) {
		t.Errorf("the end of a run started another: %v", err)
	}
	d.startOf(despite)
	d.check(d.LiftFreeze(d.ctx))
	d.startOf(request("", "a"))
	d.check(d.SetFreeze(d.ctx, store.Freeze{Actor: "ann", Until: d.clock.Now().Add(time.Hour)}))
	d.clock.advance(time.Hour - time.Minute)
	if _, _, err := d.Start(d.ctx, request("", "a")); !errors.Is(err, ErrFrozen) {
		t.Errorf("just before its end: %v", err)
	}
	d.clock.advance(time.Minute)
	d.startOf(request("", "a"))
	if err := d.LiftFreeze(d.ctx); !errors.Is(err, ErrNotFrozen) {
		t.Errorf("lifting one that is over answered %v", err)
	}
	d.check(d.Cancel(d.ctx, before.ID, "ann", "", false)) // and the run of its step
	d.cancelLive()
}
