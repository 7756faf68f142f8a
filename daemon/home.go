package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/state"
	"github.com/penstock/penstock/daemon/store"
)

// isCopy says why what was due is dropped.
const isCopy = "the store was copied, or put back from a backup"

// settle makes the store at home in a directory. One that was at home in
// another, or has an old mark beside it, is a copy: what was due while it lay there
// is nobody's any more, for the original has seen to it.
func (s *schedules) settle(ctx context.Context, home string, mark state.Mark) error {
	generation := s.store.Meta.Generation
	old, err := mark.Old(generation)
	if err != nil {
		return err
	}
	if old || s.store.Meta.Home != home {
		if err := s.settleCopy(ctx, home); err != nil {
			return err
		}
	}
	if err := mark.Renew(generation); err != nil { // the old one stays, and is no lie
		s.log.Warn("a backup that is put back from now on may be taken for this state", "error", err)
	}
	return nil
}

// settleCopy makes a store at home that is new, or a copy.
func (s *schedules) settleCopy(ctx context.Context, home string) error {
	if before := s.store.Meta.Home; before != "" {
		s.log.Warn("the store is a copy of another: what was due meanwhile is dropped", "was", before, "is", home)
		if err := s.dropMissed(ctx); err != nil {
			return err
		}
	}
	return s.engine.Update(ctx, func(tx *store.Tx, _ time.Time) error {
		meta, err := tx.Meta()
		meta.Home = home
		tx.PutMeta(meta)
		return err
	})
}

// dropMissed accounts for what the schedules of a copy have missed, some of
// them in a commit.
func (s *schedules) dropMissed(ctx context.Context) error {
	var some []store.Trigger
	view := s.store.View()
	defer view.Close()
	for t, err := range view.Triggers() {
		if err != nil {
			return err
		}
		if t.Kind != config.OnSchedule {
			continue
		}
		if some = append(some, t); len(some) == 1_000 {
			if err := s.restoreAll(ctx, some); err != nil {
				return err
			}
			some = nil
		}
	}
	return errors.Join(s.restoreAll(ctx, some), s.dropBackfills(ctx))
}

// dropBackfills cancels the backfills that a copy found under way: the original
// went on with them.
func (s *schedules) dropBackfills(ctx context.Context) error {
	return s.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		var under []store.Backfill
		for b, err := range tx.Backfills() {
			if err != nil {
				return err
			}
			if !b.Over() {
				under = append(under, b)
			}
		}
		for _, b := range under {
			b.CanceledAt, b.CanceledBy, b.Message = now, "penstock", isCopy
			tx.PutBackfill(b)
		}
		return nil
	})
}

func (s *schedules) restoreAll(ctx context.Context, some []store.Trigger) error {
	return s.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		for i := range some {
			if err := s.restore(tx, &some[i], now); err != nil {
				return err
			}
		}
		return nil
	})
}

// restore drops what a schedule has missed. One that was changed since it was
// read has been seen to.
func (s *schedules) restore(tx *store.Tx, read *store.Trigger, now time.Time) error {
	t, err := tx.Trigger(read.Pipeline, read.Name)
	if errors.Is(err, store.ErrNotFound) || err == nil && !t.Mark.Equal(read.Mark) {
		return nil
	}
	if err != nil {
		return err
	}
	pipeline, err := tx.Pipeline(t.Pipeline)
	if err != nil {
		return err
	}
	table, err := s.timetable(&t)
	if err != nil {
		s.log.Error("a schedule cannot be kept", "pipeline", t.Pipeline, "trigger", t.Name, "error", err)
		return nil
	}
	missed, mark := table.Restore(t.Mark, now, s.boot)
	for k := range missed {
		d := &missed[k]
		tx.PutTick(store.Tick{
			Pipeline: t.Pipeline, Trigger: t.Name, At: d.At, Decision: d.Decision, Reason: d.Reason, DecidedAt: now,
			Message: isCopy, Revision: pipeline.Revision, Count: d.Count, Last: d.Last,
		})
	}
	t.Mark = mark
	tx.UpdateTrigger(t)
	return nil
}
