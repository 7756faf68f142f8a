package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/store"
)

// backfills knows which pipelines have a backfill under way, and for what those
// wait.
type backfills struct {
	bell bell

	mu   sync.Mutex      // protects the fields below
	busy map[uint64]bool // pipelines
	held map[uint64]held // by backfill
}

// settled notes that a run of a pipeline has ended. It returns at once.
func (b *backfills) settled(pipeline uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy[pipeline] {
		b.bell.ring()
	}
}

// attend hears from now on of the runs of those that are under way.
func (b *backfills) attend(under map[uint64]*filling) {
	busy, held := map[uint64]bool{}, map[uint64]held{}
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, u := range under {
		busy[u.Pipeline], held[id] = true, b.held[id]
	}
	b.busy, b.held = busy, held
}

// backfillLooks is how often a backfill that something stands against, a pause
// or a freeze, looks whether it still does.
const backfillLooks = 15 * time.Second

// keepBackfilling starts the runs of backfills in their turn, until ctx ends.
func (d *Daemon) keepBackfilling(ctx context.Context) {
	select {
	case <-d.schedules.loaded: // before, a copy would go on with those of the original
	case <-ctx.Done():
		return
	}
	f := filler{Daemon: d, under: map[uint64]*filling{}}
	f.loop(ctx)
}

// filler is who starts the runs of backfills. What it remembers follows from the
// store: a new one goes on where the one before was.
type filler struct {
	*Daemon
	under map[uint64]*filling
}

func (f *filler) loop(ctx context.Context) {
	again := time.NewTicker(backfillLooks)
	defer again.Stop()
	for ctx.Err() == nil {
		rung := f.backfills.bell.wait() // before the look: what comes in between is heard
		if err := f.fillAll(ctx); err != nil && ctx.Err() == nil {
			f.log.Error("a backfill cannot go on; it is tried again", "error", err)
		}
		var tick <-chan time.Time
		if len(f.under) > 0 {
			tick = again.C
		}
		select {
		case <-rung:
		case <-tick:
		case <-ctx.Done():
		}
	}
}

// fillAll starts what may start of every backfill that is not over.
func (f *filler) fillAll(ctx context.Context) error {
	if err := f.look(); err != nil {
		return err
	}
	var errs []error
	for id, u := range f.under {
		if err := f.fill(ctx, u); err != nil {
			u.held = err
			errs = append(errs, fmt.Errorf("backfill %d: %w", id, err))
		}
		f.backfills.hold(u)
	}
	return errors.Join(errs...)
}

// look reads how far the backfills have come.
func (f *filler) look() error {
	view := f.store.View()
	defer view.Close()
	under := map[uint64]*filling{}
	for b, err := range view.Backfills() {
		if err != nil {
			return err
		}
		if b.Over() {
			continue
		}
		u := f.under[b.ID]
		if u == nil {
			u = &filling{live: map[uint64]bool{}}
			if err := u.load(view, b); err != nil {
				return err
			}
		}
		u.Backfill, under[b.ID] = b, u
	}
	f.under = under
	f.backfills.attend(under)
	for _, u := range under { // after attend: whoever ends from now on is heard
		if err := u.forget(f.store); err != nil {
			return err
		}
	}
	return nil
}

// fill starts runs until as many live as may, or something stands against it,
// which u.held is then.
func (f *filler) fill(ctx context.Context, u *filling) error {
	for {
		if u.held = f.checkDisk(); u.held != nil {
			return nil
		}
		from, to := u.Next, min(u.Instants, u.Next+u.MaxParallel-len(u.live))
		if from >= to {
			if u.Next < u.Instants {
				u.held = errParallel
			}
			return nil
		}
		firings, err := f.firings(u, from, to)
		if err != nil {
			return f.giveUp(ctx, u, err)
		}
		became, err := f.engine.Fire(ctx, firings)
		if err != nil {
			return err
		}
		if done, err := f.note(ctx, u, became); done || err != nil {
			return err
		}
	}
}

// note takes what became of instants of u, as far as they were decided. It
// answers whether that is all for now.
func (f *filler) note(ctx context.Context, u *filling, became []engine.Fired) (done bool, err error) {
	for _, one := range became {
		switch {
		case one.Err == nil:
			u.Next++
			if one.Run.ID != 0 {
				u.live[one.Run.ID] = true
			}
		case errors.Is(one.Err, engine.ErrRevision):
			return false, nil // somebody applied a text meanwhile: theirs is to run
		case errors.Is(one.Err, engine.ErrFired): // by a call that was given up
			return false, u.reread(f.store)
		case errors.Is(one.Err, engine.ErrCanceled):
			return true, nil
		case errors.Is(one.Err, engine.ErrNotFound):
			return true, f.giveUp(ctx, u, one.Err)
		case waits(one.Err), errors.Is(one.Err, engine.ErrDeleting):
			u.held = one.Err
			return true, nil
		default:
			return true, one.Err
		}
	}
	return false, nil
}

// giveUp cancels a backfill whose schedule is not there any more. Another error
// stays one.
func (f *filler) giveUp(ctx context.Context, u *filling, why error) error {
	if !errors.Is(why, engine.ErrNotFound) && !errors.Is(why, store.ErrNotFound) {
		return why
	}
	_, err := f.endBackfill(ctx, u.ID, func(b *store.Backfill, now time.Time) {
		b.CanceledAt, b.CanceledBy = now, "penstock"
		b.Message = fmt.Sprintf("the schedule %s is not in the pipeline any more", b.Trigger)
	})
	return ignoreNotFound(err) // the pipeline is gone as well
}

// firings resolves instants of u. One whose run is refused becomes a record of
// that.
func (f *filler) firings(u *filling, from, to int) (all []engine.Firing, err error) {
	view := f.store.View()
	defer view.Close()
	pipeline, err := view.Pipeline(u.Pipeline)
	if err != nil {
		return nil, err
	}
	definition, err := f.texts.definition(view, pipeline)
	if err != nil {
		return nil, err
	}
	if t := definition.Trigger(u.Trigger); t == nil || t.Kind != config.OnSchedule {
		return nil, store.ErrNotFound
	}
	for index := from; index < to; index++ {
		firing, err := u.firing(pipeline, definition, index)
		if err != nil {
			return nil, err
		}
		all = append(all, firing)
	}
	return all, nil
}
