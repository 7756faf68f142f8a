package engine

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/daemon/run"
)

// Of all that was set the earliest comes first, once each; of those of one time
// the first of the plan, for it is the one that finds room below a limit.
func TestAlarmsComeInTheirOrder(t *testing.T) {
	base := time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var a alarms
		want := map[alarmID]time.Time{}
		id := rapid.Custom(func(t *rapid.T) alarmID {
			return alarmID{rapid.Uint64Range(1, 3).Draw(t, "run"), rapid.IntRange(-1, 4).Draw(t, "step")}
		})
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				id, at := id.Draw(t, "id"), base.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "at"))*time.Second)
				a.set(id, at)
				want[id] = at
			},
			"clear": func(t *rapid.T) {
				id := id.Draw(t, "id")
				a.set(id, time.Time{})
				delete(want, id)
			},
			"due": func(t *rapid.T) {
				now := base.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "now")) * time.Second)
				next := a.next()
				id, ok := a.due(now)
				if ok != (!next.IsZero() && !next.After(now)) || ok && !want[id].Equal(next) {
					t.Fatalf("at %s: %v, %v; the next is at %s", now, id, ok, next)
				}
				delete(want, id)
				for other, at := range want {
					if ok && at.Equal(next) && (other.run < id.run || other.run == id.run && other.step < id.step) {
						t.Fatalf("%v comes before %v", id, other)
					}
				}
			},
			"": func(t *rapid.T) {
				next := time.Time{}
				for _, at := range want {
					if next.IsZero() || at.Before(next) {
						next = at
					}
				}
				if !a.next().Equal(next) || len(a.items) != len(want) || len(a.index) != len(want) {
					t.Fatalf("the next of %d is at %s, want %s of %d", len(a.items), a.next(), next, len(want))
				}
			},
		})
	})
}

// timed asks for a run of one step.
func timed(change func(p *run.Plan)) StartRequest {
	q := request("", "a")
	change(&q.Plan)
	return q
}

func TestADelayedStepBeginsInTime(t *testing.T) {
	d := begin(t, 1)
	d.startOf(timed(func(p *run.Plan) { p.Steps[0].When, p.Steps[0].StartIn = run.Delayed, 7*24*time.Hour }))
	d.idle()
	d.clock.advance(7*24*time.Hour - time.Second)
	d.idle()
	d.clock.advance(2 * time.Second)
	d.next("nightly/1/stage/a/1").end(run.Success)
	d.settled(1)
	d.nothingIsLeft()
}

// A delay goes on while the daemon is down.
func TestADelayOutlivesTheDaemon(t *testing.T) {
	d := begin(t, 1)
	d.startOf(timed(func(p *run.Plan) { p.Steps[0].When, p.Steps[0].StartIn = run.Delayed, time.Hour }))
	d.clock.advance(30 * time.Minute)
	d.restart()
	d.idle()
	d.end()
	d.clock.advance(30 * time.Minute)
	d.start(-1, false)
	d.next("nightly/1/stage/a/1").end(run.Success)
	d.settled(1)
}

func TestARetryWaitsForItsDelay(t *testing.T) {
	d := begin(t, 1)
	d.startOf(timed(func(p *run.Plan) { p.Steps[0].Retry = run.RetryRule{Max: 1, Delay: time.Minute} }))
	d.next("nightly/1/stage/a/1").end(run.Failed)
	d.idle()
	if l := d.Load(); l.RunningSteps != 0 || l.LiveRuns != 1 {
		t.Errorf("while it waits the load is %+v", l)
	}
	d.clock.advance(time.Minute)
	d.next("nightly/1/stage/a/2").end(run.Success)
	if status := d.settled(1).State.Status; status != run.Success {
		t.Errorf("the run is %s", status)
	}
}

func TestARunThatTakesTooLongIsStopped(t *testing.T) {
	d := begin(t, 1)
	d.startOf(timed(func(p *run.Plan) { p.Timeout = time.Hour }))
	a := d.next("nightly/1/stage/a/1")
	d.idle()
	d.clock.advance(time.Hour)
	d.until(1, func(s run.State) bool { return s.TimedOut })
	d.idle()
	a.end(run.Success)
	if s := d.settled(1).State; s.Status != run.Failed {
		t.Errorf("the run is %+v", s)
	}
	d.nothingIsLeft()
}

func TestAStepThatWaitsTooLongFails(t *testing.T) {
	d := begin(t, 0)
	d.startOf(timed(func(p *run.Plan) { p.Steps[0].WaitingTimeout = time.Minute }))
	d.clock.advance(time.Minute)
	if s := d.settled(1).State; s.Status != run.Failed {
		t.Errorf("the run is %+v", s)
	}
	d.nothingIsLeft()
}

// Both times come in one turn, and the first takes the reason from the other.
func TestARunTimesOutTogetherWithItsStep(t *testing.T) {
	d := begin(t, 1)
	q := request("", "a", "b")
	q.Plan.Timeout, q.Plan.Steps[1].WaitingTimeout = time.Hour, time.Hour+time.Millisecond
	d.startOf(q)
	a := d.next("nightly/1/stage/a/1")
	d.idle()
	d.clock.advance(time.Hour + time.Second)
	d.until(1, func(s run.State) bool { return s.Status == run.Canceling })
	a.end(run.Success)
	d.settled(1)
	if got := d.steps(1); got != "[failed failed]" {
		t.Errorf("the steps are %s", got)
	}
	d.nothingIsLeft()
}

// The engine sleeps when nothing is due.
func TestAnAlarmThatIsCanceledIsNotHeard(t *testing.T) {
	d := begin(t, 1)
	d.startOf(timed(func(p *run.Plan) { p.Steps[0].When, p.Steps[0].StartIn = run.Delayed, time.Hour }))
	d.idle()
	if d.clock.set().IsZero() {
		t.Error("nobody is to be woken")
	}
	d.check(d.Cancel(d.ctx, 1, "ann", "", false))
	d.settled(1)
	d.nothingIsLeft()
}
