package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// trigger puts a trigger of pipeline 1.
func (d *daemon) trigger(t store.Trigger) {
	d.Helper()
	t.Pipeline = 1
	d.check(d.Update(d.ctx, func(tx *store.Tx, _ time.Time) error { return tx.PutTrigger(t) }))
}

// evening is the trigger of most tests.
func (d *daemon) evening() {
	d.Helper()
	d.trigger(store.Trigger{
		Name: "evening", Kind: config.OnSchedule, Rule: &schedule.Rule{Expression: "@hourly"},
		Mark: schedule.Mark{Through: tonight, Anchor: tonight, BootID: "old"},
	})
}

// tonight is when evening was last accounted for.
var tonight = time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)

// instant is a firing of evening that starts a run, so many hours after tonight.
func (d *daemon) instant(hours int) Firing {
	at := tonight.Add(time.Duration(hours) * time.Hour)
	start := request("", "a")
	start.Cause = store.Cause{Source: store.BySchedule, Trigger: "evening", ScheduledAt: at}
	return Firing{
		Tick: store.Tick{Pipeline: 1, Trigger: "evening", At: at, Decision: schedule.Fired, Revision: 1},
		Mark: &schedule.Mark{Through: at, BootID: "boot"}, Start: &start,
	}
}

// fire fires all and gives what is recorded of the first.
func (d *daemon) fire(all ...Firing) []Fired {
	d.Helper()
	became, err := d.Fire(d.ctx, all)
	d.check(err)
	if len(became) != len(all) {
		d.Fatalf("%d answers to %d firings", len(became), len(all))
	}
	return became
}

// ledger is the record of evening's: its ticks as decision, reason and run,
// newest first.
func (d *daemon) ledger() string {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	var rows []string
	for tick, err := range v.Ticks(1, "evening", "") {
		d.check(err)
		rows = append(rows, strings.TrimSpace(fmt.Sprintf("%s %s %d", tick.Decision, tick.Reason, tick.Run)))
	}
	return strings.Join(rows, ", ")
}

func (d *daemon) mark() schedule.Mark {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	t, err := v.Trigger(1, "evening")
	d.check(err)
	return t.Mark
}

func TestAnInstantItsRunAndItsMarkAreOne(t *testing.T) {
	d := begin(t, 0) // nothing ever begins
	d.evening()
	now := d.clock.Now()
	dropped := d.instant(2)
	dropped.Start, dropped.Tick.Decision, dropped.Tick.Reason = nil, schedule.Dropped, schedule.TooOld
	became := d.fire(d.instant(1), dropped, d.instant(3))
	for i, want := range []uint64{1, 0, 2} {
		if became[i].Err != nil || became[i].Run.ID != want || became[i].Tick.Run != want || became[i].Tick.DecidedAt.Sub(now) > time.Second {
			t.Errorf("firing %d became %+v", i, became[i])
		}
	}
	d.restart()
	if got, want := d.ledger(), "fired  2, dropped too_old 0, fired  1"; got != want {
		t.Errorf("the ledger is %s, want %s", got, want)
	}
	if got, want := d.mark(), (schedule.Mark{Through: tonight.Add(3 * time.Hour), Anchor: tonight, BootID: "boot"}); got != want {
		t.Errorf("the mark is %+v, want %+v", got, want)
	}
	if c := d.record(2).Cause; c.Trigger != "evening" || !c.ScheduledAt.Equal(tonight.Add(3*time.Hour)) {
		t.Errorf("the cause is %+v", c)
	}
	d.cancelLive()
}

func TestAnInstantIsDecidedOnce(t *testing.T) {
	d := begin(t, 0)
	d.evening()
	first := d.fire(d.instant(1), d.instant(1))
	if first[0].Err != nil || !errors.Is(first[1].Err, ErrFired) || first[1].Tick.Run != 1 || first[1].Run.ID != 0 {
		t.Errorf("twice in one turn: %+v", first)
	}
	d.restart()
	again := d.instant(1)
	again.Mark.Through = again.Mark.Through.Add(time.Hour)
	if became := d.fire(again); !errors.Is(became[0].Err, ErrFired) || became[0].Tick.Run != 1 {
		t.Errorf("in another life: %+v", became)
	}
	if got := d.ledger(); got != "fired  1" {
		t.Errorf("the ledger is %s", got)
	}
	if got := d.mark().Through; !got.Equal(again.Mark.Through) {
		t.Errorf("the mark is at %s", got)
	}
	play := d.instant(1)
	play.Tick.Subject, play.Mark = "play", nil
	if became := d.fire(play); became[0].Err != nil || became[0].Run.ID != 2 {
		t.Errorf("another subject of the instant: %+v", became)
	}
	d.cancelLive()
}

