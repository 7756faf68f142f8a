package daemon

import (
	"context"
	"fmt"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// PipelineHistory lists the revisions of a pipeline, newest first.
func (d *Daemon) PipelineHistory(_ context.Context, q *rpc.PipelineHistoryRequest) (*rpc.PipelineHistoryResponse, error) {
	limit, err := limitOf(q.Limit, 50)
	if err != nil {
		return nil, err
	}
	view := d.store.View()
	defer view.Close()
	p, err := view.PipelineNamed(q.Name)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", q.Name))
	}
	answer := &rpc.PipelineHistoryResponse{Revisions: []rpc.RevisionSummary{}}
	var newer *store.Revision
	for r, err := range view.Revisions(p, q.Before) {
		if err != nil {
			return nil, failure(err, fmt.Sprintf("the history of pipeline %q", q.Name))
		}
		if newer != nil { // its difference is known now
			last := &answer.Revisions[len(answer.Revisions)-1]
			last.Difference = difference(p.Name, r, *newer)
		}
		if len(answer.Revisions) == limit {
			answer.Next = newer.Revision
			return answer, nil
		}
		answer.Revisions = append(answer.Revisions, rpc.RevisionSummary{
			Revision: r.Revision, Current: r.Revision == p.Revision,
			AppliedAt: r.AppliedAt, AppliedBy: r.AppliedBy, Note: r.Note,
		})
		newer = &r
	}
	return answer, nil
}
