package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
)

// Cancel asks a run to end, as the daemon does for people.
func (e *Engine) Cancel(ctx context.Context, id uint64, actor, note string, force bool) error {
	err := e.Act(ctx, id, func(_ *run.Run, now time.Time) (run.Event, error) {
		return run.Cancel{Cancellation: run.Cancellation{At: now, Actor: actor, Note: note, Force: force}}, nil
	})
	if errors.Is(err, run.ErrStale) {
		return nil
	}
	return err
}

func TestARunThatWaitsIsCanceledAtOnce(t *testing.T) {
	d := begin(t, 0)
	id := d.run("a", "b").ID
	d.check(d.Cancel(d.ctx, id, "ann", "wrong day", false))
	s := d.record(id).State
	if s.Status != run.Canceled || s.Cancel.Actor != "ann" || s.Cancel.Note != "wrong day" {
		t.Errorf("the run is %+v", s)
	}
	if got := d.journal(); got != "[]" {
		t.Errorf("the machine saw %s", got)
	}
}

func TestARunThatRunsIsStopped(t *testing.T) {
	d := begin(t, 1)
	id := d.run("a").ID
	a := d.next("nightly/1/stage/a/1")
	for _, force := range []bool{false, false, true, false} { // asking again is fine, and only force adds to it
		d.check(d.Cancel(d.ctx, id, "ann", "", force))
	}
	d.idle()
	want := `["launch nightly/1/stage/a/1 canceled=false" "stop nightly/1/stage/a/1 force=false" "stop nightly/1/stage/a/1 force=true"]`
	if got := d.journal(); got != want {
		t.Errorf("the machine saw %s", got)
	}
	if status := d.record(id).State.Status; status != run.Canceling {
		t.Errorf("before the attempt is gone the run is %s", status)
	}
	a.end(run.Success)
	if status := d.settled(id).State.Status; status != run.Canceled {
		t.Errorf("the run is %s", status)
	}
}

func TestWhatIsOverCannotBeCanceled(t *testing.T) {
	d := begin(t, 1)
	id := d.run("a").ID
	d.next("nightly/1/stage/a/1").end(run.Success)
	d.settled(id)
	for id, want := range map[uint64]error{id: run.ErrComplete, 99: ErrNotFound} {
		if err := d.Cancel(d.ctx, id, "", "", true); !errors.Is(err, want) {
			t.Errorf("cancel of run %d: %v, want %v", id, err, want)
		}
	}
	if status := d.record(id).State.Status; status != run.Success {
		t.Errorf("the run is %s", status)
	}
}

// The wish outlives the engine: an attempt that the next one finds is joined
// as canceled, so that it cannot begin any more, and stopped.
func TestACanceledAttemptIsStoppedAfterARestart(t *testing.T) {
	for _, force := range []bool{false, true} {
		d := begin(t, 1)
		id := d.run("a").ID
		d.next("nightly/1/stage/a/1")
		d.check(d.Cancel(d.ctx, id, "ann", "", force))
		d.idle()
		d.journal()
		d.restart()
		a := d.next("nightly/1/stage/a/1")
		d.idle()
		journal, _ := d.machine.take()
		if len(journal) < 2 || journal[0] != "launch nightly/1/stage/a/1 canceled=true" {
			t.Fatalf("the machine saw %q", journal)
		}
		want := "stop nightly/1/stage/a/1 force=" + map[bool]string{false: "false", true: "true"}[force]
		for _, line := range journal[1:] {
			if line != want {
				t.Errorf("the machine saw %q, want %q", line, want)
			}
		}
		a.end(run.Success)
		if status := d.settled(id).State.Status; status != run.Canceled {
			t.Errorf("the run is %s", status)
		}
	}
}

// Canceled between the commit that decided it and its launch, an attempt never
// begins.
func TestAnAttemptThatIsCanceledBeforeItsLaunchNeverBegins(t *testing.T) {
	d := begin(t, 1)
	d.machine.arm(0)
	id := d.run("a").ID
	<-d.ended
	record := d.record(id)
	view := d.store.View()
	r, _, err := view.Restore(record)
	view.Close()
	d.check(err)
	change, err := r.Apply(run.Cancel{Cancellation: run.Cancellation{Actor: "ann"}})
	d.check(err)
	record.State = r.State
	tx := d.store.Begin()
	tx.PutRun(record)
	for _, i := range change.Steps {
		tx.PutStep(id, i, r.Steps[i])
	}
	d.check(tx.Commit())
	d.start(-1, false)
	d.next("nightly/1/stage/a/1").tell()
	if status := d.settled(id).State.Status; status != run.Canceled {
		t.Errorf("the run is %s", status)
	}
	if d.machine.begun["nightly/1/stage/a/1"] {
		t.Error("it began")
	}
}
