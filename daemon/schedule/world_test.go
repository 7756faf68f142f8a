package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/scheduler"
)

// world is a machine with a clock that may jump, a daemon that comes and goes,
// and a ledger that outlives it. It holds each decision against the slow reading
// of the policy at the time at which it is made, and sees that it is made when
// it is due, or at the latest 20 seconds after the clock was set.
type world struct {
	deeds    atomic.Int64  // done to it, for the race detector: a timer orders nothing
	offset   time.Duration // of the wall clock over that of the bubble
	kept     map[uint64]*kept
	stop     func() // ends the daemon; nil: none works
	loop     *scheduler.Scheduler
	starts   int
	set      time.Time // when the wall clock, or the daemon, was last disturbed
	failing  int       // how many batches are not to be recorded
	failed   bool      // since set
	problems []string
}

// kept is a schedule in the store.
type kept struct {
	rule    schedule.Rule
	mark    schedule.Mark
	applied time.Time
	ledger  map[int64]string // by instant
	covered [][2]time.Time   // by one record for many
}

var errWorld = errors.New("the disk is full")

func newWorld() *world { return &world{kept: map[uint64]*kept{}} }

// now is asked by the daemon before it looks at anything else here: what was
// done to the world has happened before.
func (w *world) now() time.Time {
	w.deeds.Load()
	return time.Now().Add(w.offset).UTC().Round(0)
}

func (w *world) fault(format string, args ...any) {
	if len(w.problems) < 10 {
		w.problems = append(w.problems, w.now().Format(time.RFC3339Nano)+": "+fmt.Sprintf(format, args...))
	}
}

// boot is the boot of the machine: another for each start here, for nothing
// but @reboot asks.
func (w *world) boot() schedule.Boot { return schedule.Boot{ID: fmt.Sprint(w.starts), At: w.now()} }

// start starts a daemon.
func (w *world) start() {
	if w.stop != nil {
		return
	}
	w.starts++
	w.disturb()
	w.loop = scheduler.New(w, w.now, w.boot())
	for id := range w.kept {
		w.put(id)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.loop.Run(ctx) }()
	w.stop = func() { cancel(); <-done }
}

// die ends the daemon.
func (w *world) die() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

func (w *world) disturb() { w.set, w.failed = w.now(), false }

// jump sets the clock; a machine that sleeps does the same.
func (w *world) jump(d time.Duration) {
	w.offset += d
	w.disturb()
	w.deeds.Add(1)
}

func (w *world) put(id uint64) {
	k := w.kept[id]
	table, err := k.rule.Compile(calendars)
	if err != nil {
		w.fault("%v", err)
		return
	}
	w.loop.Put(id, []scheduler.Schedule{{Trigger: "evening", Timetable: table.Of(7, "evening"), Mark: k.mark}})
	w.deeds.Add(1)
}

// apply gives a schedule another rule.
func (w *world) apply(id uint64, rule schedule.Rule) {
	k := w.kept[id]
	if k == nil {
		k = &kept{ledger: map[int64]string{}}
		w.kept[id] = k
	}
	switch {
	case k.applied.IsZero():
		k.rule, k.applied, k.mark = rule, w.now(), schedule.Begin(w.now(), fmt.Sprint(w.starts))
	case k.rule.SameInstants(&rule):
		k.rule = rule
		w.disturb() // what has less jitter by now may be late
	default:
		w.audit(id)
		w.end(k)
		k.rule, k.applied, k.mark, k.covered = rule, w.now(), schedule.Begin(w.now(), fmt.Sprint(w.starts)), nil
	}
	if w.stop != nil {
		w.put(id)
	}
	w.deeds.Add(1)
}

