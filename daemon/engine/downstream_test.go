package engine

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// Spawn is Spawner's: a step named child stands for a run of the steps own and,
// two levels down at most, child; one named refused has none.
func (m *machine) Spawn(at Attempt, answer func(Spawn)) {
	m.effect(func() {
		m.journal = append(m.journal, "spawn "+at.Plan.AttemptName(at.Step, at.Number))
		m.spawns <- func() { answer(spawnOf(at)) }
		if !m.asked {
			go (<-m.spawns)()
		}
	})
}

func spawnOf(at Attempt) Spawn {
	step := &at.Plan.Steps[at.Step]
	if step.Name == "refused" {
		return Spawn{Failure: run.Outcome{Status: run.Failed, FailureReason: run.LoopDetected}}
	}
	q := request("", "own")
	if deep, ok := at.Plan.Values.Inputs["deep"].(float64); ok && deep > 0 {
		q = parent(step.Downstream, deep-1)
	}
	q.Cause.Source = store.ByPipeline
	if at.Plan.Values.Inputs["inline"] == true {
		q.Cause.Source = store.ByParent
		q.Plan.Values.Inputs = map[string]any{"inline": true}
	}
	if at.Plan.Values.Inputs["cancel"] == true {
		q.SubQueue, q.Overlap = "below", config.Overlap{Policy: config.OverlapCancel}
	}
	if at.Plan.Values.Inputs["redundant"] == true {
		q.OnNewRun = config.CancelConservative
	}
	if at.Plan.Values.Inputs["manual"] == true {
		q.Plan.Steps[0].When = run.ByHand
	}
	if group, ok := at.Plan.Values.Inputs["group"].(string); ok {
		q.Plan.Steps[0].ResourceGroup = group
	}
	root := at.Plan.RunID
	if at.Cause.Upstream != nil {
		root = at.Cause.Upstream.Root
	}
	q.Cause.Upstream = &store.Upstream{Run: at.Plan.RunID, Step: at.Step, Attempt: at.Number, Root: root}
	return Spawn{Start: &q}
}

// parent is a run with a step own and a step that stands for another run, of
// the same kind as far as it goes deep.
func parent(strategy run.Strategy, deep float64) StartRequest {
	q := request("", "own", "child")
	q.Plan.Values.Inputs = map[string]any{"deep": deep}
	q.Plan.Steps[1].Downstream = strategy
	q.Plan.Steps = append(q.Plan.Steps, run.PlanStep{Name: "after", Uses: "shell", Stage: 1})
	q.Plan.Stages = append(q.Plan.Stages, run.PlanStage{Name: "later"})
	return q
}

// child is the run that the newest attempt of a step of a run stands for.
func (d *daemon) child(id uint64, step int) uint64 {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	s, err := v.Step(id, step)
	d.check(err)
	a := s.Latest()
	if a == nil || a.Downstream == nil {
		d.Fatalf("step %d of run %d stands for nothing: %+v", step, id, s)
	}
	if row, err := v.Child(id, step, a.Number); err != nil || row != a.Downstream.ID {
		d.Errorf("the index has run %d (%v), the step %d", row, err, a.Downstream.ID)
	}
	return a.Downstream.ID
}

func (d *daemon) stepStatus(id uint64, step int) run.Status {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	s, err := v.Step(id, step)
	d.check(err)
	return s.Status
}

