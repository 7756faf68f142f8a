package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// Pause pauses a part of a pipeline from now on: a pipeline takes no new runs,
// while those that live go on; of a stage or a step nothing begins any more, in
// those that live either. It takes the place of an earlier pause of the same
// part.
func (e *Engine) Pause(ctx context.Context, pipeline uint64, p store.Pause) error {
	return e.changePauses(ctx, pipeline, func(pauses []store.Pause, now time.Time) ([]store.Pause, error) {
		p.At = now
		return append(without(pauses, p.Part), p), nil
	})
}

// Resume takes the pause of a part back. ErrNotPaused where there is none. What
// was left out meanwhile stays so.
func (e *Engine) Resume(ctx context.Context, pipeline uint64, part store.Part) error {
	return e.changePauses(ctx, pipeline, func(pauses []store.Pause, _ time.Time) ([]store.Pause, error) {
		rest := without(pauses, part)
		if len(rest) == len(pauses) {
			return nil, ErrNotPaused
		}
		return rest, nil
	})
}

func without(pauses []store.Pause, part store.Part) []store.Pause {
	return slices.DeleteFunc(pauses, func(p store.Pause) bool { return p.Part == part })
}

// changePauses writes what is paused of a pipeline and tells its live runs, in
// one commit.
func (e *Engine) changePauses(ctx context.Context, id uint64, change func([]store.Pause, time.Time) ([]store.Pause, error)) error {
	return e.ask(ctx, func(t *turn) error {
		pipeline, err := t.tx.Pipeline(id)
		if err != nil {
			return wrapNotFound(err)
		}
		if pipeline.Pauses, err = change(pipeline.Paused(t.now), t.now); err != nil {
			return fmt.Errorf("pipeline %s: %w", pipeline.Name, err)
		}
		t.tx.PutPipeline(pipeline)
		pauses := pipeline.Paused(t.now)
		for _, l := range t.live {
			if l.record.Pipeline == id && !isChild(&l.record) {
				t.applyAll(l, pausing(l.run, pauses, t.now))
			}
		}
		return nil
	})
}

// pausing lists the events after which exactly those steps of r are paused of
// which one of the pauses says so.
func pausing(r *run.Run, pauses []store.Pause, now time.Time) (events []run.Event) {
	var resumed []int
	paused := map[*store.Pause][]int{}
	for i, p := range longest(r.Plan, pauses) {
		switch has := r.Steps[i].Paused; {
		case p == nil && has != nil:
			resumed = append(resumed, i)
		case p != nil && (has == nil || !has.At.Equal(p.At) || !has.Until.Equal(p.Until)):
			paused[p] = append(paused[p], i)
		}
	}
	if len(resumed) > 0 {
		events = append(events, run.Resume{Steps: resumed, At: now})
	}
	for k := range pauses {
		p := &pauses[k]
		if steps := paused[p]; len(steps) > 0 {
			events = append(events, run.Pause{Steps: steps, Paused: run.Paused{At: p.At, Until: p.Until, Actor: p.Actor, Reason: p.Reason}})
		}
	}
	return events
}

// longest is, for each step of a plan, that of the pauses that ends last, or nil.
func longest(p *run.Plan, pauses []store.Pause) []*store.Pause {
	longest := make([]*store.Pause, len(p.Steps))
	for k := range pauses {
		for _, i := range members(p, pauses[k].Part) {
			if longest[i] == nil || pauses[k].Outlasts(longest[i]) {
				longest[i] = &pauses[k]
			}
		}
	}
	return longest
}

// members lists the steps of a part; the pipeline itself has none.
func members(p *run.Plan, part store.Part) (steps []int) {
	if part.Step != "" {
		return p.Find(part.Stage, part.Step)
	}
	for i := range p.Steps {
		if part.Stage != "" && p.Stages[p.Steps[i].Stage].Name == part.Stage {
			steps = append(steps, i)
		}
	}
	return steps
}
