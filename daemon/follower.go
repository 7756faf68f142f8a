package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/store"
)

// follower fires the triggers that wait for the ends of other pipelines' runs.
// The engine records an end in the commit that makes it, and rings; the record
// goes once each of the triggers has its tick. So an end is never missed, and
// one that is told again after a kill meets the tick that it has already.
type follower struct {
	*Daemon
	bell bell
}

// tellEvery is how often ends are told again that could not be told.
const tellEvery = 30 * time.Second

// keepTelling tells triggers of ends until ctx does.
func (f *follower) keepTelling(ctx context.Context) {
	for ctx.Err() == nil {
		rung := f.bell.wait() // before the look: an end in between is heard
		again := f.tellAll(ctx)
		select {
		case <-rung:
		case <-again:
		case <-ctx.Done():
		}
	}
}

// endsAtOnce bounds how many ends share a commit.
const endsAtOnce = 64

// tellAll tells of every end that waits; again says when to try those once more
// that could not be told, nil where there are none.
func (f *follower) tellAll(ctx context.Context) (again <-chan time.Time) {
	ends, err := f.ends()
	if len(ends) > 0 {
		err = errors.Join(err, f.checkDisk())
	}
	if err == nil {
		for some := range slices.Chunk(ends, endsAtOnce) {
			err = errors.Join(err, f.tell(ctx, some))
		}
	}
	if err != nil && ctx.Err() == nil {
		f.log.Warn("triggers that follow other pipelines wait; they are told again", "in", tellEvery, "error", err)
		again = time.After(tellEvery)
	}
	return again
}

// ends lists the ends that nobody was told of, in the order in which they came.
func (f *follower) ends() (all []store.Ending, err error) {
	view := f.store.View()
	defer view.Close()
	for e, err := range view.Endings() {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b store.Ending) int { return a.FinishedAt.Compare(b.FinishedAt) })
	return all, nil
}

// tell fires the triggers that wait for some ends, and forgets the ends of which
// all of them were told. Of a pipeline that is changed meanwhile the text that is
// current by then counts.
func (f *follower) tell(ctx context.Context, ends []store.Ending) (failed error) {
	var told []store.Ending
	for left := ends; len(left) > 0; {
		var again []store.Ending
		for _, t := range f.round(ctx, left) {
			switch {
			case t.err == nil:
				told = append(told, t.end)
			case errors.Is(t.err, engine.ErrRevision):
				again = append(again, t.end)
			default:
				failed = errors.Join(failed, fmt.Errorf("the end of run %d: %w", t.end.Run, t.err))
			}
		}
		left = again
	}
	return errors.Join(failed, f.forget(ctx, told))
}

func (f *follower) forget(ctx context.Context, told []store.Ending) error {
	if len(told) == 0 {
		return nil
	}
	return f.engine.Update(ctx, func(tx *store.Tx, _ time.Time) error {
		for _, e := range told {
			tx.RemoveEnding(e)
		}
		return nil
	})
}

// telling is an end that triggers are told of.
type telling struct {
	end     store.Ending
	firings []engine.Firing
	err     error // of any of them
}

// round tells some ends, in one commit.
func (f *follower) round(ctx context.Context, ends []store.Ending) []telling {
	all := make([]telling, len(ends))
	var firings []engine.Firing
	for i, e := range ends {
		all[i].end = e
		all[i].firings, all[i].err = f.firings(e)
		firings = append(firings, all[i].firings...)
	}
	became, err := f.engine.Fire(ctx, firings)
	for i := range all {
		if err != nil {
			all[i].err = err
			continue
		}
		n := len(all[i].firings)
		all[i].hear(became[:n])
		became = became[n:]
	}
	return all
}

// hear takes what became of the firings. One whose trigger is gone, or that has
// its tick already, is done.
func (t *telling) hear(became []engine.Fired) {
	for _, b := range became {
		if b.Err != nil && !errors.Is(b.Err, engine.ErrFired) && !errors.Is(b.Err, engine.ErrNotFound) {
			t.err = errors.Join(t.err, b.Err)
		}
	}
}

// firings are what an end means for the triggers that wait for it.
func (f *follower) firings(e store.Ending) (all []engine.Firing, err error) {
	view := f.store.View()
	defer view.Close()
	n, err := f.read(view, e)
	if err != nil {
		return nil, err
	}
	followers, err := view.Followers(n.pipeline.Name)
	if err != nil {
		return nil, err
	}
	for _, t := range followers {
		if !n.counts(t.After) {
			continue
		}
		firing, err := n.firing(t)
		if err != nil {
			return nil, fmt.Errorf("trigger %s: %w", t.Name, err)
		}
		if firing != nil {
			all = append(all, *firing)
		}
	}
	return all, nil
}
