package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// RunCancel asks a run, or some of its steps, to end. To ask again is no error.
func (d *Daemon) RunCancel(ctx context.Context, q *rpc.RunCancelRequest) (*rpc.Empty, error) {
	if err := checkNote(q.Note); err != nil {
		return nil, err
	}
	id, err := d.runID(q.Run)
	if err != nil {
		return nil, err
	}
	who, _ := actor(ctx)
	err = d.engine.Act(ctx, id, func(r *run.Run, now time.Time) (run.Event, error) {
		ev := run.Cancel{Cancellation: run.Cancellation{At: now, Actor: who, Note: q.Note, Force: q.Force}}
		if len(q.Steps) == 0 {
			return ev, nil
		}
		steps, err := fitting(r, q.Steps, func(s run.Status) bool { return !s.Complete() && s != run.Manual })
		ev.Steps = steps
		return ev, err
	})
	switch {
	case errors.Is(err, run.ErrStale): // asked for already
		err = nil
	case errors.Is(err, run.ErrComplete):
		return nil, rpc.Errorf(rpc.CodeConflict, "run %q is over: there is nothing to cancel", q.Run)
	}
	return &rpc.Empty{}, failure(err, fmt.Sprintf("run %q", q.Run))
}
