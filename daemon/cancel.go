package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// RunCancel asks a run to end.
func (d *Daemon) RunCancel(ctx context.Context, q *rpc.RunCancelRequest) (*rpc.Empty, error) {
	if err := checkNote(q.Note); err != nil {
		return nil, err
	}
	id, err := d.runID(q.Run)
	if err != nil {
		return nil, err
	}
	name, _ := actor(ctx)
	err = d.engine.Cancel(ctx, id, name, q.Note, q.Force)
	if errors.Is(err, run.ErrComplete) {
		return nil, rpc.Errorf(rpc.CodeConflict, "run %q is over: there is nothing to cancel", q.Run)
	}
	return &rpc.Empty{}, failure(err, fmt.Sprintf("run %q", q.Run))
}
