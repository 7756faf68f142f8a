package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// subject is what is deleted: a pipeline or a run, by its id; the other is 0.
type subject struct{ pipeline, run uint64 }

func (e *Engine) isDeleting(r *store.Run) bool {
	return e.deleting[subject{run: r.ID}] > 0 || e.isDeletingPipeline(r.Pipeline)
}

func (e *Engine) isDeletingPipeline(id uint64) bool { return e.deleting[subject{pipeline: id}] > 0 }

// DeleteRun removes the records of a run. One that is not over is ErrLive, or
// with force it is killed first and waited for; nothing of it begins any more
// meanwhile, and nothing is deleted where ctx ends before it has. Its files are
// the caller's.
func (e *Engine) DeleteRun(ctx context.Context, id uint64, actor string, force bool) error {
	return e.deleteRun(ctx, id, actor, force, (*turn).deleteRun)
}

// ExpireRun removes the records of a run that is over and that nobody wished
// gone: as long as the key that it was started with is known that starts no other.
func (e *Engine) ExpireRun(ctx context.Context, id uint64) error {
	return e.deleteRun(ctx, id, "", false, func(t *turn, r store.Run) error { return t.tx.DeleteRun(r) })
}

func (e *Engine) deleteRun(ctx context.Context, id uint64, actor string, force bool, remove func(*turn, store.Run) error) error {
	return e.delete(ctx, subject{run: id}, func(t *turn) ([]*live, error) {
		if l := t.live[id]; l != nil {
			return t.finish([]*live{l}, actor, force)
		}
		record, err := t.tx.Run(id)
		if err != nil {
			return nil, wrapNotFound(err)
		}
		return nil, remove(t, record)
	})
}

// deleteRun removes what somebody wished gone: its key may start another run.
func (t *turn) deleteRun(r store.Run) error {
	if r.Key != "" {
		made, err := t.tx.Request(r.Key)
		if err == nil && made.Run == r.ID {
			t.tx.RemoveRequest(r.Key)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return t.tx.DeleteRun(r)
}

// DeletePipeline removes the records of a pipeline and of its runs, and answers
// with their ids. For runs that are not over see DeleteRun; meanwhile no run of
// the pipeline is started.
func (e *Engine) DeletePipeline(ctx context.Context, id uint64, actor string, force bool) (runs []uint64, err error) {
	var removed []uint64
	err = e.delete(ctx, subject{pipeline: id}, func(t *turn) (living []*live, err error) {
		for _, l := range t.live {
			if l.record.Pipeline == id {
				living = append(living, l)
			}
		}
		if len(living) > 0 {
			return t.finish(living, actor, force)
		}
		removed, err = t.deletePipeline(id)
		return nil, err
	})
	if err != nil {
		return nil, err
	}
	if err := e.forgetTicks(ctx, id); err != nil {
		e.log.Info("ticks of a deleted pipeline are left to the next sweep", "pipeline", id, "error", err)
	}
	return removed, nil
}

// forgetTicks removes the ledgers of a pipeline that is gone, which may be long,
// in so many turns that nobody waits for it.
func (e *Engine) forgetTicks(ctx context.Context, pipeline uint64) error {
	const atOnce = 500
	for {
		var more bool
		if err := e.ask(ctx, func(t *turn) (err error) {
			more, err = t.tx.ForgetTicks(pipeline, atOnce)
			return err
		}); err != nil || !more {
			return err
		}
	}
}

// delete tries to delete something, in one commit, until no run of it is alive
// any more. From the first try on nothing of it can begin.
func (e *Engine) delete(ctx context.Context, s subject, try func(t *turn) (living []*live, err error)) error {
	marked := false // the loop's
	defer e.unmark(s, &marked)
	for {
		var living []*live
		if err := e.ask(ctx, func(t *turn) (err error) {
			if living, err = try(t); len(living) > 0 && !marked {
				marked = true
				t.deleting[s]++
			}
			return err
		}); err != nil || len(living) == 0 {
			return err
		}
		for _, l := range living {
			select {
			case <-l.gone:
			case <-ctx.Done():
				return ctx.Err()
			case <-e.done:
				return ErrStopping
			}
		}
	}
}

// unmark lets what was not deleted go on.
func (e *Engine) unmark(s subject, marked *bool) {
	err := e.send(message{work: func(t *turn) error {
		if *marked {
			t.deleting[s]--
		}
		if t.deleting[s] == 0 {
			delete(t.deleting, s)
		}
		return nil
	}})
	if err != nil {
		e.log.Debug("a deletion ends with the daemon", "error", err)
	}
}

// finish kills those of the runs that are not over.
func (t *turn) finish(all []*live, actor string, force bool) ([]*live, error) {
	for _, l := range all {
		if !l.run.Complete() && !force {
			r := t.reference(l)
			return nil, fmt.Errorf("run %s is %s: %w", r.Name, r.Status, ErrLive)
		}
	}
	for _, l := range all {
		if l.run.Complete() {
			continue
		}
		why := run.Cancellation{At: t.now, Actor: actor, Note: "it is being deleted", Force: true}
		if err := t.cancel(l, why, nil); err != nil {
			t.log.Error("a run that is to be deleted cannot be canceled", "run", l.record.ID, "error", err)
		}
	}
	return all, nil
}

func (t *turn) deletePipeline(id uint64) (runs []uint64, err error) {
	pipeline, err := t.tx.Pipeline(id)
	if err != nil {
		return nil, wrapNotFound(err)
	}
	for record, err := range t.tx.RunsOf(id) {
		if err != nil {
			return nil, err
		}
		if err := t.deleteRun(record); err != nil {
			return nil, err
		}
		runs = append(runs, record.ID)
	}
	return runs, t.tx.DeletePipeline(pipeline)
}