func TestAStepTakesOverWhatItsStrategySays(t *testing.T) {
	for _, c := range []struct {
		strategy run.Strategy
		child    run.Status
		want     run.Status
	}{
		{run.StrategyNone, run.Failed, run.Success}, {run.StrategyDepend, run.Failed, run.Failed}, {run.StrategyMirror, run.Failed, run.Failed},
		{run.StrategyNone, run.Success, run.Success}, {run.StrategyDepend, run.Success, run.Success}, {run.StrategyMirror, run.Success, run.Success},
	} {
		d := begin(t, 1) // the step takes no place, or the run behind it would never have one
		d.startOf(parent(c.strategy, 0))
		launched := 3
		if c.want == run.Failed {
			launched = 2 // what comes after it does not begin
		}
		for range launched {
			at := <-d.machine.launched
			if at.name == "nightly/2/stage/own/1" {
				at.end(c.child)
			} else {
				at.end(run.Success)
			}
		}
		d.settled(2)
		d.settled(1)
		if got := d.stepStatus(1, 1); got != c.want {
			t.Errorf("%s: the run was %s, the step is %s, want %s", c.strategy, c.child, got, c.want)
		}
		if id := d.child(1, 1); id != 2 {
			t.Errorf("the step stands for run %d", id)
		}
		d.nothingIsLeft()
	}
}

func TestARefusedRunFailsItsStep(t *testing.T) {
	d := begin(t, 1)
	q := request("", "refused")
	q.Plan.Steps[0].Downstream = run.StrategyDepend
	d.startOf(q)
	d.settled(1)
	v := d.store.View()
	defer v.Close()
	s, err := v.Step(1, 0)
	if a := s.Latest(); err != nil || a.FailureReason != run.LoopDetected || a.Downstream != nil {
		t.Errorf("it ended as %+v, %v", a, err)
	}
	d.nothingIsLeft()
}

func TestACancelGoesDownAndTheEndComesUp(t *testing.T) {
	d := begin(t, 9)
	d.startOf(parent(run.StrategyDepend, 1))
	work := []*attempt{d.next("nightly/1/stage/own/1"), d.next("nightly/2/stage/own/1"), d.next("nightly/3/stage/own/1")}
	d.check(d.Cancel(d.ctx, 1, "ann", "", false))
	d.idle()
	for id := uint64(1); id <= 3; id++ {
		if s := d.record(id).State; s.Status != run.Canceling || s.Cancel.Actor != "ann" {
			t.Errorf("run %d is %s, ended by %+v", id, s.Status, s.Cancel)
		}
	}
	for _, a := range work {
		a.end(run.Success)
	}
	for id := uint64(1); id <= 3; id++ {
		if s := d.settled(id).State.Status; s != run.Canceled {
			t.Errorf("run %d ended as %s", id, s)
		}
	}
	d.nothingIsLeft()
}

// A child of its own pipeline ends with its parent even where no step waits for
// it; a run of another pipeline is left.
func TestACancelEndsChildrenThatNobodyWaitsFor(t *testing.T) {
	for _, inline := range []bool{true, false} {
		d := begin(t, 9)
		q := parent(run.StrategyNone, 0)
		q.Plan.Values.Inputs["inline"] = inline
		d.startOf(q)
		own, childs := d.next("nightly/1/stage/own/1"), d.next("nightly/2/stage/own/1")
		d.check(d.Cancel(d.ctx, 1, "ann", "", false))
		d.idle()
		if got := d.record(2).State.Status; (got == run.Canceling) != inline {
			t.Errorf("inline %v: the child is %s", inline, got)
		}
		own.end(run.Success)
		childs.end(run.Success)
		d.settled(1)
		d.settled(2)
		d.nothingIsLeft()
	}
}

// The timeout of a run ends the children that nobody waits for as a cancel does.
func TestATimeoutEndsChildrenThatNobodyWaitsFor(t *testing.T) {
	for _, inline := range []bool{true, false} {
		d := begin(t, 9)
		q := parent(run.StrategyNone, 0)
		q.Plan.Values.Inputs["inline"] = inline
		q.Plan.Timeout = time.Minute
		d.startOf(q)
		own, childs := d.next("nightly/1/stage/own/1"), d.next("nightly/2/stage/own/1")
		d.clock.advance(time.Minute)
		d.check(d.Pulse(d.ctx))
		if got := d.record(1).State; got.Status != run.Canceling || !got.TimedOut {
			t.Errorf("inline %v: the parent is %s", inline, got.Status)
		}
		if got := d.record(2).State.Status; (got == run.Canceling) != inline {
			t.Errorf("inline %v: the child is %s", inline, got)
		}
		own.end(run.Success)
		childs.end(run.Success)
		d.settled(1)
		d.settled(2)
		d.nothingIsLeft()
	}
}

