package daemon

import (
	"context"
	"fmt"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// PipelineRollback makes an old text the current one again.
func (d *Daemon) PipelineRollback(ctx context.Context, q *rpc.PipelineRollbackRequest) (*rpc.PipelineApplyResponse, error) {
	if err := d.checkSpace(); err != nil {
		return nil, failure(err, "rollback")
	}
	old, current, err := d.rollbackTo(q)
	if err != nil {
		return nil, err
	}
	source, err := d.checkText(ctx, fmt.Sprintf("%s@%d", q.Name, old.Revision), old.Text)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("revision %d", old.Revision))
	}
	if source, err = d.named(ctx, source, &old, q.Name); err != nil {
		return nil, err
	}
	return d.put(ctx, source, &rpc.PipelineApplyRequest{
		Text: old.Text, DryRun: q.DryRun, ExpectRevision: current, Note: fmt.Sprintf("rollback to %d", old.Revision),
	})
}

func (d *Daemon) rollbackTo(q *rpc.PipelineRollbackRequest) (old store.Revision, current uint64, err error) {
	view := d.store.View()
	defer view.Close()
	p, err := view.PipelineNamed(q.Name)
	if err != nil {
		return old, 0, failure(err, fmt.Sprintf("pipeline %q", q.Name))
	}
	target := q.Revision
	if target == 0 {
		target = p.Revision - 1
	}
	if target == 0 {
		return old, 0, rpc.Errorf(rpc.CodeConflict, "pipeline %q has no revision before its first", q.Name)
	}
	_, old, err = findRevision(view, q.Name, target)
	return old, p.Revision, err
}

// named gives a text another name where its pipeline was renamed since.
func (d *Daemon) named(ctx context.Context, source *config.Source, r *store.Revision, name string) (*config.Source, error) {
	if source.Pipeline.Name == name {
		return source, nil
	}
	text, err := source.Renamed(name)
	if err != nil {
		return nil, rpc.Errorf(rpc.CodeInvalid, "%v", err)
	}
	r.Text = text
	renamed, err := d.checkText(ctx, name, text)
	return renamed, failure(err, fmt.Sprintf("pipeline %q", name))
}
