package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// background does something of which the answer comes later.
func background(do func() error) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- do() }()
	return answer
}

// awaitDeletion waits until the engine was told to delete.
func (d *daemon) awaitDeletion() {
	d.Helper()
	for marked := false; !marked; {
		d.check(d.ask(d.ctx, func(t *turn) error {
			marked = len(t.deleting) > 0
			return nil
		}))
	}
}

func TestARunIsKilledBeforeItIsDeleted(t *testing.T) {
	d := begin(t, 1)
	d.startOf(request("", "a", "b"))
	a := d.next("nightly/1/stage/a/1")
	if err := d.DeleteRun(d.ctx, 1, "ann", false); !errors.Is(err, ErrLive) || err.Error() != "run nightly/1 is running: not over yet" {
		t.Errorf("without force: %v", err)
	}
	answer := background(func() error { return d.DeleteRun(d.ctx, 1, "ann", true) })
	d.awaitDeletion()
	if err := d.Act(d.ctx, 1, retry(1)); !errors.Is(err, ErrDeleting) { // b was canceled
		t.Errorf("a retry meanwhile: %v", err)
	}
	if s := d.record(1).State; s.Status != run.Canceling || !s.Cancel.Force || s.Cancel.Actor != "ann" {
		t.Errorf("meanwhile it is %+v", s)
	}
	select {
	case err := <-answer:
		t.Fatalf("it was deleted while its process lived: %v", err)
	default:
	}
	a.end(run.Success)
	d.check(<-answer)
	if err := d.DeleteRun(d.ctx, 1, "ann", true); !errors.Is(err, ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	d.nothingIsLeft()
}

func TestAPipelineIsDeletedWithItsRuns(t *testing.T) {
	d := begin(t, 1)
	d.over(request("", "a"), run.Success)
	d.startOf(request("", "a"))
	d.startOf(request("", "a"))
	a := d.next("nightly/2/stage/a/1")
	if _, err := d.DeletePipeline(d.ctx, 1, "ann", false); !errors.Is(err, ErrLive) {
		t.Errorf("without force: %v", err)
	}
	var runs []uint64
	answer := background(func() (err error) {
		runs, err = d.DeletePipeline(d.ctx, 1, "ann", true)
		return err
	})
	d.awaitDeletion()
	for what, err := range map[string]error{
		"start": func() error { _, _, err := d.Start(d.ctx, request("", "a")); return err }(),
		"retry": d.Act(d.ctx, 1, retry(0)),
	} {
		if !errors.Is(err, ErrDeleting) {
			t.Errorf("a %s meanwhile: %v", what, err)
		}
	}
	d.idle()
	a.end(run.Success)
	d.check(<-answer)
	slices.Sort(runs)
	if fmt.Sprint(runs) != "[1 2 3]" {
		t.Errorf("runs %v were deleted", runs)
	}
	if _, _, err := d.Start(d.ctx, request("", "a")); !errors.Is(err, ErrNotFound) {
		t.Errorf("a start afterwards: %v", err)
	}
	d.nothingIsLeft()
}

// Who gives up leaves the run canceled, and free to be tried again.
func TestADeletionThatIsGivenUpDeletesNothing(t *testing.T) {
	d := begin(t, 1)
	d.startOf(request("", "a"))
	a := d.next("nightly/1/stage/a/1")
	ctx, giveUp := context.WithCancel(d.ctx)
	answer := background(func() error { return d.DeleteRun(ctx, 1, "ann", true) })
	d.awaitDeletion()
	giveUp()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("it answered %v", err)
	}
	a.end(run.Success)
	if status := d.settled(1).State.Status; status != run.Canceled {
		t.Errorf("the run is %s", status)
	}
	d.nothingIsLeft()
	d.check(d.Act(d.ctx, 1, retry(0)))
	d.next("nightly/1/stage/a/2")
}

// A run that is over and whose logs are being sealed is waited for.
func TestARunThatIsBeingSealedIsDeletedAfterwards(t *testing.T) {
	d := begin(t, 1)
	d.startOf(request("", "a"))
	a := d.next("nightly/1/stage/a/1")
	d.idle()
	d.machine.mu.Lock() // nothing is sealed now
	a.ended, a.told = true, true
	a.joined(Report{Outcome: run.Outcome{Status: run.Success}, LogSize: 1})
	d.until(1, func(s run.State) bool { return s.Status == run.Success })
	answer := background(func() error { return d.DeleteRun(d.ctx, 1, "ann", false) })
	d.awaitDeletion()
	d.machine.mu.Unlock()
	d.check(<-answer)
	d.nothingIsLeft()
}

func TestADeletionEndsWithTheEngine(t *testing.T) {
	d := begin(t, 1)
	d.startOf(request("", "a"))
	d.next("nightly/1/stage/a/1")
	answer := background(func() error { return d.DeleteRun(d.ctx, 1, "ann", true) })
	d.awaitDeletion()
	d.end()
	if err := <-answer; !errors.Is(err, ErrStopping) {
		t.Errorf("it answered %v", err)
	}
	d.start(-1, false)
	d.next("nightly/1/stage/a/1").end(run.Success)
	if status := d.settled(1).State.Status; status != run.Canceled {
		t.Errorf("the run is %s", status)
	}
}

// A ledger may be long: it goes in several turns, and only where the pipeline
// does.
func TestAPipelineIsDeletedWithItsLedgers(t *testing.T) {
	d := begin(t, 0)
	d.evening()
	const long = 1200
	d.check(d.Update(d.ctx, func(tx *store.Tx, now time.Time) error {
		for n := range long {
			tx.PutTick(store.Tick{Pipeline: 1, Trigger: fmt.Sprint("t", n%3), At: now.Add(time.Duration(n))})
		}
		tx.PutTick(store.Tick{Pipeline: 2, Trigger: "t0", At: now})
		return nil
	}))
	ledgers := func() (all []store.Ledger) {
		v := d.store.View()
		defer v.Close()
		for l, err := range v.Ledgers(0) {
			d.check(err)
			all = append(all, l)
		}
		return all
	}
	live := d.run("a")
	if _, err := d.DeletePipeline(d.ctx, 1, "ann", false); !errors.Is(err, ErrLive) || len(ledgers()) != 4 {
		t.Errorf("a deletion that was refused: %v, %v", err, ledgers())
	}
	d.check(d.Cancel(d.ctx, live.ID, "ann", "", false))
	_, err := d.DeletePipeline(d.ctx, 1, "ann", false)
	d.check(err)
	if got := ledgers(); len(got) != 1 || got[0].Pipeline != 2 {
		t.Errorf("the ledgers %v are left", got)
	}
	if became := d.fire(d.instant(1)); !errors.Is(became[0].Err, ErrNotFound) {
		t.Errorf("an instant of it: %+v", became[0])
	}
}
