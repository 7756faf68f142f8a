package daemon

import (
	"context"

	"github.com/penstock/penstock/daemon/store"
)

// awaitSealed waits until the engine has let go of those of the runs that are
// over: it holds them while their last logs are sealed. Runs that live are not
// waited for.
func (d *Daemon) awaitSealed(ctx context.Context, among func(store.Run) bool) error {
	unsealed, err := d.unsealed(among)
	for _, r := range unsealed {
		for after := r.State.Sequence; ctx.Err() == nil && d.engine.Watch(ctx, r.ID, after).Live; {
			after++
		}
	}
	return err
}

func (d *Daemon) awaitPipelineSealed(ctx context.Context, name string) error {
	view := d.store.View()
	p, err := view.PipelineNamed(name)
	view.Close()
	if err != nil {
		return err
	}
	return d.awaitSealed(ctx, func(r store.Run) bool { return r.Pipeline == p.ID })
}

// unsealed finds the runs that are over and that the engine may still hold.
func (d *Daemon) unsealed(among func(store.Run) bool) (found []store.Run, err error) {
	view := d.store.View()
	defer view.Close()
	ids, err := view.Live()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		r, err := view.Run(id)
		if err != nil {
			return nil, err
		}
		if among(r) && r.State.Status.Complete() {
			found = append(found, r)
		}
	}
	return found, nil
}
