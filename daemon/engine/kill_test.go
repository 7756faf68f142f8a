package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// Two runs, the second by an instant, one after the other, with a resource group, a failure that is tried
// again later, its handling and a step without output; then the first once more,
// and a log erased. The same with both canceled. The engine is killed before and
// after each effect in turn.
func TestAKillBetweenAnyTwoEffects(t *testing.T) {
	plan := run.Plan{
		Stages: []run.PlanStage{{Name: "first"}, {Name: "second", Serial: true}},
		Steps: []run.PlanStep{
			{Name: "works", ResourceGroup: "prod"}, {Name: "fails", Retry: run.RetryRule{Max: 1, Delay: time.Second}},
			{Name: "mends", Stage: 1, When: run.OnFailure}, {Name: "always", Stage: 1, When: run.Always},
		},
	}
	outcomes := []run.Status{run.Success, run.Failed, run.Success, run.Success}
	for n := range 4 {
		late, cancel := n%2 == 0, n/2 == 0
		t.Run(fmt.Sprintf("late %v, cancel %v", late, cancel), func(t *testing.T) {
			w := newWorld(t, 1, 2)
			w.evening()
			for fuse := 0; w.deaths == fuse; fuse++ {
				w.end()
				w.start(fuse, late)
				q := StartRequest{
					Pipeline: 1, Revision: 1, Plan: plan, Overlap: config.Overlap{Policy: config.OverlapQueue, Limit: 1},
					Key: fmt.Sprint(fuse),
				}
				w.surely(func() error { return w.tryTo(q, outcomes) })
				w.surely(func() error { return w.tryInstant(fuse, q, outcomes) })
				w.oneRunOf(fuse)
				w.playOnce(cancel)
			}
			if want := map[bool]int{true: 8, false: 28}[cancel]; w.deaths < want {
				t.Errorf("the engine died at %d effects only", w.deaths)
			}
		})
	}
}

// tryInstant starts a run by an instant of evening, so many hours after tonight.
func (w *world) tryInstant(hours int, q StartRequest, outcomes []run.Status) error {
	f := w.instant(hours)
	q.Key, q.Cause, f.Start = "", f.Start.Cause, &q
	became, err := w.Fire(w.ctx, []Firing{f})
	if err == nil && became[0].Run.ID != 0 {
		w.plans[became[0].Run.ID], w.outcomes[became[0].Run.ID] = q.Plan, outcomes
	}
	return err
}

// oneRunOf checks that an instant has its record, its run, and no other run.
func (w *world) oneRunOf(hours int) {
	w.Helper()
	v := w.store.View()
	defer v.Close()
	at := tonight.Add(time.Duration(hours) * time.Hour)
	tick, err := v.Tick(1, "evening", at, "")
	w.check(err)
	for r, err := range v.RunsOf(1) {
		w.check(err)
		if r.Cause.ScheduledAt.Equal(at) != (r.ID == tick.Run) {
			w.Errorf("%+v is recorded, and run %d is by %+v", tick, r.ID, r.Cause)
		}
	}
}

// playOnce plays with one death at most, and cancels what runs. The first run
// is done once more, and a log of the second is erased.
func (w *world) playOnce(cancel bool) {
	first := slices.Min(slices.Collect(maps.Keys(w.plans)))
	w.playOut(cancel)
	w.surely(func() error { return w.Act(w.ctx, first, retry(0)) })
	w.surely(func() error {
		return w.Act(w.ctx, first+1, func(_ *run.Run, now time.Time) (run.Event, error) {
			return run.Erase{Step: 1, At: now}, nil
		})
	})
	w.playOut(false)
	w.rest()
	clear(w.plans)
}

// playOut plays until every run is over.
func (w *world) playOut(cancel bool) {
	for w.Pulse(w.ctx) != nil || w.Load().LiveRuns > 0 || w.machine.holds() {
		if errors.Is(w.Pulse(w.ctx), ErrStopping) {
			w.reviveOnce()
		} else if cancel {
			w.cancelAll(false)
		}
		w.work()
		w.verify()
	}
}

// surely does something that a death may keep from being done. What was done
// already is refused the second time.
func (w *world) surely(do func() error) {
	w.Helper()
	err := do()
	if errors.Is(err, ErrStopping) {
		w.reviveOnce()
		err = do()
	}
	w.spared(err, run.ErrRefused)
}

func (w *world) reviveOnce() {
	w.end()
	w.check(w.err)
	w.deaths++
	w.start(-1, false)
}
