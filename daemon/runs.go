package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/selection"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// lookFor is how long a request looks at runs before it answers with what it
// has found, perhaps nothing, and where to go on.
const lookFor = 100 * time.Millisecond

// RunList lists runs, newest first.
func (d *Daemon) RunList(_ context.Context, q *rpc.RunListRequest) (*rpc.RunListResponse, error) {
	limit, err := limitOf(q.Limit, 20)
	if err != nil {
		return nil, err
	}
	wanted, err := selection.Of(q)
	if err != nil {
		return nil, err
	}
	view := d.store.View()
	defer view.Close()
	list := store.Listing{Before: q.Before, After: q.After, Ascending: q.Ascending}
	if q.Pipeline != "" {
		p, err := view.PipelineNamed(q.Pipeline)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("pipeline %q", q.Pipeline))
		}
		list.Pipeline = p.ID
	}
	found, next, err := wanted.Page(view, list, limit, lookFor)
	if err != nil {
		return nil, failure(err, "runs")
	}
	answer := &rpc.RunListResponse{Runs: make([]rpc.RunSummary, len(found)), Next: next}
	names, now := pipelineNames{view: view}, time.Now()
	for i, record := range found {
		name, err := names.of(record.Pipeline)
		if err != nil {
			return nil, failure(err, "runs")
		}
		answer.Runs[i] = summarize(record, name, now)
	}
	return answer, nil
}

// RunLatest finds the newest run of a pipeline.
func (d *Daemon) RunLatest(_ context.Context, q *rpc.RunLatestRequest) (*rpc.RunLatestResponse, error) {
	wanted, err := selection.Of(&rpc.RunListRequest{Status: q.Status, Labels: q.Labels})
	if err != nil {
		return nil, err
	}
	view := d.store.View()
	defer view.Close()
	p, err := view.PipelineNamed(q.Pipeline)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", q.Pipeline))
	}
	found, next, err := wanted.Page(view, store.Listing{Pipeline: p.ID, Before: q.Before}, 1, lookFor)
	switch {
	case err != nil:
		return nil, failure(err, "runs")
	case len(found) > 0:
		latest := summarize(found[0], p.Name, time.Now())
		return &rpc.RunLatestResponse{Run: &latest}, nil
	case next != 0:
		return &rpc.RunLatestResponse{Next: next}, nil
	}
	return nil, noneLatest(p, q)
}

func noneLatest(p store.Pipeline, q *rpc.RunLatestRequest) error {
	if len(q.Status) == 0 && len(q.Labels) == 0 {
		return rpc.Errorf(rpc.CodeNotFound, "pipeline %q has no runs yet", p.Name)
	}
	return rpc.Errorf(rpc.CodeNotFound, "pipeline %q has no run like that", p.Name)
}

// pipelineNames looks each name up once.
type pipelineNames struct {
	view interface {
		Pipeline(id uint64) (store.Pipeline, error)
	}
	known map[uint64]string
}

func (n *pipelineNames) of(id uint64) (string, error) {
	if name, ok := n.known[id]; ok {
		return name, nil
	}
	p, err := n.view.Pipeline(id)
	if err != nil {
		return "", err
	}
	if n.known == nil {
		n.known = map[uint64]string{}
	}
	n.known[id] = p.Name
	return p.Name, nil
}

// RunGet answers with a run and all its steps.
func (d *Daemon) RunGet(_ context.Context, q *rpc.RunGetRequest) (*rpc.Run, error) {
	view := d.store.View()
	defer view.Close()
	record, pipeline, err := findRun(view, q.Run)
	if err != nil {
		return nil, err
	}
	r, _, err := view.Restore(record)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("run %q", q.Run))
	}
	record.State = r.State
	stages := account.Stages(r)
	if err := presentStages(view, stages); err != nil {
		return nil, failure(err, fmt.Sprintf("run %q", q.Run))
	}
	return &rpc.Run{
		RunSummary: summarize(record, pipeline.Name, time.Now()),
		Message:    account.Message(&r.State), Inputs: r.Plan.Values.Inputs, Variables: r.Plan.Values.Variables,
		Sequence: r.State.Sequence, Stages: stages, Absent: account.Absent(r.Plan),
	}, nil
}
