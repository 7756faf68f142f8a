package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// RunRetry tries steps again, or all of the run that failed or was canceled.
func (d *Daemon) RunRetry(ctx context.Context, q *rpc.RunRetryRequest) (*rpc.RunStepsResponse, error) {
	if len(q.Steps) == 0 && (q.After || q.Attempt != 0) {
		return nil, rpc.Errorf(rpc.CodeInvalid, "retry wants steps where it names an attempt, or goes on from steps")
	}
	if q.Attempt < 0 {
		return nil, rpc.Errorf(rpc.CodeInvalid, "attempt %d: attempts count from 1", q.Attempt)
	}
	if err := checkVariables(q.Variables); err != nil {
		return nil, err
	}
	if err := d.checkDisk(); err != nil {
		return nil, failure(err, "retry")
	}
	who, _ := actor(ctx)
	return d.begin(ctx, q.Run, q.DespiteFreeze, func(r *run.Run, now time.Time) (run.Event, []int, error) {
		ev := run.Retry{Attempt: q.Attempt, After: q.After, At: now, Actor: who, Variables: q.Variables}
		if len(q.Steps) == 0 {
			steps := r.Retryable()
			if len(steps) == 0 {
				return ev, nil, errNothing
			}
			return ev, steps, nil
		}
		steps, err := fitting(r, q.Steps, (*run.Step).CanRetry)
		ev.Steps = steps
		return ev, steps, errors.Join(err, checkAttempt(r, steps, q.Attempt))
	})
}

// checkAttempt refuses the number of an attempt that there never was.
func checkAttempt(r *run.Run, steps []int, number int) error {
	for _, i := range steps {
		if n := len(r.Steps[i].Attempts); number > n {
			return rpc.Errorf(rpc.CodeNotFound, "step %s of run %s/%d has %d attempts, not %d",
				stepName(r.Plan, i), r.Plan.Pipeline, r.Plan.Number, n, number)
		}
	}
	return nil
}
