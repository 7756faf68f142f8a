package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// crowd is people who interfere with a world.
type crowd struct {
	*world
	ledger
	rule   config.Overlap // of the runs of pipeline 2
	starts int            // that are left
	pauses []pausedPart
}

type pausedPart struct {
	pipeline uint64
	store.Part
}

// drawRough is a plan with what makes its end depend on the order of things.
func (c *crowd) drawRough() (run.Plan, []run.Status) {
	p, outcomes := drawPlan(c.rng)
	p.CancelOnFailure = c.rng.IntN(6) == 0
	p.Groups[0].FailFast = c.rng.IntN(3) == 0
	if c.rng.IntN(4) == 0 {
		p.Timeout = 4 * time.Second
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		s.Interruptible = c.rng.IntN(2) == 0
		if c.rng.IntN(6) == 0 {
			s.When = run.ByHand
		}
		if c.rng.IntN(6) == 0 {
			s.WaitingTimeout = 3 * time.Second
		}
	}
	return p, outcomes
}

// interfere lets one of them do something, sensible or not.
func (c *crowd) interfere() {
	ids := slices.Sorted(maps.Keys(c.plans))
	id := ids[c.rng.IntN(len(ids))]
	switch c.rng.IntN(16) {
	case 0:
		c.begin()
	case 1:
		c.act(id, func(r *run.Run, now time.Time) run.Event {
			return run.Retry{Steps: c.some(r, run.Success, run.Failed, run.Canceled), After: c.rng.IntN(2) == 0, At: now}
		})
	case 2:
		c.act(id, func(_ *run.Run, now time.Time) run.Event { return run.Retry{At: now} })
	case 3:
		c.act(id, func(r *run.Run, now time.Time) run.Event {
			return run.Play{Steps: c.some(r, run.Manual, run.Scheduled), At: now}
		})
	case 4:
		c.act(id, func(r *run.Run, now time.Time) run.Event {
			steps := c.some(r, run.Running, run.Pending, run.WaitingForResource, run.Scheduled, run.Created)
			return run.Cancel{Cancellation: run.Cancellation{At: now, Actor: "ann"}, Steps: steps}
		})
	case 5:
		c.spared(c.Cancel(c.ctx, id, "ann", "", c.rng.IntN(2) == 0), run.ErrComplete, ErrDeleting, ErrNotFound)
	case 6:
		c.act(id, func(r *run.Run, now time.Time) run.Event {
			return run.Erase{Step: c.some(r, run.Success, run.Failed)[0], At: now}
		})
	case 7:
		c.act(id, func(r *run.Run, now time.Time) run.Event {
			return run.Unschedule{Steps: c.some(r, run.Scheduled), At: now}
		})
	case 8, 9:
		c.holdUp()
	case 10:
		c.spared(c.SetMode(c.ctx, []string{"prod", "db"}[c.rng.IntN(2)], policy.Modes()[c.rng.IntN(4)]))
	case 11:
		if c.rng.IntN(4) == 0 {
			c.delete(id)
		}
	case 12, 13, 14:
		c.fireSome()
	case 15:
		c.stand()
	}
}

// some is a step that stands so, or any.
func (c *crowd) some(r *run.Run, statuses ...run.Status) []int {
	var fit []int
	for i := range r.Steps {
		if slices.Contains(statuses, r.Steps[i].Status) {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 || c.rng.IntN(5) == 0 {
		return []int{c.rng.IntN(len(r.Steps))}
	}
	return []int{fit[c.rng.IntN(len(fit))]}
}

func (c *crowd) begin() {
	if c.starts == 0 {
		return
	}
	c.starts--
	p, outcomes := c.drawRough()
	p.Values.Revision = c.rng.Uint64N(2)
	q := StartRequest{
		Pipeline: 1 + c.rng.Uint64N(2), Revision: 1, Plan: p, Priority: c.rng.IntN(3),
		OnNewRun: []config.OnNewRun{config.CancelNone, config.CancelConservative, config.CancelInterruptible}[c.rng.IntN(3)],
	}
	if q.Pipeline == 2 {
		q.Overlap = c.rule
	}
	c.spared(c.tryTo(q, outcomes), ErrOverlap, ErrPaused, ErrFrozen, ErrDeleting)
}

func (c *crowd) act(id uint64, decide func(r *run.Run, now time.Time) run.Event) {
	err := c.Act(c.ctx, id, func(r *run.Run, now time.Time) (run.Event, error) { return decide(r, now), nil })
	c.spared(err, run.ErrRefused, run.ErrStale, ErrDeleting, ErrNotFound)
}

// holdUp pauses a part of a pipeline, or resumes what was paused first.
func (c *crowd) holdUp() {
	if len(c.pauses) > 0 && c.rng.IntN(2) == 0 {
		c.spared(c.Resume(c.ctx, c.pauses[0].pipeline, c.pauses[0].Part), ErrNotPaused)
		c.pauses = c.pauses[1:]
		return
	}
	p := []store.Part{{}, {Stage: "stage0"}, {Stage: "stage1"}, {Stage: "stage0", Step: "s0"}, {Step: "s1"}}[c.rng.IntN(5)]
	pipeline := 1 + c.rng.Uint64N(2)
	c.pauses = append(c.pauses, pausedPart{pipeline, p})
	c.spared(c.Pause(c.ctx, pipeline, store.Pause{Part: p, Until: c.clock.Now().Add(time.Duration(c.rng.IntN(5)) * time.Second)}))
}

// delete deletes a run by force; it takes as long as its processes live.
func (c *crowd) delete(id uint64) {
	ctx, giveUp := context.WithCancel(c.ctx)
	if c.rng.IntN(3) == 0 {
		giveUp()
	}
	e := c.Engine
	c.deleters.Go(func() {
		defer giveUp()
		c.spared(e.DeleteRun(ctx, id, "ann", true), ErrNotFound, context.Canceled)
	})
}

// give begins what waits for a person, so that all runs end.
func (c *crowd) give() {
	for id := range c.plans {
		c.spared(c.Act(c.ctx, id, func(r *run.Run, now time.Time) (run.Event, error) {
			if r.State.Status == run.Manual {
				return run.Cancel{Cancellation: run.Cancellation{At: now, Actor: "ann"}}, nil
			}
			return nil, run.ErrRefused
		}), run.ErrRefused, run.ErrComplete, run.ErrStale, ErrNotFound, ErrDeleting)
	}
}

// Whatever people ask for, and whenever the engine dies: no limit is exceeded,
// what is derived is as the runs are, no run stands still, every run ends, and
// nothing is left of it. An instant has one record, and a record one run at most.
func TestNoRunStandsStillWhateverPeopleDo(t *testing.T) {
	policies := []config.OverlapPolicy{config.OverlapQueue, config.OverlapQueueOne, config.OverlapSkip, config.OverlapCancel}
	for seed := range seeds(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t, seed, 1+int(seed%4))
			c := &crowd{world: w, starts: 16, rule: config.Overlap{Policy: policies[seed%4], Limit: 1 + int(seed/4%2)}}
			c.keepLedger()
			for len(c.plans) < 2 {
				c.begin()
			}
			w.acts = 80
			w.machine.arm(w.rng.IntN(12))
			w.anyEnd = true
			w.play(func() {
				if w.rng.IntN(60) == 0 {
					w.die()
				} else if w.rng.IntN(3) == 0 && w.acts > 0 {
					w.acts--
					c.interfere()
					c.audit()
				} else if w.idle > 10 {
					c.give()
				}
			})
			c.audit()
		})
	}
}