// end accounts for what a rule leaves that holds no longer.
func (w *world) end(k *kept) {
	now := w.now()
	slow := newSlow(w, k.rule, k.mark.Anchor)
	left := slow.table.End(k.mark, now, w.boot())
	if got, want := told(left), slow.end(k.mark, now); !slices.Equal(got, want) {
		w.fault("%+v ends\ngot  %s\nwant %s", k.rule, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	for n := range left {
		k.ledger[left[n].At.Unix()] = string(left[n].Decision)
	}
}

// tune changes all of a rule but its instants.
func (w *world) tune(id uint64, like schedule.Rule) {
	k := w.kept[id]
	if k == nil {
		return
	}
	rule := k.rule
	rule.Jitter, rule.Random, rule.CatchUp, rule.Window = like.Jitter, like.Random, like.CatchUp, like.Window
	w.apply(id, rule)
}

// Fire records.
func (w *world) Fire(ctx context.Context, batch []scheduler.Due) []error {
	errs := make([]error, len(batch))
	if w.failing > 0 {
		w.failing--
		w.failed = true
		for i := range errs {
			errs[i] = errWorld
		}
		return errs
	}
	for i := range batch {
		errs[i] = w.record(&batch[i])
	}
	return errs
}

func (w *world) record(due *scheduler.Due) error {
	k, now := w.kept[due.Pipeline], w.now()
	if !k.mark.Equal(due.From) {
		w.put(due.Pipeline)
		return errors.New("changed")
	}
	slow := newSlow(w, k.rule, k.mark.Anchor)
	want, through := slow.decide(k.mark, now)
	if got := told(due.Decided); !slices.Equal(got, want) || !due.Mark.Through.Equal(through) {
		w.fault("%+v from %v\ngot  %s\nwant %s", k.rule, k.mark.Through, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	for n := range due.Decided {
		w.check(k, &due.Decided[n], now)
	}
	k.mark = due.Mark
	return nil
}

// Fatal is for newSlow.
func (w *world) Fatal(args ...any) { w.fault("%s", fmt.Sprint(args...)) }

func (w *world) check(k *kept, d *schedule.Decided, now time.Time) {
	if line, twice := k.ledger[d.At.Unix()]; twice {
		w.fault("%v has a second record: %s, after %s", d.At, d.Decision, line)
	}
	k.ledger[d.At.Unix()] = string(d.Decision)
	if d.Count != 0 {
		k.covered = append(k.covered, [2]time.Time{d.At, d.Last})
	}
	if !d.At.After(k.applied) {
		w.fault("%v is due, and the rule is of %v", d.At, k.applied)
	}
	since := d.Due
	if seen := w.set.Add(20 * time.Second); since.Before(seen) { // until then nobody knows that the clock was set
		since = seen
	}
	if late := now.Sub(since); !w.failed && (late > time.Second || d.Due.After(now)) {
		w.fault("what is due at %v, and was to be seen by %v, is decided at %v", d.Due, since, now)
	}
}

// audit sees that no instant that was due lacks its record.
func (w *world) audit(id uint64) {
	k := w.kept[id]
	if k.applied.IsZero() || w.stop == nil {
		return
	}
	slow := newSlow(w, k.rule, k.mark.Anchor)
	for _, i := range slow.instants(k.applied, k.mark.Through) {
		_, known := k.ledger[i.at.Unix()]
		for _, c := range k.covered {
			known = known || !i.at.Before(c[0]) && !i.at.After(c[1])
		}
		if !known {
			w.fault("%+v: %v has no record, and the mark is at %v", k.rule, i.at, k.mark.Through)
		}
	}
}

// settle gives the daemon the time that it takes to notice all.
func (w *world) settle() {
	w.failing = 0
	w.deeds.Add(1)
	w.start()
	time.Sleep(25 * time.Second)
	synctest.Wait()
	for id, k := range w.kept {
		w.audit(id)
		slow := newSlow(w, k.rule, k.mark.Anchor)
		if left, _ := slow.decide(k.mark, w.now()); len(left) > 0 && !k.mark.Through.After(w.now()) {
			w.fault("%+v: %v is not decided", k.rule, left)
		}
	}
	w.die()
}

// act is something that happens.
type act struct {
	what  string
	after time.Duration // of real time
	by    time.Duration
	id    uint64
	rule  schedule.Rule
}

func (w *world) do(a act) {
	time.Sleep(a.after)
	synctest.Wait()
	switch a.what {
	case "jump":
		w.jump(a.by)
	case "die":
		w.die()
	case "start":
		w.start()
	case "apply":
		w.apply(a.id, a.rule)
	case "tune":
		w.tune(a.id, a.rule)
	case "fail":
		w.failing = 2
		w.deeds.Add(1)
	}
}

func drawAct(t *rapid.T) act {
	a := act{
		what:  rapid.SampledFrom([]string{"jump", "die", "start", "start", "apply", "tune", "fail", "wait"}).Draw(t, "what"),
		after: time.Duration(rapid.IntRange(0, 4*3600).Draw(t, "after")) * time.Second,
		id:    rapid.Uint64Range(1, 3).Draw(t, "id"),
	}
	switch a.what {
	case "jump":
		a.by = rapid.SampledFrom([]time.Duration{2 * time.Hour, -2 * time.Hour, 8 * time.Hour, time.Minute, -time.Minute, 26 * time.Hour}).Draw(t, "by")
	case "apply", "tune":
		a.rule = drawRule(t, false)
	}
	return a
}

func TestWorldsInWhichEveryInstantHasOneRecord(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		begin := drawTime(rt, "begin")
		first := drawRule(rt, false)
		acts := rapid.SliceOfN(rapid.Custom(drawAct), 1, 15).Draw(rt, "acts")
		w := newWorld()
		synctest.Test(t, func(*testing.T) {
			w.offset = time.Until(begin)
			w.start()
			w.apply(1, first)
			for _, a := range acts {
				w.do(a)
			}
			w.settle()
		})
		if len(w.problems) > 0 {
			rt.Fatal(strings.Join(w.problems, "\n"))
		}
	})
}

// A year in Berlin: clocks that are set by two hours, forth and back, nights in
// which the machine sleeps, and restarts.
func TestAYearIsAsThePolicySays(t *testing.T) {
	w := newWorld()
	synctest.Test(t, func(*testing.T) {
		w.offset = time.Until(time.Date(2026, 1, 1, 0, 0, 30, 0, time.UTC))
		w.start()
		for id, rule := range []schedule.Rule{
			{Expression: "30 2 * * *", Timezone: "Europe/Berlin"},
			{Expression: "0 */6 * * *", Timezone: "Europe/Berlin", CatchUp: "all"},
			{Expression: "15 9 * * *", Timezone: "Europe/Berlin", Exclude: []string{"weekend", "holidays"}, Shift: "next", CatchUp: "none"},
			{Expression: "0 0 31 * *", Timezone: "UTC", Jitter: time.Hour, Random: true},
			{Expression: "@every 36h", Jitter: 5 * time.Minute},
		} {
			w.apply(uint64(id), rule)
		}
		for day := range 365 {
			a := act{what: "wait", after: 24*time.Hour - 7*time.Second}
			switch day % 30 {
			case 3:
				a.what, a.by = "jump", 2*time.Hour
			case 9:
				a.what, a.by = "jump", -2*time.Hour
			case 15:
				a.what, a.by, a.after = "jump", 8*time.Hour, 16*time.Hour
			case 20:
				a.what = "die"
			case 22:
				a.what = "start"
			}
			w.do(a)
		}
		w.settle()
	})
	for _, p := range w.problems {
		t.Error(p)
	}
	var fired, all int
	for _, k := range w.kept {
		for _, line := range k.ledger {
			if all++; line == "fired" {
				fired++
			}
		}
	}
	if all < 365*6-100 || fired < all*3/4 {
		t.Errorf("%d instants, %d of them fired: what year was that?", all, fired)
	}
}
