package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/arrival"
	"github.com/penstock/penstock/daemon/store"
)

// expiredAtOnce is how many records of ledgers go in one turn of the engine, so
// that nobody waits for long.
const expiredAtOnce = 500

// expiry collects records of ledgers that are not kept, and removes them.
type expiry struct {
	*Daemon
	rule config.Schedules
	now  time.Time
	gone []store.Tick
}

// sweepLedgers removes what the configuration does not keep of the ledgers, and
// the ledgers of pipelines that are gone. What fires next does not follow from
// the ledger, so nothing fires again for it. What cannot be removed is said, and
// tried again by the next sweep.
func (d *Daemon) sweepLedgers(ctx context.Context) {
	if err := d.expireLedgers(ctx); err != nil && ctx.Err() == nil {
		d.log.Error("what is old cannot be removed from the ledgers of triggers", "error", err)
	}
}

func (d *Daemon) expireLedgers(ctx context.Context) error {
	x := expiry{Daemon: d, rule: d.config.Load().Schedules, now: time.Now()}
	all, err := d.ledgers()
	if err != nil {
		return err
	}
	for _, l := range all {
		if err := x.sweep(ctx, l); err != nil {
			return err
		}
	}
	return errors.Join(x.remove(ctx), x.removeBackfills(ctx))
}

// ledgers lists the ledgers of all pipelines.
func (d *Daemon) ledgers() (all []store.Ledger, err error) {
	view := d.store.View()
	defer view.Close()
	for l, err := range view.Ledgers(0) {
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

// sweep collects what is not kept of a ledger.
func (x *expiry) sweep(ctx context.Context, l store.Ledger) error {
	view := x.store.View()
	defer view.Close()
	keep, before := x.rule.LedgerCount, x.now.Add(-x.rule.LedgerAge)
	_, err := view.Pipeline(l.Pipeline)
	if errors.Is(err, store.ErrNotFound) {
		keep, err = 0, nil
	}
	if err != nil {
		return err
	}
	trigger, err := view.Trigger(l.Pipeline, l.Trigger)
	if ignoreNotFound(err) != nil {
		return err
	}
	for tick, err := range view.Surplus(l, keep, before) {
		lives := false
		if err == nil {
			lives, err = stillLives(view, tick)
		}
		if err != nil {
			return err
		}
		if lives || trigger.Kind == config.OnFiles && stillAsked(tick) {
			continue
		}
		if x.gone = append(x.gone, tick); len(x.gone) == expiredAtOnce {
			if err := x.remove(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// stillAsked reports whether the file of a tick is still there: without its
// record it would be taken for a new one.
func stillAsked(t store.Tick) bool { return arrival.Present(t.Subject) }

// stillLives reports whether the run of a tick is not over: a backfill that goes
// on after a restart finds those of its runs by their records.
func stillLives(view *store.View, t store.Tick) (bool, error) {
	if t.Run == 0 {
		return false, nil
	}
	r, err := view.Run(t.Run)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && !isOver(&r), err
}

// remove removes what was collected.
func (x *expiry) remove(ctx context.Context) error {
	gone := x.gone
	x.gone = nil
	if len(gone) == 0 {
		return nil
	}
	return x.engine.Update(ctx, func(tx *store.Tx, _ time.Time) error {
		for _, tick := range gone {
			tx.RemoveTick(tick)
		}
		return nil
	})
}

// removeBackfills removes the backfills that ended before the oldest record that
// is kept by its age. Where there are none it writes nothing: it runs at every
// start, and an idle daemon leaves the disk alone.
func (x *expiry) removeBackfills(ctx context.Context) error {
	gone, err := x.oldBackfills()
	if err != nil || len(gone) == 0 {
		return err
	}
	return x.engine.Update(ctx, func(tx *store.Tx, _ time.Time) error {
		for _, id := range gone {
			tx.RemoveBackfill(id)
		}
		return nil
	})
}

// oldBackfills finds the backfills that are not kept. One that is over never
// lives again.
func (x *expiry) oldBackfills() (gone []uint64, err error) {
	view := x.store.View()
	defer view.Close()
	before := x.now.Add(-x.rule.LedgerAge)
	for b, err := range view.Backfills() {
		if err != nil {
			return nil, err
		}
		if b.Over() && b.DoneAt.Before(before) && b.CanceledAt.Before(before) {
			gone = append(gone, b.ID)
		}
	}
	return gone, nil
}