func TestAMarkNeverGoesBack(t *testing.T) {
	d := begin(t, 2)
	d.evening()
	early := d.instant(-1)
	early.Start = nil
	d.fire(early)
	if got := d.mark(); !got.Through.Equal(tonight) || got.BootID != "boot" || !got.Anchor.Equal(tonight) {
		t.Errorf("the mark is %+v", got)
	}
}

func TestARefusedStartLeavesItsReason(t *testing.T) {
	until := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		reason  schedule.Reason
		message string
		err     error
		before  func(d *daemon, f *Firing) error
		over    func(d *daemon) error
	}{
		{"a run is not over", schedule.Overlap, `run nightly/1 is pending, and overlap = "skip"`, ErrOverlap, func(d *daemon, f *Firing) error {
			f.Start.Overlap = config.Overlap{Policy: config.OverlapSkip, Limit: 1}
			_, _, err := d.Start(d.ctx, request("", "a"))
			return err
		}, func(d *daemon) error { return d.Cancel(d.ctx, 1, "ann", "", false) }},
		{"the pipeline is paused", schedule.Paused, "the pipeline is paused by ann since", ErrPaused, func(d *daemon, _ *Firing) error {
			return d.Pause(d.ctx, 1, store.Pause{Actor: "ann"})
		}, func(d *daemon) error { return d.Resume(d.ctx, 1, store.Part{}) }},
		{"the trigger is paused", schedule.Paused, `trigger "evening" is paused by ann since`, ErrPaused, func(d *daemon, _ *Firing) error {
			return d.PauseTrigger(d.ctx, 1, "evening", store.Pause{Actor: "ann", Until: until})
		}, func(d *daemon) error { return d.ResumeTrigger(d.ctx, 1, "evening") }},
		{"everything is frozen", schedule.Frozen, "everything is frozen by ann since 2026-03-01T02:30:00Z until 2030-01-01T00:00:00Z: audit", ErrFrozen, func(d *daemon, _ *Firing) error {
			return errors.Join(d.Pause(d.ctx, 1, store.Pause{Actor: "bob"}), d.SetFreeze(d.ctx, store.Freeze{Actor: "ann", Until: until, Reason: "audit"}))
		}, func(d *daemon) error { return errors.Join(d.LiftFreeze(d.ctx), d.Resume(d.ctx, 1, store.Part{})) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := begin(t, 0) // nothing ever begins
			d.evening()
			patient := d.instant(1)
			d.check(c.before(d, &patient))
			skipped := patient
			patient.Patient = true
			if became := d.fire(patient); !errors.Is(became[0].Err, c.err) || d.ledger() != "" || d.mark().BootID != "old" {
				t.Errorf("with patience: %+v, the ledger is %s", became[0], d.ledger())
			}
			became := d.fire(skipped)[0]
			if became.Err != nil || became.Tick.Decision != schedule.Skipped || became.Tick.Reason != c.reason || !strings.Contains(became.Tick.Message, c.message) {
				t.Errorf("without: %+v", became)
			}
			d.check(c.over(d))
			later := d.instant(2)
			later.Start.Overlap = skipped.Start.Overlap
			if became := d.fire(later)[0]; became.Err != nil || became.Tick.Decision != schedule.Fired || became.Run.ID == 0 {
				t.Errorf("afterwards: %+v", became)
			}
			d.cancelLive()
		})
	}
}

// cancelLive cancels what lives, so that nothing is left at the end of a test.
func (d *daemon) cancelLive() {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	ids, err := v.Live()
	d.check(err)
	for _, id := range ids {
		d.check(d.Cancel(d.ctx, id, "ann", "", false))
	}
}

