package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// RunUnschedule makes scheduled steps manual. Those that are manual stay so.
func (d *Daemon) RunUnschedule(ctx context.Context, q *rpc.RunUnscheduleRequest) (*rpc.RunStepsResponse, error) {
	if len(q.Steps) == 0 {
		return nil, rpc.Errorf(rpc.CodeInvalid, "unschedule wants at least one step")
	}
	who, _ := actor(ctx)
	return d.grant(ctx, q.Run, d.engine.Act, func(r *run.Run, now time.Time) (run.Event, []int, error) {
		steps, err := fitting(r, q.Steps, (*run.Step).CanUnschedule)
		left := slices.DeleteFunc(slices.Clone(steps), func(i int) bool { return r.Steps[i].Status != run.Scheduled })
		return run.Unschedule{Steps: steps, At: now, Actor: who}, left, err
	})
}
