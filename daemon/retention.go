package daemon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// The rhythm of the sweeps: all pipelines at the start and once a day, for what
// grows old by itself; a pipeline when a run of it has ended, but never sooner
// than so long after the sweep before, so that many ends share one.
const (
	sweepEvery = 24 * time.Hour
	sweepRest  = 5 * time.Second
)

// retention knows which pipelines have had a run end since they were swept.
type retention struct {
	bell bell

	mu  sync.Mutex // protects the field below
	due map[uint64]bool
}

// settled notes that a run of a pipeline has ended. It returns at once.
func (r *retention) settled(pipeline uint64) {
	r.mu.Lock()
	if r.due == nil {
		r.due = map[uint64]bool{}
	}
	r.due[pipeline] = true
	r.mu.Unlock()
	r.bell.ring()
}

// take returns the pipelines that are due.
func (r *retention) take() map[uint64]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	due := r.due
	r.due = nil
	return due
}

// keepSweeping removes what retention does not keep, until ctx ends. It leaves
// the start to the schedules, which may be late.
func (d *Daemon) keepSweeping(ctx context.Context) {
	select {
	case <-d.schedules.loaded:
	case <-ctx.Done():
		return
	}
	daily := time.NewTicker(sweepEvery)
	defer daily.Stop()
	for all := true; ctx.Err() == nil; {
		ended := d.retention.bell.wait() // before take: an end in between is heard
		due := d.retention.take()
		if all {
			d.sweepExpired(ctx, everyPipeline)
			d.sweepLedgers(ctx)
		} else {
			d.sweepExpired(ctx, these(due))
		}
		rest := time.NewTimer(sweepRest)
		all = false
		select {
		case <-ended:
		case <-daily.C:
			all = true
		case <-ctx.Done():
		}
		select {
		case <-rest.C:
		case <-ctx.Done():
		}
		rest.Stop()
	}
}

// sweepExpired removes what retention does not keep of the pipelines that are
// wanted. What cannot be removed is said, and tried again by the next sweep.
func (d *Daemon) sweepExpired(ctx context.Context, wanted pipelines) {
	found, err := d.expired(wanted, time.Now())
	if err != nil {
		d.log.Error("what retention does not keep cannot be told", "error", err)
	}
	for _, r := range found {
		err := d.engine.ExpireRun(ctx, r.id)
		if err == nil {
			err = d.attempts.removeRun(r.id)
		}
		switch {
		case err == nil:
			d.log.Info("removed by retention", "run", r.name)
		case ctx.Err() != nil:
			return
		case !errors.Is(err, engine.ErrLive) && !errors.Is(err, engine.ErrNotFound): // else: meanwhile tried again, or deleted
			d.log.Error("a run that retention does not keep cannot be removed", "run", r.name, "error", err)
		}
	}
}

// pipelines chooses some of those in a store.
type pipelines func(view *store.View) iter.Seq2[store.Pipeline, error]

func everyPipeline(view *store.View) iter.Seq2[store.Pipeline, error] { return view.Pipelines("") }

// these reads the pipelines of some ids, and no others: there may be many. One
// that is gone is left out.
func these(ids map[uint64]bool) pipelines {
	return func(view *store.View) iter.Seq2[store.Pipeline, error] {
		return func(yield func(store.Pipeline, error) bool) {
			for _, id := range slices.Sorted(maps.Keys(ids)) {
				p, err := view.Pipeline(id)
				if !errors.Is(err, store.ErrNotFound) && !yield(p, err) {
					return
				}
			}
		}
	}
}

// expiredRun is a run that retention does not keep.
type expiredRun struct {
	id   uint64
	name string
}

// expired lists the runs that retention does not keep of the pipelines that
// are wanted. An error leaves a pipeline out, not the others.
func (d *Daemon) expired(wanted pipelines, now time.Time) (found []expiredRun, err error) {
	view := d.store.View()
	defer view.Close()
	live, err := liveRuns(view)
	if err != nil {
		return nil, err
	}
	var errs []error
	for p, err := range wanted(view) {
		if err != nil {
			return found, err
		}
		gone, err := d.expiredOf(view, p, live, now)
		if err != nil {
			errs = append(errs, fmt.Errorf("pipeline %s: %w", p.Name, err))
		}
		found = append(found, gone...)
	}
	return found, errors.Join(errs...)
}

// liveRuns are the runs that the engine may still hold.
func liveRuns(view *store.View) (map[uint64]bool, error) {
	ids, err := view.Live()
	live := map[uint64]bool{}
	for _, id := range ids {
		live[id] = true
	}
	return live, err
}

func (d *Daemon) expiredOf(view *store.View, p store.Pipeline, live map[uint64]bool, now time.Time) (found []expiredRun, err error) {
	if p.LastNumber == 0 {
		return nil, nil // it never had a run
	}
	definition, err := d.texts.passing(view, p)
	if err != nil || keepsAll(definition.Retention) {
		return nil, err
	}
	var runs []policy.Kept
	numbers := map[uint64]uint64{}
	for r, err := range view.RunsOf(p.ID) {
		if err != nil {
			return nil, err
		}
		numbers[r.ID] = r.Number
		runs = append(runs, policy.Kept{
			ID: r.ID, Status: run.Status(r.State.Status), CreatedAt: r.State.CreatedAt, Live: live[r.ID], Parent: parentOf(&r),
		})
	}
	for i := range runs {
		if _, there := numbers[runs[i].Parent]; !there { // a child that outlived its parent is a run like any other
			runs[i].Parent = 0
		}
	}
	for _, id := range policy.Expired(definition.Retention, now, runs) {
		found = append(found, expiredRun{id, run.Name(p.Name, numbers[id])})
	}
	return found, nil
}

// parentOf is the run that r is a part of; 0 is none.
func parentOf(r *store.Run) uint64 {
	if r.Cause.Source != store.ByParent || r.Cause.Upstream == nil {
		return 0
	}
	return r.Cause.Upstream.Run
}

func keepsAll(r config.Retention) bool { return r.Age == 0 && r.Count == 0 && len(r.ByStatus) == 0 }