func TestWhatCannotBeDecidedLeavesNothing(t *testing.T) {
	d := begin(t, 2)
	d.evening()
	gone, other, old, stale := d.instant(1), d.instant(1), d.instant(1), d.instant(1)
	gone.Tick.Trigger = "morning"
	other.Tick.Pipeline = 9
	old.Tick.Revision = 0
	stale.Start.Revision = 0
	keyless, last := d.instant(1), d.instant(2)
	keyless.Start.TriggerKey = "0a"
	became := d.fire(gone, other, old, stale, keyless, last)
	for i, want := range []error{ErrNotFound, ErrNotFound, ErrRevision, ErrRevision, ErrNotFound, nil} {
		if !errors.Is(became[i].Err, want) || want != nil && became[i].Tick.Decision != "" {
			t.Errorf("firing %d became %+v, want %v", i, became[i], want)
		}
	}
	if got := d.ledger(); got != "fired  1" || became[5].Run.Number != 1 {
		t.Errorf("the ledger is %s, the run %+v", got, became[5].Run)
	}
	(<-d.machine.launched).end(run.Success)
}

func TestWhatIsAskedForByHandDoesNotMindThePauseOfItsTrigger(t *testing.T) {
	d := begin(t, 2)
	d.evening()
	d.check(d.PauseTrigger(d.ctx, 1, "evening", store.Pause{Actor: "ann"}))
	play := d.instant(0)
	play.Tick.Actor = "bob"
	if became := d.fire(play); became[0].Err != nil || became[0].Run.ID != 1 {
		t.Fatalf("%+v", became[0])
	}
	(<-d.machine.launched).end(run.Success)
}

// backfill makes one of evening's next hours.
func (d *daemon) backfill(instants int) (f func(index int) Firing) {
	d.Helper()
	d.check(d.Update(d.ctx, func(tx *store.Tx, _ time.Time) error {
		tx.CreateBackfill(store.Backfill{ID: 1, Pipeline: 1, Trigger: "evening", Instants: instants}, nil)
		return nil
	}))
	return func(index int) Firing {
		f := d.instant(index)
		f.Tick.Subject, f.Tick.Actor, f.Mark, f.Backfill = "backfill/1", "ann", nil, &Turn{Backfill: 1, Index: index}
		return f
	}
}

func (d *daemon) readBackfill() store.Backfill {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	b, err := v.Backfill(1)
	d.check(err)
	return b
}

func TestABackfillGoesOnWithItsInstants(t *testing.T) {
	d := begin(t, 2)
	d.evening()
	turn := d.backfill(3)
	refused := turn(1)
	refused.Start, refused.Tick.Decision, refused.Tick.Reason = nil, schedule.Skipped, schedule.Refused
	became := d.fire(turn(1), turn(0), turn(0), refused)
	for i, want := range []error{ErrFired, nil, ErrFired, nil} {
		if !errors.Is(became[i].Err, want) {
			t.Errorf("firing %d: %v, want %v", i, became[i].Err, want)
		}
	}
	if b := d.readBackfill(); b.Next != 2 || b.Started != 1 || b.Over() {
		t.Errorf("in the middle: %+v", b)
	}
	d.fire(turn(2))
	if b := d.readBackfill(); b.Next != 3 || b.Started != 2 || b.DoneAt.IsZero() {
		t.Errorf("at the end: %+v", b)
	}
	if got := d.mark().BootID; got != "old" {
		t.Error("a backfill moved the mark")
	}
	for range 2 {
		(<-d.machine.launched).end(run.Success)
	}
}

func TestABackfillThatWasCanceledStartsNothing(t *testing.T) {
	d := begin(t, 2)
	d.evening()
	turn := d.backfill(3)
	d.check(d.Update(d.ctx, func(tx *store.Tx, now time.Time) error {
		tx.PutBackfill(store.Backfill{ID: 1, Pipeline: 1, Instants: 3, CanceledAt: now})
		return nil
	}))
	if became := d.fire(turn(0)); !errors.Is(became[0].Err, ErrCanceled) || d.ledger() != "" {
		t.Errorf("%+v, the ledger is %s", became[0], d.ledger())
	}
}

