package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// RunPlay begins manual and scheduled steps now.
func (d *Daemon) RunPlay(ctx context.Context, q *rpc.RunPlayRequest) (*rpc.RunStepsResponse, error) {
	if (len(q.Steps) == 0) == (q.Stage == "") {
		return nil, rpc.Errorf(rpc.CodeInvalid, "play wants steps, or a stage of which to play every manual step: one of the two")
	}
	if err := checkVariables(q.Variables); err != nil {
		return nil, err
	}
	if err := d.checkDisk(); err != nil {
		return nil, failure(err, "play")
	}
	who, _ := actor(ctx)
	return d.begin(ctx, q.Run, q.DespiteFreeze, func(r *run.Run, now time.Time) (run.Event, []int, error) {
		steps, err := played(r, q)
		if err == nil && !q.Confirm {
			err = unconfirmed(r.Plan, steps)
		}
		return run.Play{Steps: steps, At: now, Actor: who, Variables: q.Variables}, steps, err
	})
}

// played lists the steps that are to be played.
func played(r *run.Run, q *rpc.RunPlayRequest) ([]int, error) {
	if q.Stage == "" {
		return fitting(r, q.Steps, (*run.Step).CanPlay)
	}
	return manualSteps(r, q.Stage, q.Force)
}

// manualSteps lists the steps of a stage that wait for a person. A stage that
// holds others than manual ones is refused without force: who plays all of it
// may take it for the whole stage.
func manualSteps(r *run.Run, stage string, force bool) (steps []int, err error) {
	members := 0
	for i := range r.Plan.Steps {
		s := &r.Plan.Steps[i]
		if r.Plan.Stages[s.Stage].Name != stage {
			continue
		}
		members++
		if s.When != run.ByHand && !force {
			return nil, rpc.Errorf(rpc.CodeConflict, "stage %s holds other steps than manual ones, such as %s: play each by its name, or play all manual ones by force", stage, s.Name)
		}
		if r.Steps[i].AwaitsPlay() {
			steps = append(steps, i)
		}
	}
	switch {
	case members == 0:
		return nil, rpc.Errorf(rpc.CodeNotFound, "run %s/%d has no stage %s", r.Plan.Pipeline, r.Plan.Number, stage)
	case len(steps) == 0:
		return nil, rpc.Errorf(rpc.CodeConflict, "no step of stage %s waits to be played", stage)
	}
	return steps, nil
}

// unconfirmed refuses steps that a person has to confirm, with their texts.
func unconfirmed(p *run.Plan, steps []int) error {
	var data rpc.ConfirmData
	for _, i := range steps {
		if text := p.Steps[i].Confirmation; text != "" {
			data.Steps = append(data.Steps, rpc.Confirmation{Step: stepName(p, i), Text: text})
		}
	}
	if len(data.Steps) == 0 {
		return nil
	}
	return &rpc.Error{Code: rpc.CodeConfirm, Data: data, Message: fmt.Sprintf(
		"step %s wants to be confirmed: %s; nothing was played", data.Steps[0].Step, data.Steps[0].Text)}
}