func TestAParentLivesAgainWithItsChild(t *testing.T) {
	d := begin(t, 9)
	d.startOf(parent(run.StrategyMirror, 0))
	d.next("nightly/1/stage/own/1").end(run.Success)
	d.next("nightly/2/stage/own/1").end(run.Failed)
	d.settled(1)
	d.settled(2)
	if got := d.status(1); got != "failed" {
		t.Fatalf("the parent is %s", got)
	}
	d.check(d.Act(d.ctx, 2, retry(0)))
	again := d.next("nightly/2/stage/own/2")
	if got := d.stepStatus(1, 1); got != run.Running {
		t.Errorf("the step is %s while its run works again", got)
	}
	again.end(run.Success)
	d.next("nightly/1/later/after/1").end(run.Success) // what was skipped is decided anew
	d.settled(1)
	if got := d.status(1); got != "success" {
		t.Errorf("the parent is %s", got)
	}
	d.nothingIsLeft()
}

func TestARetriedStepHasAnotherRun(t *testing.T) {
	d := begin(t, 9)
	d.startOf(parent(run.StrategyDepend, 0))
	d.next("nightly/1/stage/own/1").end(run.Success)
	d.next("nightly/2/stage/own/1").end(run.Failed)
	d.settled(1)
	d.check(d.Act(d.ctx, 1, retry(1)))
	d.next("nightly/3/stage/own/1").end(run.Success)
	d.next("nightly/1/later/after/1").end(run.Success)
	d.settled(1)
	d.check(d.Act(d.ctx, 2, retry(0))) // of it nobody wants to know any more
	d.next("nightly/2/stage/own/2").end(run.Failed)
	d.settled(2)
	if got := d.status(1); got != "success" {
		t.Errorf("the parent is %s", got)
	}
	d.nothingIsLeft()
}

func TestATreeIsBounded(t *testing.T) {
	d := begin(t, 9)
	d.check(d.Update(d.ctx, func(tx *store.Tx, _ time.Time) error {
		for i := range MaxTree {
			r := store.Run{ID: uint64(5000 + i), Cause: store.Cause{Upstream: &store.Upstream{Run: 1, Step: 7, Attempt: i + 1, Root: 1}}}
			if err := tx.PutChild(r); err != nil {
				return err
			}
		}
		return nil
	}))
	d.startOf(parent(run.StrategyDepend, 0))
	d.next("nightly/1/stage/own/1").end(run.Success)
	d.settled(1)
	v := d.store.View()
	defer v.Close()
	if s, err := v.Step(1, 1); err != nil || s.Latest().FailureReason != run.TooLarge {
		t.Errorf("the step ended as %+v, %v", s.Latest(), err)
	}
}

// asked lets the answers of the Spawner wait until they are taken.
func (m *machine) ask() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = true
}

func TestARunIsAskedForOnceAndStartedOnlyWhereItIsWanted(t *testing.T) {
	d := begin(t, 9)
	d.machine.ask()
	d.startOf(parent(run.StrategyDepend, 0))
	answer := <-d.machine.spawns
	d.check(d.Pause(d.ctx, 1, store.Pause{Part: store.Part{Step: "child"}, Actor: "ann"})) // it changes the step
	d.check(d.Cancel(d.ctx, 1, "ann", "", false))
	answer()
	d.next("nightly/1/stage/own/1").end(run.Success)
	d.settled(1)
	d.idle()
	if n := len(d.machine.spawns); n != 0 {
		t.Errorf("it was asked for %d times more", n)
	}
	v := d.store.View()
	defer v.Close()
	if _, err := v.Run(2); err == nil {
		t.Error("a run was started for a step that had ended")
	}
	d.nothingIsLeft()
}

