package engine

import (
	"context"

	"github.com/penstock/penstock/daemon/run"
)

// News is what a watcher is told of a run.
type News struct {
	Live     bool         // false: look at the stored run, it will not change
	Whole    bool         // the cursor is too old: every step may have changed
	Steps    []int        // else: the steps that changed after the cursor
	Sequence uint64       // where Live: up to which Steps says it; the stored run may be further
	Plan     *run.Plan    // where Live
	Stages   []run.Status // where Live: of every stage
}

// Await waits until the status of a run is one that is waited for, or the run is
// not live any more, or ctx ends.
func (e *Engine) Await(ctx context.Context, id uint64, wanted func(run.Status) bool) {
	for {
		status, changed := e.board.status(id)
		if changed == nil || wanted(status) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// Watch waits until the run has changed after the sequence, or ctx ends, and
// says what is to be looked at.
func (e *Engine) Watch(ctx context.Context, id, after uint64) News {
	for {
		news, changed := e.board.look(id, after)
		if changed == nil {
			return news
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return news
		}
	}
}
