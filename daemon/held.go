package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// held is why a backfill started no more when that was last tried.
type held struct {
	why  error    // nil: nothing was in the way
	runs []uint64 // its runs that were not over
}

// errParallel: as many runs of a backfill live as may at a time.
var errParallel = errors.New("as many of its runs live as may at a time")

// hold keeps, for those who ask, what was in the way of a backfill.
func (b *backfills) hold(u *filling) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held[u.ID] = held{why: u.held, runs: slices.Sorted(maps.Keys(u.live))}
}

func (b *backfills) heldBy(id uint64) held {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held[id]
}

// tellHeld adds to a backfill that is under way for what it waits.
func (d *Daemon) tellHeld(ctx context.Context, b store.Backfill, told *rpc.Backfill) error {
	if b.Over() {
		return nil
	}
	h := d.backfills.heldBy(b.ID)
	if h.why == nil {
		return nil
	}
	told.Waits, told.Message = heldWord(h.why), h.why.Error()
	if told.Waits != "limit" {
		return nil
	}
	runs, err := d.heldRuns(ctx, h.runs)
	if len(runs) == 0 { // they have ended since: it goes on
		told.Waits, told.Message = "", ""
		return err
	}
	told.Message = fmt.Sprintf("%s; at most %d of its runs live at a time", strings.Join(runs, ", "), b.MaxParallel)
	return err
}

// heldWord is the word for what is in the way of a backfill.
func heldWord(why error) string {
	switch {
	case errors.Is(why, errParallel):
		return "limit"
	case errors.Is(why, engine.ErrOverlap):
		return "overlap"
	case errors.Is(why, engine.ErrPaused):
		return "paused"
	case errors.Is(why, engine.ErrFrozen):
		return "frozen"
	case errors.Is(why, engine.ErrDeleting):
		return "deleting"
	}
	if coded, ok := failure(why, "backfill").(*rpc.Error); ok && coded.Code == rpc.CodeDiskLow {
		return "disk"
	}
	return "trouble"
}

// maxHeldRuns bounds how many runs are named for which a backfill waits.
const maxHeldRuns = 3

// heldRuns says of the first of some runs how they stand, and of those that do
// not work for what they wait themselves.
func (d *Daemon) heldRuns(ctx context.Context, ids []uint64) (texts []string, err error) {
	view := d.store.View()
	defer view.Close()
	for _, id := range ids {
		record, err := view.Run(id)
		if errors.Is(err, store.ErrNotFound) || err == nil && isOver(&record) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(texts) == maxHeldRuns {
			return append(texts, "and others"), nil
		}
		pipeline, err := view.Pipeline(record.Pipeline)
		if err != nil {
			return nil, err
		}
		texts = append(texts, fmt.Sprintf("run %s/%d is %s", pipeline.Name, record.Number, record.State.Status)+d.heldRun(ctx, &record))
	}
	return texts, nil
}

// heldRun is for what a run waits that does not work; "" for one that does, or
// that has moved on meanwhile.
func (d *Daemon) heldRun(ctx context.Context, r *store.Run) string {
	if r.State.Status == run.Running && !r.State.Held {
		return ""
	}
	x, err := d.RunWhy(ctx, &rpc.RunWhyRequest{Run: fmt.Sprint(r.ID)})
	if err != nil {
		return ""
	}
	return reasonWithin(x)
}

// reasonWithin is the innermost of what has to be released for a run to go on.
// What is said of those in the way is said of them alone.
func reasonWithin(x *rpc.Explanation) string {
	for {
		waits := slices.IndexFunc(x.Causes, func(c rpc.Explanation) bool { return c.Release != "" })
		if waits < 0 {
			return ": " + x.Text
		}
		x = &x.Causes[waits]
	}
}