func TestARunOfAnOldRevisionIsAskedForAgain(t *testing.T) {
	d := begin(t, 9)
	d.machine.ask()
	d.startOf(parent(run.StrategyDepend, 0))
	d.next("nightly/1/stage/own/1").end(run.Success)
	d.check(d.Update(d.ctx, func(tx *store.Tx, now time.Time) error {
		p, err := tx.Pipeline(1)
		p.Revision = 2
		tx.PutPipeline(p)
		return err
	}))
	(<-d.machine.spawns)() // of revision 1
	again := <-d.machine.spawns
	d.check(d.Update(d.ctx, func(tx *store.Tx, now time.Time) error {
		p, err := tx.Pipeline(1)
		p.Revision = 1
		tx.PutPipeline(p)
		return err
	}))
	again()
	d.next("nightly/2/stage/own/1").end(run.Success)
	d.next("nightly/1/later/after/1").end(run.Success)
	d.settled(1)
	d.nothingIsLeft()
}

// A restart gives no places to steps that stand for runs, and forgets none of
// the bonds between runs: here the grandchild is tried again when all is over.
func TestBondsOutliveRestarts(t *testing.T) {
	d := begin(t, 2)
	d.startOf(parent(run.StrategyMirror, 1))
	for range 3 {
		(<-d.machine.launched).end(run.Failed)
	}
	for id := uint64(1); id <= 3; id++ {
		d.settled(id)
	}
	d.restart()
	d.check(d.Act(d.ctx, 3, retry(0)))
	a := d.next("nightly/3/stage/own/2")
	d.restart()
	if got := d.next("nightly/3/stage/own/2"); got != a {
		t.Fatal("another attempt was joined")
	}
	if l := d.Load(); l.RunningSteps != 1 || l.LiveRuns != 3 {
		t.Errorf("after the restart the load is %+v", l)
	}
	if got := fmt.Sprintf("%s %s", d.stepStatus(1, 1), d.stepStatus(2, 1)); got != "running running" {
		t.Errorf("the steps above are %s", got)
	}
	a.end(run.Success)
	d.settled(1) // its own work has failed, and so has that of its child
	if got := fmt.Sprintf("%s %s", d.stepStatus(1, 1), d.stepStatus(2, 1)); got != "failed success" {
		t.Errorf("the steps above ended as %s", got)
	}
	d.nothingIsLeft()
}

// A child is no run among those of its pipeline: it makes none of them redundant,
// keeps none waiting, and waits for none.
func TestAChildTakesNoTurn(t *testing.T) {
	d := begin(t, 9)
	q := parent(run.StrategyNone, 0)
	q.Plan.Values.Inputs["inline"] = true
	q.Plan.Steps[0].Interruptible = true
	q.Overlap, q.OnNewRun = config.Overlap{Policy: config.OverlapQueue, Limit: 1}, config.CancelInterruptible
	d.machine.ask()
	d.startOf(q)
	own := d.next("nightly/1/stage/own/1")
	(<-d.machine.spawns)()
	childs := d.next("nightly/2/stage/own/1")
	if own.end(run.Success); d.stepStatus(1, 0) == run.Canceling {
		t.Error("the child made its parent redundant")
	}
	d.next("nightly/1/later/after/1").end(run.Success)
	d.settled(1)
	q.Plan, q.OnNewRun = request("", "next").Plan, config.CancelNone
	d.startOf(q)
	next := d.next("nightly/3/stage/next/1")
	childs.end(run.Failed)
	d.settled(2)
	d.check(d.Act(d.ctx, 2, retry(0)))
	d.next("nightly/2/stage/own/2").end(run.Success)
	next.end(run.Success)
	d.settled(3)
	d.settled(2)
	d.nothingIsLeft()
}

