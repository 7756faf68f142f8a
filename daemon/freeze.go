package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// FreezeSet freezes everything.
func (d *Daemon) FreezeSet(ctx context.Context, q *rpc.FreezeSetRequest) (*rpc.Freeze, error) {
	p, err := newPause(ctx, q.Reason, q.Until)
	if err != nil {
		return nil, err
	}
	f := store.Freeze{At: p.At, Actor: p.Actor, Until: p.Until, Reason: p.Reason}
	if err := d.engine.SetFreeze(ctx, f); err != nil {
		return nil, failure(err, "the freeze")
	}
	return freeze(&f), nil
}

// FreezeGet says whether everything is frozen.
func (d *Daemon) FreezeGet(context.Context, *rpc.Empty) (*rpc.FreezeResponse, error) {
	f, err := d.frozen()
	return &rpc.FreezeResponse{Freeze: f}, err
}

// FreezeLift lifts the freeze, and answers with the one that it was. Where
// nothing is frozen there is nothing to lift.
func (d *Daemon) FreezeLift(ctx context.Context, _ *rpc.Empty) (*rpc.FreezeResponse, error) {
	was, err := d.frozen()
	if err != nil || was == nil {
		return &rpc.FreezeResponse{}, err
	}
	err = d.engine.LiftFreeze(ctx)
	if errors.Is(err, engine.ErrNotFrozen) { // it ended, or somebody was faster
		return &rpc.FreezeResponse{}, nil
	}
	if err != nil {
		return nil, failure(err, "the freeze")
	}
	d.resumed()
	return &rpc.FreezeResponse{Freeze: was}, nil
}

// frozen is the freeze that is in force; nil is none.
func (d *Daemon) frozen() (*rpc.Freeze, error) {
	view := d.store.View()
	defer view.Close()
	f, err := frozen(view)
	return f, failure(err, "the freeze")
}

// frozen is the freeze that is in force; nil is none.
func frozen(view *store.View) (*rpc.Freeze, error) {
	f, err := view.Frozen(time.Now())
	if err != nil || f == nil {
		return nil, err
	}
	return freeze(f), nil
}

// freeze is a freeze as it is told.
func freeze(f *store.Freeze) *rpc.Freeze {
	return &rpc.Freeze{At: f.At, Actor: f.Actor, Reason: f.Reason, Until: account.Moment(f.Until)}
}
