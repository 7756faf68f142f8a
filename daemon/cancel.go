package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// RunCancel asks a run, or some of its steps, to end. To ask again, or for what
// is over, changes nothing and is no error.
func (d *Daemon) RunCancel(ctx context.Context, q *rpc.RunCancelRequest) (*rpc.RunCancelResponse, error) {
	if err := checkNote(q.Note); err != nil {
		return nil, err
	}
	id, err := d.runID(q.Run)
	if err != nil {
		return nil, err
	}
	who, _ := actor(ctx)
	answer := rpc.RunCancelResponse{Steps: []string{}}
	err = d.engine.Act(ctx, id, func(r *run.Run, now time.Time) (run.Event, error) {
		ev := run.Cancel{Cancellation: run.Cancellation{At: now, Actor: who, Note: q.Note, Force: q.Force}}
		if len(q.Steps) == 0 {
			answer.Unchanged = r.Ends(q.Force)
			return ev, nil
		}
		steps, err := fitting(r, q.Steps, (*run.Step).CanCancel)
		ev.Steps = steps
		tellCanceled(&answer, r, steps, q.Force)
		return ev, err
	})
	if err != nil && !errors.Is(err, run.ErrStale) && !errors.Is(err, run.ErrComplete) {
		return nil, failure(err, fmt.Sprintf("run %q", q.Run)) // the loop may still be at it: what it writes is not ours
	}
	answer.Run, err = d.summary(id)
	return &answer, err
}

// tellCanceled says which of the steps are still to end.
func tellCanceled(answer *rpc.RunCancelResponse, r *run.Run, steps []int, force bool) {
	for _, i := range steps {
		name := stepName(r.Plan, i)
		if r.Steps[i].Ends(force) {
			answer.Already = append(answer.Already, name)
		} else {
			answer.Steps = append(answer.Steps, name)
		}
	}
	answer.Unchanged = len(answer.Steps) == 0
}
