package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// endings are the ends that are still to be told: run, status.
func (d *daemon) endings() string {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	var all []string
	for e, err := range v.Endings() {
		d.check(err)
		record := d.record(e.Run)
		if e.Pipeline != record.Pipeline || !e.FinishedAt.Equal(record.State.FinishedAt) {
			d.Errorf("%+v is told of %+v", e, record)
		}
		all = append(all, fmt.Sprint(e.Run, " ", e.Status))
	}
	return strings.Join(all, ", ")
}

func TestEndsThatTriggersWaitForAreKept(t *testing.T) {
	d := begin(t, 1)
	ends := func(q StartRequest, as run.Status) {
		record := d.startOf(q)
		if !record.State.Status.Complete() {
			(<-d.machine.launched).end(as)
		}
		d.settled(record.ID)
	}
	ends(request("", "a"), run.Success) // nobody waits yet
	d.trigger(store.Trigger{Name: "after", Kind: config.AfterPipeline, After: &config.After{Pipeline: "nightly"}})
	ends(request("", "a"), run.Success)
	ends(request("", "a"), run.Failed)
	inline := request("", "a")
	inline.Cause.Source = store.ByParent
	ends(inline, run.Success)
	skipped := request("", "a")
	skipped.Skip = true
	ends(skipped, "")
	d.restart()
	if got, want := d.endings(), "2 success, 3 failed, 5 skipped"; got != want {
		t.Errorf("the ends are %s, want %s", got, want)
	}
	d.check(d.Act(d.ctx, 3, retry(0)))
	(<-d.machine.launched).end(run.Success)
	d.settled(3)
	v := d.store.View()
	defer v.Close()
	var of []run.Status
	for e, err := range v.Endings() {
		d.check(err)
		if e.Run == 3 {
			of = append(of, e.Status)
		}
	}
	if got := fmt.Sprint(of); got != "[failed success]" {
		t.Errorf("a run that ended twice has the ends %s", got)
	}
}

// What still happens to a run after its end is no other end: its sealing in
// another life of the engine, the erasure of its log.
func TestAnEndIsToldOnce(t *testing.T) {
	d := begin(t, 1)
	d.trigger(store.Trigger{Name: "after", Kind: config.AfterPipeline, After: &config.After{Pipeline: "nightly"}})
	record := d.run("a", "b")
	(<-d.machine.launched).end(run.Success)
	b := <-d.machine.launched // its log is sealed, that of a is not worth it
	d.machine.awaitSweep()
	d.machine.arm(0)
	b.end(run.Success)
	<-d.ended
	if r := d.record(record.ID); r.State.Status != run.Success || d.endings() != "1 success" {
		t.Fatalf("before its log was sealed: %+v, the ends are %s", r.State, d.endings())
	}
	d.tellEnds()
	d.start(-1, false)
	d.settled(record.ID)
	d.check(d.Act(d.ctx, record.ID, func(_ *run.Run, now time.Time) (run.Event, error) {
		return run.Erase{Step: b.Step, At: now}, nil
	}))
	d.settled(record.ID)
	if got := d.endings(); got != "" {
		t.Errorf("it is told again: %s", got)
	}
}

// tellEnds removes the ends, as who was told of them does; no engine runs.
func (d *daemon) tellEnds() {
	d.Helper()
	tx := d.store.Begin()
	defer tx.Discard()
	for e, err := range tx.Endings() {
		d.check(err)
		tx.RemoveEnding(e)
	}
	d.check(tx.Commit())
}

func TestTheBellRingsOnceTheEndIsThere(t *testing.T) {
	d := begin(t, 1)
	d.trigger(store.Trigger{Name: "after", Kind: config.AfterPipeline, After: &config.After{Pipeline: "nightly"}})
	d.end()
	rung := make(chan string, 9)
	d.bell = func() { rung <- d.endings() }
	d.start(-1, false)
	d.run("a")
	(<-d.machine.launched).end(run.Success)
	if got := <-rung; got != "1 success" {
		t.Errorf("when the bell rang there was %q", got)
	}
}

// A run that is skipped is over at once, waits for nobody and is in nobody's
// way.
func TestARunThatIsSkipped(t *testing.T) {
	d := begin(t, 1)
	first := request("", "a")
	first.OnNewRun = config.CancelInterruptible
	first.Plan.Steps[0].Interruptible = true
	d.startOf(first)
	a := <-d.machine.launched
	q := request("", "a", "b", "c", "d")
	q.Plan.Stages = append(q.Plan.Stages, run.PlanStage{Name: "last"})
	for i, when := range []run.When{run.OnSuccess, run.OnFailure, run.ByHand, run.Always} {
		q.Plan.Steps[i].When = when
	}
	q.Plan.Steps[3].Stage, q.Plan.Steps[1].HasNeeds, q.Plan.Steps[1].Needs = 1, true, []int{0}
	q.Skip, q.Name, q.Labels = true, "spared", map[string]string{"team": "db"}
	q.Overlap = config.Overlap{Policy: config.OverlapSkip, Limit: 1}
	record := d.startOf(q)
	if record.State.Status != run.Skipped || record.State.FinishedAt.IsZero() {
		t.Errorf("its state is %+v", record.State)
	}
	d.restart()
	if got := d.settled(record.ID); got.Name != "spared" || got.Labels["team"] != "db" || got.Number != 2 || got.State.Status != run.Skipped {
		t.Errorf("it is recorded as %+v", got)
	}
	if s := d.record(1).State; s.Status != run.Running {
		t.Errorf("the other run is %s", s.Status)
	}
	d.next(a.name).end(run.Success)
	d.settled(1)
	d.nothingIsLeft()
	if q.Plan.Steps[0].Skip != "" {
		t.Error("the plan of the caller was changed")
	}
}
