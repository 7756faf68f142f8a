package engine

import (
	"errors"
	"fmt"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// among asks for a run of step a under a rule.
func among(policy config.OverlapPolicy, limit int) StartRequest {
	q := request("", "a")
	q.Overlap = config.Overlap{Policy: policy, Limit: limit}
	return q
}

func (d *daemon) status(id uint64) string {
	d.Helper()
	s := d.record(id).State
	if s.Held {
		return "held"
	}
	return string(s.Status)
}

func (d *daemon) statuses(ids ...uint64) string {
	d.Helper()
	var all []string
	for _, id := range ids {
		all = append(all, d.status(id))
	}
	return fmt.Sprint(all)
}

func TestRunsWaitForTheirTurn(t *testing.T) {
	d := begin(t, 9)
	for range 3 {
		d.startOf(among(config.OverlapQueue, 1))
	}
	if got := d.statuses(1, 2, 3); got != "[pending held held]" && got != "[running held held]" {
		t.Errorf("the runs are %s", got)
	}
	d.next("nightly/1/stage/a/1")
	d.restart()
	a := d.next("nightly/1/stage/a/1")
	d.idle()
	a.end(run.Failed)
	d.next("nightly/2/stage/a/1").end(run.Success)
	d.next("nightly/3/stage/a/1").end(run.Success)
	for id := range uint64(3) {
		d.settled(id + 1)
	}
	d.nothingIsLeft()
}

// A run is released in the commit that ends the one before it.
func TestThereIsNoMomentBetweenTheTurnsOfRuns(t *testing.T) {
	d := begin(t, 9)
	d.startOf(among(config.OverlapQueue, 1))
	d.startOf(among(config.OverlapQueue, 1))
	a := d.next("nightly/1/stage/a/1")
	d.machine.arm(0) // the engine dies with the first effect of the turn
	a.end(run.Success)
	<-d.ended
	if got := d.statuses(1, 2); got != "[success running]" {
		t.Errorf("the runs are %s", got)
	}
	d.start(-1, false)
	d.next("nightly/2/stage/a/1").end(run.Success)
	d.settled(2)
}

func TestARunThatIsBlockedKeepsItsPlace(t *testing.T) {
	d := begin(t, 9)
	q := among(config.OverlapQueue, 1)
	q.Plan.Steps[0].When = run.ByHand
	d.startOf(q)
	d.startOf(among(config.OverlapQueue, 1))
	if got := d.statuses(1, 2); got != "[manual held]" {
		t.Errorf("the runs are %s", got)
	}
	d.check(d.Cancel(d.ctx, 1, "ann", "", false))
	d.next("nightly/2/stage/a/1").end(run.Success)
	d.settled(2)
}

func TestTheHighestPriorityIsNext(t *testing.T) {
	d := begin(t, 9)
	for _, priority := range []int{0, 0, 5, 5} {
		q := among(config.OverlapQueue, 1)
		q.Priority = priority
		d.startOf(q)
	}
	for _, n := range []int{1, 3, 4, 2} {
		d.next(fmt.Sprintf("nightly/%d/stage/a/1", n)).end(run.Success)
	}
	d.settled(2)
}

func TestSubQueuesRunSideBySide(t *testing.T) {
	d := begin(t, 9)
	for _, name := range []string{"a", "b", "a", "", ""} {
		q := request("", "a")
		q.SubQueue = name
		d.startOf(q)
	}
	first := d.next("nightly/1/stage/a/1")
	for _, n := range []int{2, 4, 5} {
		d.next(fmt.Sprintf("nightly/%d/stage/a/1", n))
	}
	d.idle()
	first.end(run.Success)
	d.next("nightly/3/stage/a/1")
}

func TestARunThatIsRefusedLeavesNothing(t *testing.T) {
	for _, c := range []struct {
		policy config.OverlapPolicy
		before int
		run    uint64
		want   string
	}{
		{config.OverlapSkip, 1, 1, `run nightly/1 is running, and overlap = "skip" lets no other come meanwhile (limit 1)`},
		{config.OverlapQueueOne, 2, 2, `run nightly/2 is waiting for its turn already, and overlap = "queue_one" lets no other come meanwhile (limit 1)`},
	} {
		d := begin(t, 9)
		for range c.before {
			d.startOf(among(c.policy, 1))
		}
		d.next("nightly/1/stage/a/1")
		_, _, err := d.Start(d.ctx, among(c.policy, 1))
		var refused *OverlapError
		if !errors.Is(err, ErrOverlap) || !errors.As(err, &refused) || refused.Run.ID != c.run || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.policy, err, c.want)
		}
		v := d.store.View()
		if p, err := v.Pipeline(1); p.LastNumber != uint64(c.before) || err != nil {
			t.Errorf("%s: the last number is %d, %v", c.policy, p.LastNumber, err)
		}
		v.Close()
	}
}

