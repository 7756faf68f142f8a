package daemon

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/penstock/penstock/daemon/arrival"
	"github.com/penstock/penstock/daemon/crash"
	"github.com/penstock/penstock/daemon/store"
)

// claim moves files into the directory of the trigger. What it will do is
// durable before it is done, and done before a run can know of it. A file that is
// gone, that another has replaced, or that cannot have the place that was meant for
// it, is left where it is.
func (a *arrivals) claim(ctx context.Context, batch []arrival.File) (moved []store.Claim, err error) {
	dir := a.trigger.Files.Claim
	claims, err := a.places(dir, batch)
	if err != nil {
		return nil, err
	}
	if err := a.remember(ctx, claims); err != nil {
		return nil, err
	}
	var left []store.Claim
	for i, c := range claims {
		switch moveErr := arrival.Move(batch[i], c.Path); {
		case moveErr == nil:
			moved = append(moved, c)
		case errors.Is(moveErr, fs.ErrNotExist), errors.Is(moveErr, arrival.ErrTaken), errors.Is(moveErr, arrival.ErrReplaced):
			left = append(left, c)
		default:
			left, err = append(left, c), moveErr
		}
	}
	err = errors.Join(err, arrival.SyncDirectory(dir), a.forget(ctx, left))
	crash.Point(crash.AfterClaim)
	return moved, err
}

// places finds a place for each file of a batch.
func (a *arrivals) places(dir string, batch []arrival.File) ([]store.Claim, error) {
	claims, taken := make([]store.Claim, len(batch)), map[string]bool{}
	for i, f := range batch {
		path, err := arrival.Place(dir, f, taken)
		if err != nil {
			return nil, err
		}
		taken[path] = true
		claims[i] = store.Claim{
			Pipeline: a.pipeline.ID, Trigger: a.trigger.Name, From: f.Path, Path: path,
			Inode: f.Inode, Size: f.Size, ModTime: f.ModTime,
		}
	}
	return claims, nil
}

// finish starts the runs of files that were claimed, as many as can be started
// now. One that is not where it was to be moved was not moved, or its run is done
// with it. What a file is was settled when it was claimed: whatever a step writes
// into it makes no other of it.
func (a *arrivals) finish(ctx context.Context) error {
	for len(a.claims) > 0 {
		some := a.claims[:min(len(a.claims), a.size())]
		over, here := a.sort(some)
		files := make([]arrival.File, len(here))
		for i, c := range here {
			files[i] = arrival.File{Path: c.Path, Stamp: arrival.Stamp{Inode: c.Inode, Size: c.Size, ModTime: c.ModTime}}
		}
		n, err := a.fire(ctx, files)
		a.learn(n == len(here))
		if err = errors.Join(err, a.forget(ctx, append(over, here[:n]...))); err != nil {
			return err
		}
		a.claims = a.claims[len(some):]
	}
	return nil
}

// sort tells claims whose file is where it was moved from those that are over.
func (a *arrivals) sort(claims []store.Claim) (over, here []store.Claim) {
	for _, c := range claims {
		file, err := arrival.Stat(c.Path)
		switch {
		case err == nil && file.Inode == c.Inode:
			here = append(here, c)
		case err == nil, errors.Is(err, fs.ErrNotExist), errors.Is(err, arrival.ErrIrregular):
			over = append(over, c)
		default:
			a.log.Error("a claimed file cannot be looked at; it is tried again", "path", c.Path, "error", err)
		}
	}
	return over, here
}

func (a *arrivals) remember(ctx context.Context, claims []store.Claim) error {
	return a.engine.Update(ctx, func(tx *store.Tx, _ time.Time) error {
		for _, c := range claims {
			tx.PutClaim(c)
		}
		return nil
	})
}

func (a *arrivals) forget(ctx context.Context, claims []store.Claim) error {
	if len(claims) == 0 {
		return nil
	}
	return a.engine.Update(ctx, func(tx *store.Tx, _ time.Time) error {
		for _, c := range claims {
			tx.RemoveClaim(c)
		}
		return nil
	})
}