// A child is a part of its parent: what is paused of its pipeline is not paused
// in it.
func TestAChildStandsOutsideOfTheLine(t *testing.T) {
	d := begin(t, 9)
	q := parent(run.StrategyDepend, 0)
	q.Plan.Values.Inputs["inline"] = true
	q.Overlap, q.OnNewRun = config.Overlap{Policy: config.OverlapQueue, Limit: 1}, config.CancelConservative
	d.machine.ask()
	d.startOf(q)
	d.check(d.Pause(d.ctx, 1, store.Pause{Actor: "ann"}))
	d.check(d.Pause(d.ctx, 1, store.Pause{Part: store.Part{Step: "own"}, Actor: "ann"}))
	(<-d.machine.spawns)()
	own, childs := d.next("nightly/1/stage/own/1"), d.next("nightly/2/stage/own/1")
	d.check(d.Pause(d.ctx, 1, store.Pause{Part: store.Part{Stage: "stage"}, Actor: "ann"}))
	if got := d.statuses(1, 2); got != "[running running]" {
		t.Errorf("parent and child are %s", got)
	}
	d.check(d.Resume(d.ctx, 1, store.Part{}))
	q.Plan = request("", "late").Plan
	q.OnNewRun = config.CancelNone
	if d.startOf(q); d.status(3) != "held" {
		t.Errorf("a run beside them is %s", d.status(3))
	}
	childs.end(run.Failed)
	d.check(d.Act(d.ctx, 2, retry(0)))
	d.next("nightly/2/stage/own/2").end(run.Success)
	own.end(run.Success) // not before: the parent would be over in between, and the late run let go
	d.check(d.Cancel(d.ctx, 3, "ann", "", false))
	d.next("nightly/1/later/after/1").end(run.Success)
	d.settled(1)
	d.settled(3)
	d.nothingIsLeft()
}

// A child stands in no line of runs, and in those of its resource groups like
// any other run.
func TestAChildGetsItsResourceGroup(t *testing.T) {
	d := begin(t, 9)
	q := parent(run.StrategyDepend, 0)
	q.Plan.Values.Inputs["inline"], q.Plan.Values.Inputs["group"] = true, "prod"
	q.Plan.Steps[0].ResourceGroup = "prod"
	d.machine.ask()
	d.startOf(q)
	d.next("nightly/1/stage/own/1")
	(<-d.machine.spawns)()
	d.check(d.Pulse(d.ctx))
	if got := d.statuses(1, 2); got != "[running waiting_for_resource]" {
		t.Errorf("the runs are %s", got)
	}
	d.restart()
	own := d.next("nightly/1/stage/own/1")
	own.end(run.Success)
	d.next("nightly/2/stage/own/1").end(run.Success)
	d.next("nightly/1/later/after/1").end(run.Success)
	d.settled(1)
	d.nothingIsLeft()
}

// A run that is made may end the one beside it, and with that the step that it
// is made for.
func TestARunThatEndsItsOwnStepEndsWithIt(t *testing.T) {
	d := begin(t, 9)
	d.machine.ask()
	q := request("", "a", "b")
	q.Plan.Values.Inputs = map[string]any{"manual": true, "cancel": true}
	q.Plan.Steps[0].Downstream, q.Plan.Steps[1].Downstream = run.StrategyDepend, run.StrategyDepend
	q.Plan.CancelOnFailure = true
	d.startOf(q)
	for range 2 {
		(<-d.machine.spawns)()
	}
	d.check(d.Pulse(d.ctx))
	for id, want := range map[uint64]string{1: "failed", 2: "canceled", 3: "canceled"} {
		d.settled(id)
		if got := d.status(id); got != want {
			t.Errorf("run %d is %s, want %s", id, got, want)
		}
	}
	if next := d.run("next"); next.ID != 4 {
		t.Errorf("the next run is %d", next.ID)
	}
	d.next("nightly/4/stage/next/1").end(run.Success)
	d.settled(4)
	d.nothingIsLeft()
}

