package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

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

// cancelBackfill lets a backfill start no more runs. Those that live go on; one
// that is over stays as it is.
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
		if !b.Over() {
			end(&b, now)
			tx.PutBackfill(b)
		}
		ended = b
		return nil
	})
	if err != nil {
		return store.Backfill{}, err
	}
	return ended, nil
}
