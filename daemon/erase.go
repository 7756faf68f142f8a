package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// LogErase removes the log of an attempt, or those of all of a step, and
// answers once they are gone from the disk.
func (d *Daemon) LogErase(ctx context.Context, q *rpc.LogEraseRequest) (*rpc.LogEraseResponse, error) {
	answer, at, err := d.erasure(q)
	if err != nil || q.DryRun {
		return answer, err
	}
	who, _ := actor(ctx)
	err = d.engine.Act(ctx, at.run, func(_ *run.Run, now time.Time) (run.Event, error) {
		return run.Erase{Step: at.step, Attempt: q.Attempt, At: now, Actor: who}, nil
	})
	if err == nil {
		err = d.awaitErased(ctx, at)
	}
	if err != nil {
		return nil, failure(err, fmt.Sprintf("the log of %s/%s", answer.Run, answer.Step))
	}
	return answer, nil
}

// stepPlace is a step of a run.
type stepPlace struct {
	run  uint64
	step int
}

// erasure says what an erasure takes.
func (d *Daemon) erasure(q *rpc.LogEraseRequest) (*rpc.LogEraseResponse, stepPlace, error) {
	view := d.store.View()
	defer view.Close()
	record, pipeline, err := findRun(view, q.Run)
	if err != nil {
		return nil, stepPlace{}, err
	}
	plan, err := view.Plan(record.ID)
	if err != nil {
		return nil, stepPlace{}, failure(err, fmt.Sprintf("run %q", q.Run))
	}
	i, err := findStep(plan, q.Stage, q.Step)
	if err != nil {
		return nil, stepPlace{}, err
	}
	step, err := view.Step(record.ID, i)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, stepPlace{}, failure(err, fmt.Sprintf("run %q", q.Run))
	}
	answer := &rpc.LogEraseResponse{
		Run: run.Name(pipeline.Name, record.Number), Step: stepName(plan, i), Attempts: []int{},
	}
	return answer, stepPlace{record.ID, i}, erasable(answer, &step, q.Attempt)
}

// erasable fills in the attempts whose logs are still there, and refuses an
// erasure that finds none.
func erasable(answer *rpc.LogEraseResponse, step *run.Step, number int) error {
	if number < 0 || number > len(step.Attempts) {
		return rpc.Errorf(rpc.CodeNotFound, "step %s of run %s has %d attempts, not %d", answer.Step, answer.Run, len(step.Attempts), number)
	}
	for k := range step.Attempts {
		a := &step.Attempts[k]
		if number != 0 && a.Number != number || a.Erase != nil {
			continue
		}
		if !a.Ended() {
			return rpc.Errorf(rpc.CodeConflict, "attempt %d of step %s of run %s is at work: its log can be erased once it has ended", a.Number, answer.Step, answer.Run)
		}
		answer.Attempts = append(answer.Attempts, a.Number)
		if a.Log != nil {
			answer.LogBytes += uint64(a.Log.Stored)
		}
	}
	if len(answer.Attempts) == 0 {
		return rpc.Errorf(rpc.CodeConflict, "step %s of run %s has no log that could be erased", answer.Step, answer.Run)
	}
	return nil
}

// awaitErased waits until no log of the step is still to be removed.
func (d *Daemon) awaitErased(ctx context.Context, at stepPlace) error {
	for {
		done, sequence, err := d.erased(at)
		if done || err != nil {
			return err
		}
		d.engine.Watch(ctx, at.run, sequence)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (d *Daemon) erased(at stepPlace) (done bool, sequence uint64, err error) {
	view := d.store.View()
	defer view.Close()
	record, err := view.Run(at.run)
	if err != nil {
		return false, 0, err
	}
	step, err := view.Step(at.run, at.step)
	if err != nil {
		return false, 0, err
	}
	for k := range step.Attempts {
		if e := step.Attempts[k].Erase; e != nil && !e.Done {
			return false, record.State.Sequence, nil
		}
	}
	return true, record.State.Sequence, nil
}
