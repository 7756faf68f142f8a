package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// backfillLooks is how often a backfill that something stands against, a pause
// or a freeze, looks whether it still does.
const backfillLooks = 15 * time.Second

// backfills knows which pipelines have a backfill under way.
type backfills struct {
	bell bell

	mu   sync.Mutex // protects the field below
	busy map[uint64]bool
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
	busy := map[uint64]bool{}
	for _, u := range under {
		busy[u.Pipeline] = true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy = busy
}

// startBackfill makes a backfill of instants of a schedule, in the order of
// their turn, and answers once it is durable. Its runs follow.
func (d *Daemon) startBackfill(ctx context.Context, b store.Backfill, instants []time.Time) (store.Backfill, error) {
	if n := len(instants); n == 0 || n > store.MaxInstants {
		return b, rpc.Errorf(rpc.CodeInvalid, "the backfill has %d instants: want 1 to %d; take a shorter time", n, store.MaxInstants)
	}
	if b.MaxParallel < 1 || b.MaxParallel > maxParallel {
		return b, rpc.Errorf(rpc.CodeInvalid, "max_parallel %d: want 1 to %d", b.MaxParallel, maxParallel)
	}
	var made store.Backfill
	err := d.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		if _, err := tx.Trigger(b.Pipeline, b.Trigger); err != nil {
			return err
		}
		meta, err := tx.Meta()
		if err != nil {
			return err
		}
		meta.LastBackfill++
		b.ID, b.At, b.Instants = meta.LastBackfill, now, len(instants)
		tx.PutMeta(meta)
		tx.CreateBackfill(b, instants)
		made = b
		return nil
	})
	if err != nil { // the loop may still be at it: what it writes is not ours
		return store.Backfill{}, err
	}
	d.backfills.bell.ring()
	return made, nil
}

// cancelBackfill lets a backfill start no more runs. Those that live go on.
func (d *Daemon) cancelBackfill(ctx context.Context, id uint64, actor string) (store.Backfill, error) {
	return d.endBackfill(ctx, id, func(b *store.Backfill, now time.Time) { b.CanceledAt, b.CanceledBy = now, actor })
}

func (d *Daemon) endBackfill(ctx context.Context, id uint64, end func(b *store.Backfill, now time.Time)) (store.Backfill, error) {
	var ended store.Backfill
	err := d.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		b, err := tx.Backfill(id)
		if err != nil {
			return err
		}
		if b.Over() {
			return rpc.Errorf(rpc.CodeConflict, "backfill %d is over: it starts no more runs", id)
		}
		end(&b, now)
		tx.PutBackfill(b)
		ended = b
		return nil
	})
	if err != nil {
		return store.Backfill{}, err
	}
	return ended, nil
}

// keepBackfilling starts the runs of backfills in their turn, until it is
// stopped.
func (d *Daemon) keepBackfilling(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-d.schedules.loaded: // before, a copy would go on with those of the original
		case <-ctx.Done():
			return
		}
		f := filler{Daemon: d, under: map[uint64]*filling{}}
		f.loop(ctx)
	}()
	return func() { cancel(); <-done }
}

// filler is who starts the runs of backfills. What it remembers follows from the
// store: a new one goes on where the one before was.
type filler struct {
	*Daemon
	under map[uint64]*filling
}

// filling is a backfill under way.
type filling struct {
	store.Backfill
	instants []time.Time
	live     map[uint64]bool // its runs that are not over
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
			errs = append(errs, fmt.Errorf("backfill %d: %w", id, err))
		}
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

// load reads the instants of b, and which runs were made for them.
func (u *filling) load(view *store.View, b store.Backfill) (err error) {
	if u.instants, err = view.Instants(b.ID); err != nil {
		return err
	}
	for _, at := range u.instants[:b.Next] {
		tick, err := view.Tick(b.Pipeline, b.Trigger, at, subjectOf(&b))
		if ignoreNotFound(err) != nil {
			return err
		}
		if tick.Run != 0 {
			u.live[tick.Run] = true
		}
	}
	return nil
}

// subjectOf tells the ticks of a backfill from those of the schedule itself.
func subjectOf(b *store.Backfill) string { return fmt.Sprintf("backfill/%d", b.ID) }

// forget drops the runs that are over.
func (u *filling) forget(s *store.Store) error {
	view := s.View()
	defer view.Close()
	for id := range u.live {
		r, err := view.Run(id)
		if ignoreNotFound(err) != nil {
			return err
		}
		if err != nil || r.State.Status.Complete() && !r.State.Held {
			delete(u.live, id)
		}
	}
	return nil
}

// fill starts runs until as many live as may, or something stands against it.
func (f *filler) fill(ctx context.Context, u *filling) error {
	for f.checkDisk() == nil {
		from, to := u.Next, min(u.Instants, u.Next+u.MaxParallel-len(u.live))
		if from >= to {
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
	return nil
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
		case isRefusal(one.Err), errors.Is(one.Err, engine.ErrDeleting):
			return true, nil
		default:
			return true, one.Err
		}
	}
	return false, nil
}

// isRefusal reports whether a start may be asked for again later.
func isRefusal(err error) bool {
	return errors.Is(err, engine.ErrOverlap) || errors.Is(err, engine.ErrPaused) || errors.Is(err, engine.ErrFrozen)
}

func (u *filling) reread(s *store.Store) error {
	view := s.View()
	defer view.Close()
	b, err := view.Backfill(u.ID)
	if err != nil {
		return ignoreNotFound(err)
	}
	u.Backfill = b
	if err := u.load(view, b); err != nil {
		return err
	}
	return u.forget(s)
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
	if definition.Trigger(u.Trigger) == nil {
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

func (u *filling) firing(pipeline store.Pipeline, definition *config.Pipeline, index int) (engine.Firing, error) {
	at := u.instants[index]
	firing := engine.Firing{
		Tick: store.Tick{
			Pipeline: pipeline.ID, Trigger: u.Trigger, At: at, Subject: subjectOf(&u.Backfill),
			Decision: schedule.CaughtUp, Actor: u.Actor, Revision: pipeline.Revision,
		},
		Patient: true, Backfill: &engine.Turn{Backfill: u.ID, Index: index},
	}
	q, err := resolve(pipeline, definition, &request{
		cause: store.Cause{
			Source: store.BySchedule, Actor: u.Actor, UID: u.UID, Note: u.Note, Trigger: u.Trigger, ScheduledAt: at,
		},
		trigger: u.Trigger,
	})
	if why := refusedBy(err); why != "" {
		firing.Tick.Decision, firing.Tick.Reason, firing.Tick.Message = schedule.Skipped, schedule.Refused, why
		return firing, nil
	}
	firing.Start = &q
	return firing, err
}