// With one run that a new one ends another may end, for which it was to end too.
func TestRunsThatEndTogetherForANewOneEndOnce(t *testing.T) {
	for name, newer := range map[string]func(*StartRequest){
		"redundant":   func(q *StartRequest) { q.Plan.Values.Inputs = map[string]any{"other": true} },
		"overlapping": func(q *StartRequest) { q.Overlap = config.Overlap{Policy: config.OverlapCancel} },
	} {
		t.Run(name, func(t *testing.T) {
			d := begin(t, 9)
			d.machine.ask()
			q := request("", "a", "b")
			q.Plan.Values.Inputs = map[string]any{"manual": true, "redundant": true}
			q.Plan.Steps[0].Downstream, q.Plan.Steps[1].Downstream = run.StrategyDepend, run.StrategyDepend
			q.Plan.CancelOnFailure = true
			d.startOf(q)
			for range 2 {
				(<-d.machine.spawns)()
			}
			if d.check(d.Pulse(d.ctx)); d.statuses(1, 2, 3) != "[running manual manual]" {
				t.Fatalf("the runs are %s", d.statuses(1, 2, 3))
			}
			q = request("", "new")
			newer(&q)
			d.startOf(q)
			for id := uint64(1); id <= 3; id++ {
				if got := d.settled(id).State.Status; got != run.Canceled && (id > 1 || got != run.Failed) {
					t.Errorf("run %d is %s", id, got)
				}
			}
			d.next("nightly/4/stage/new/1").end(run.Success)
			d.settled(4)
			d.nothingIsLeft()
		})
	}
}

// Parent, child and grandchild, while the engine dies before and after each
// effect in turn: each step has one run, and all of them end well.
func TestEveryStepHasOneRunWhateverDies(t *testing.T) {
	for _, late := range []bool{false, true} {
		d := begin(t, 9)
		deaths, first := 0, uint64(1)
		for fuse := 0; deaths == fuse; fuse++ {
			d.end()
			d.start(fuse, late)
			q := parent(run.StrategyDepend, 1)
			q.Key = fmt.Sprint("fuse ", fuse)
			for {
				record, _, err := d.Start(d.ctx, q)
				if err == nil {
					first = record.ID
					break
				}
				d.revive(&deaths)
			}
			for d.Pulse(d.ctx) != nil || d.Load().LiveRuns > 0 || d.machine.holds() {
				if errors.Is(d.Pulse(d.ctx), ErrStopping) {
					d.revive(&deaths)
				}
				d.machine.workAll()
			}
			if d.machine.disarm() {
				d.revive(&deaths)
			}
			if last := d.child(d.child(first, 1), 1); last != first+2 {
				t.Errorf("after %d deaths the grandchild of run %d is %d", deaths, first, last)
			}
			for id := first; id < first+3; id++ {
				if got := d.record(id).State.Status; got != run.Success {
					t.Errorf("after %d deaths run %d is %s", deaths, id, got)
				}
			}
		}
		if deaths < 10 {
			t.Errorf("the engine died at %d effects only", deaths)
		}
		d.nothingIsLeft()
	}
}

func (d *daemon) revive(deaths *int) {
	d.end()
	d.check(d.err)
	*deaths++
	d.start(-1, false)
}

// disarm lets the engine live, and reports whether it is too late for that.
func (m *machine) disarm() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fuse = -1
	return m.dead
}

// workAll ends every attempt that the engine has heard of.
func (m *machine) workAll() {
	m.mu.Lock()
	all := m.list(func(a *attempt) bool { return a.joined != nil && !a.told })
	m.mu.Unlock()
	for _, a := range all {
		a.end(run.Success)
	}
}