// The text of what is paused, or frozen, is not held against it.
func TestAPauseSaysMoreThanARefusal(t *testing.T) {
	d := begin(t, 9)
	d.evening()
	refused := func(hours int) Firing {
		f := d.instant(hours)
		f.Start, f.Tick.Decision, f.Tick.Reason, f.Tick.Message = nil, schedule.Skipped, schedule.Refused, "inputs.keep is missing"
		return f
	}
	d.fire(refused(1))
	d.check(d.PauseTrigger(d.ctx, 1, "evening", store.Pause{Actor: "ann"}))
	d.fire(refused(2))
	d.check(d.ResumeTrigger(d.ctx, 1, "evening"))
	d.check(d.SetFreeze(d.ctx, store.Freeze{Actor: "ann"}))
	d.fire(refused(3))
	d.check(d.LiftFreeze(d.ctx))
	d.check(d.Pause(d.ctx, 1, store.Pause{Actor: "ann"}))
	became := d.fire(refused(4))[0].Tick
	if got, want := d.ledger(), "skipped paused 0, skipped frozen 0, skipped paused 0, skipped refused 0"; got != want {
		t.Errorf("the ledger has %s, want %s", got, want)
	}
	if !strings.Contains(became.Message, "ann") {
		t.Errorf("it says %q", became.Message)
	}
}

// A machine that is down while something is paused, or everything frozen, makes
// up for nothing of that time once both are over.
func TestWhatFellIntoAPauseIsNotMadeUpForLater(t *testing.T) {
	for _, c := range []struct {
		name   string
		reason schedule.Reason
		hold   func(d *daemon, until time.Time) error
	}{
		{"a pause of the trigger", schedule.Paused, func(d *daemon, until time.Time) error {
			return d.PauseTrigger(d.ctx, 1, "evening", store.Pause{Actor: "ann", Until: until})
		}},
		{"a pause of the pipeline", schedule.Paused, func(d *daemon, until time.Time) error {
			return d.Pause(d.ctx, 1, store.Pause{Actor: "ann", Until: until})
		}},
		{"a freeze", schedule.Frozen, func(d *daemon, until time.Time) error {
			return d.SetFreeze(d.ctx, store.Freeze{Actor: "ann", Until: until})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := begin(t, 0) // nothing ever begins
			d.evening()
			from := d.clock.Now().Add(time.Second)
			d.clock.advance(time.Second)
			until := from.Add(4 * time.Hour)
			d.check(c.hold(d, until))
			d.clock.advance(5 * time.Hour)
			due := func(hours int, at time.Time, decision schedule.Decision, reason schedule.Reason) Firing {
				f := d.instant(hours)
				f.Due, f.Tick.Decision, f.Tick.Reason = at, decision, reason
				if decision != schedule.CaughtUp {
					f.Start = nil
				}
				return f
			}
			many := due(6, until.Add(-3*time.Minute), schedule.Dropped, schedule.TooOld)
			many.Tick.Count, many.Tick.Last = 2, until.Add(-2*time.Minute)
			over := due(7, until.Add(-time.Minute), schedule.Dropped, schedule.TooOld)
			over.Tick.Count, over.Tick.Last = 2, until
			d.fire(
				due(1, from.Add(-time.Minute), schedule.CaughtUp, ""),
				due(2, from.Add(time.Minute), schedule.CaughtUp, ""),
				due(3, from.Add(time.Minute), schedule.Dropped, schedule.Superseded),
				due(4, from.Add(time.Minute), schedule.Skipped, schedule.Blackout),
				due(5, until.Add(-1), schedule.Skipped, schedule.Refused),
				many, over,
				due(8, until, schedule.CaughtUp, ""),
				due(9, from.Add(time.Minute), schedule.Dropped, schedule.Restored),
			)
			held := fmt.Sprintf("skipped %s 0, ", c.reason)
			want := "dropped restored 0, caught_up  2, dropped too_old 0, " + held + held + "skipped blackout 0, " + held + held + "caught_up  1"
			if got := d.ledger(); got != want {
				t.Errorf("the ledger is\n%s, want\n%s", got, want)
			}
			d.cancelLive()
		})
	}
}

// A pause of a step is none of the pipeline.
func TestAnInstantThatFellIntoThePauseOfAStepIsMadeUpFor(t *testing.T) {
	d := begin(t, 0)
	d.evening()
	d.check(d.Pause(d.ctx, 1, store.Pause{Part: store.Part{Stage: "build"}, Actor: "ann"}))
	f := d.instant(1)
	f.Due = d.clock.Now()
	if became := d.fire(f)[0]; became.Err != nil || became.Run.ID != 1 {
		t.Errorf("%+v", became)
	}
	d.cancelLive()
}
