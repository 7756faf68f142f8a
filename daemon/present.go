package daemon

import (
	"errors"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// present tells of the runs that steps stand for how they stand now: a step
// that does not wait for its run has heard nothing of it since it began.
func present(view *store.View, steps []rpc.RunStep) error {
	for i := range steps {
		for k := range steps[i].Attempts {
			if d := steps[i].Attempts[k].Downstream; d != nil {
				if err := presentRun(view, d); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func presentRun(view *store.View, d *rpc.Downstream) error {
	record, err := view.Run(d.ID)
	if errors.Is(err, store.ErrNotFound) {
		d.Deleted = true
		return nil
	}
	if err != nil {
		return err
	}
	p, err := view.Pipeline(record.Pipeline)
	if err != nil {
		return err
	}
	d.Run = run.Name(p.Name, record.Number)
	d.Status, d.Warnings = string(record.State.Status), record.State.Warnings
	return nil
}

// presentStages is present for the steps of stages.
func presentStages(view *store.View, stages []rpc.RunStage) error {
	for i := range stages {
		if err := present(view, stages[i].Steps); err != nil {
			return err
		}
	}
	return nil
}
