package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// PipelineList lists pipelines.
func (d *Daemon) PipelineList(_ context.Context, q *rpc.PipelineListRequest) (*rpc.PipelineListResponse, error) {
	limit, err := limitOf(q.Limit, 100)
	if err != nil {
		return nil, err
	}
	view := d.store.View()
	defer view.Close()
	answer := &rpc.PipelineListResponse{Pipelines: []rpc.Pipeline{}}
	for p, err := range view.Pipelines(q.After) {
		if err != nil {
			return nil, failure(err, "pipelines")
		}
		if len(answer.Pipelines) == limit {
			answer.Next = answer.Pipelines[limit-1].Name
			break
		}
		line, err := pipelineLine(view, p)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("pipeline %q", p.Name))
		}
		answer.Pipelines = append(answer.Pipelines, line)
	}
	return answer, nil
}

func pipelineLine(view *store.View, p store.Pipeline) (rpc.Pipeline, error) {
	r, err := view.Revision(p.ID, p.Revision)
	if err != nil {
		return rpc.Pipeline{}, err
	}
	line := rpc.Pipeline{
		Name: p.Name, Description: r.Description, Revision: p.Revision,
		AppliedAt: r.AppliedAt, AppliedBy: r.AppliedBy, Stages: r.Stages, Steps: r.Steps,
		Pauses: pausesOf(&p),
	}
	for record, err := range view.RunsOf(p.ID) {
		if err != nil {
			return line, err
		}
		if parentOf(&record) != 0 {
			continue
		}
		latest := summarize(record, p.Name, time.Now())
		line.Latest = &latest
		break
	}
	return line, nil
}

// PipelineGet answers with one revision.
func (d *Daemon) PipelineGet(_ context.Context, q *rpc.PipelineGetRequest) (*rpc.PipelineRevision, error) {
	view := d.store.View()
	defer view.Close()
	p, r, err := findRevision(view, q.Name, q.Revision)
	if err != nil {
		return nil, err
	}
	return &rpc.PipelineRevision{
		Pipeline: p.Name, Revision: r.Revision, Current: r.Revision == p.Revision,
		AppliedAt: r.AppliedAt, AppliedBy: r.AppliedBy, Note: r.Note, Text: r.Text, Pauses: pausesOf(&p),
	}, nil
}

// findRevision finds a revision of a pipeline; 0 is the current one.
func findRevision(view *store.View, name string, revision uint64) (store.Pipeline, store.Revision, error) {
	p, err := view.PipelineNamed(name)
	if err != nil {
		return p, store.Revision{}, failure(err, fmt.Sprintf("pipeline %q", name))
	}
	if revision == 0 {
		revision = p.Revision
	}
	r, err := view.Revision(p.ID, revision)
	return p, r, failure(err, fmt.Sprintf("revision %d of pipeline %q", revision, name))
}
