package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// PipelineDelete removes a pipeline and everything under it.
func (d *Daemon) PipelineDelete(ctx context.Context, q *rpc.PipelineDeleteRequest) (*rpc.PipelineDeleteResponse, error) {
	subject := fmt.Sprintf("pipeline %q", q.Name)
	if err := d.awaitPipelineSealed(ctx, q.Name); err != nil {
		return nil, failure(err, subject)
	}
	answer, id, err := d.pipelineDeletion(q.Name)
	if err != nil || q.DryRun {
		return answer, err
	}
	who, _ := actor(ctx)
	runs, err := d.engine.DeletePipeline(ctx, id, who, q.Force)
	if err != nil {
		return nil, failure(err, subject)
	}
	errs := []error{d.schedules.retime(id)}
	for _, run := range runs {
		errs = append(errs, d.attempts.removeRun(run))
	}
	return answer, failure(errors.Join(errs...), subject)
}

// pipelineDeletion says what goes with a pipeline.
func (d *Daemon) pipelineDeletion(name string) (*rpc.PipelineDeleteResponse, uint64, error) {
	view := d.store.View()
	defer view.Close()
	subject := fmt.Sprintf("pipeline %q", name)
	p, err := view.PipelineNamed(name)
	if err != nil {
		return nil, 0, failure(err, subject)
	}
	triggers, err := view.TriggersOf(p.ID)
	if err != nil {
		return nil, 0, failure(err, subject)
	}
	keys, err := view.KeysOf(p.ID)
	if err != nil {
		return nil, 0, failure(err, subject)
	}
	answer := &rpc.PipelineDeleteResponse{Revisions: int(p.Revision), Triggers: len(triggers), Keys: len(keys)}
	for record, err := range view.RunsOf(p.ID) {
		if err != nil {
			return nil, 0, failure(err, subject)
		}
		bytes, err := d.logs.Usage(record.ID)
		if err != nil {
			return nil, 0, failure(err, subject)
		}
		answer.Runs++
		answer.LogBytes += uint64(bytes)
		if !record.State.Status.Complete() {
			answer.LiveRuns++
		}
	}
	return answer, p.ID, nil
}

// RunDelete removes a run with its logs and its workspace.
func (d *Daemon) RunDelete(ctx context.Context, q *rpc.RunDeleteRequest) (*rpc.RunDeleteResponse, error) {
	subject := fmt.Sprintf("run %q", q.Run)
	id, err := d.runID(q.Run)
	if err != nil {
		return nil, err
	}
	if err := d.awaitSealed(ctx, func(r store.Run) bool { return r.ID == id }); err != nil {
		return nil, failure(err, subject)
	}
	answer, err := d.runDeletion(id)
	if err != nil || q.DryRun {
		return answer, err
	}
	who, _ := actor(ctx)
	if err := d.engine.DeleteRun(ctx, id, who, q.Force); err != nil {
		return nil, failure(err, subject)
	}
	return answer, failure(d.attempts.removeRun(id), subject)
}

// runDeletion says what goes with a run.
func (d *Daemon) runDeletion(id uint64) (*rpc.RunDeleteResponse, error) {
	view := d.store.View()
	defer view.Close()
	record, pipeline, err := findRun(view, fmt.Sprint(id))
	if err != nil {
		return nil, err
	}
	plan, err := view.Plan(id)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("run %d", id))
	}
	bytes, err := d.logs.Usage(id)
	return &rpc.RunDeleteResponse{
		Run: summarize(record, pipeline.Name, time.Now()), Steps: len(plan.Steps), LogBytes: uint64(bytes),
	}, failure(err, fmt.Sprintf("run %d", id))
}