func TestANewRunTakesThePlaceOfThoseBefore(t *testing.T) {
	d := begin(t, 9)
	first := d.startOf(among(config.OverlapCancel, 1))
	a := d.next("nightly/1/stage/a/1")
	second, third := d.startOf(among(config.OverlapCancel, 1)), d.startOf(among(config.OverlapCancel, 1))
	if got := d.statuses(first.ID, second.ID, third.ID); got != "[canceling canceled held]" {
		t.Errorf("the runs are %s", got)
	}
	if c := d.record(first.ID).State.Cancel; c.Run != "nightly/2" || c.Actor != "penstock" {
		t.Errorf("the first was canceled by %+v", c)
	}
	d.idle()
	a.end(run.Success)
	d.next("nightly/3/stage/a/1").end(run.Success)
	d.settled(third.ID)
	d.nothingIsLeft()
}

// One that ends already makes room: nobody else has to.
func TestARunThatEndsAlreadyIsNotReplacedAgain(t *testing.T) {
	d := begin(t, 9)
	d.startOf(among(config.OverlapCancel, 2))
	d.startOf(among(config.OverlapCancel, 2))
	first, second := d.next("nightly/1/stage/a/1"), d.next("nightly/2/stage/a/1")
	d.check(d.Cancel(d.ctx, 2, "ann", "", false))
	d.startOf(among(config.OverlapCancel, 2))
	if got := d.statuses(1, 2, 3); got != "[running canceling held]" {
		t.Errorf("the runs are %s", got)
	}
	d.idle()
	second.end(run.Success)
	d.next("nightly/3/stage/a/1")
	first.end(run.Success)
	d.settled(1)
}

// What holds for a run was said when it was created: a revision that allows any
// number of runs does not let one go on that waits.
func TestANewRevisionChangesNothingForARunThatLives(t *testing.T) {
	d := begin(t, 9)
	d.startOf(among(config.OverlapQueue, 1))
	d.startOf(among(config.OverlapQueue, 1))
	d.startOf(among(config.OverlapAllow, 0))
	d.next("nightly/1/stage/a/1").end(run.Success)
	third := d.next("nightly/3/stage/a/1")
	d.idle()
	third.end(run.Success)
	d.next("nightly/2/stage/a/1")
}

// older asks for a run that a newer one may make redundant.
func older(mode config.OnNewRun, revision uint64) StartRequest {
	q := request("", "a", "b")
	q.OnNewRun, q.Plan.Values.Revision = mode, revision
	q.Plan.Steps[0].Interruptible = true
	return q
}

func TestANewRunMakesOlderOnesRedundant(t *testing.T) {
	for _, c := range []struct {
		mode         config.OnNewRun
		runs, second string
	}{
		{config.CancelNone, "[running running pending pending pending]", "[running pending]"},
		{config.CancelConservative, "[running canceling canceled pending pending]", "[canceling canceled]"},
		{config.CancelInterruptible, "[running running running pending pending]", "[canceling pending]"},
	} {
		d := begin(t, 3)
		d.startOf(older(config.CancelNone, 1))
		d.next("nightly/1/stage/a/1")
		d.next("nightly/1/stage/b/1")
		d.startOf(older(c.mode, 1)) // its a begins, its b waits
		d.next("nightly/2/stage/a/1")
		d.startOf(older(c.mode, 1)) // the same again
		elsewhere := older(c.mode, 2)
		elsewhere.SubQueue = "other"
		d.startOf(elsewhere)
		if got := d.statuses(1, 2, 3, 4); got != "[running running pending pending]" {
			t.Errorf("%s: the runs are %s", c.mode, got)
		}
		d.startOf(older(c.mode, 2))
		if got := d.statuses(1, 2, 3, 4, 5); got != c.runs || d.steps(2) != c.second {
			t.Errorf("%s: the runs are %s, want %s; the steps of the second are %s, want %s", c.mode, got, c.runs, d.steps(2), c.second)
		}
		if whole := d.record(2).State.Cancel; whole != nil && whole.Run != "nightly/5" {
			t.Errorf("%s: the second was canceled by %+v", c.mode, whole)
		}
	}
}

// steps is how the steps of a run stand.
func (d *daemon) steps(id uint64) string {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	r, _, err := v.Restore(d.record(id))
	d.check(err)
	var all []run.Status
	for i := range r.Steps {
		all = append(all, r.Steps[i].Status)
	}
	return fmt.Sprint(all)
}

func TestTermsAreRecorded(t *testing.T) {
	d := begin(t, 0)
	q := among(config.OverlapQueueOne, 0)
	q.SubQueue, q.Priority, q.OnNewRun = "eu", 7, config.CancelConservative
	q.Plan.Values.Revision = 1
	got := d.record(d.startOf(q).ID).Terms
	fingerprint := got.Fingerprint
	got.Fingerprint = ""
	want := store.Terms{SubQueue: "eu", Priority: 7, Overlap: config.OverlapQueueOne, Limit: 1, OnNewRun: config.CancelConservative}
	if got != want || len(fingerprint) != 64 {
		t.Errorf("%+v and %q, want %+v", got, fingerprint, want)
	}
}
