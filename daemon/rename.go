package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// PipelineRename gives a pipeline another name.
func (d *Daemon) PipelineRename(ctx context.Context, q *rpc.PipelineRenameRequest) (*rpc.Empty, error) {
	source, r, err := d.copied(ctx, q.Name, q.To)
	if err != nil {
		return nil, err
	}
	who, _ := actor(ctx)
	err = d.change(ctx, func(tx *store.Tx, now time.Time) (changed uint64, err error) {
		p, err := tx.PipelineNamed(q.Name)
		if err != nil {
			return 0, err
		}
		if p.Revision != r.Revision {
			return 0, rpc.Errorf(rpc.CodeConflict, "pipeline %q was changed meanwhile; ask again", q.Name)
		}
		if err := nameFree(tx, q.To); err != nil {
			return 0, err
		}
		if p, err = tx.RenamePipeline(p, q.To); err != nil {
			return 0, err
		}
		p.Revision++
		return p.ID, d.putRevision(tx, p, &source.Pipeline, store.Revision{
			Text: r.Text, AppliedAt: now, AppliedBy: who, Note: "renamed from " + q.Name,
		})
	})
	return &rpc.Empty{}, failure(err, fmt.Sprintf("pipeline %q", q.Name))
}

// PipelineClone makes a pipeline of another's current text.
func (d *Daemon) PipelineClone(ctx context.Context, q *rpc.PipelineCloneRequest) (*rpc.PipelineApplyResponse, error) {
	source, r, err := d.copied(ctx, q.Name, q.To)
	if err != nil {
		return nil, err
	}
	who, _ := actor(ctx)
	err = d.change(ctx, func(tx *store.Tx, now time.Time) (changed uint64, err error) {
		if err := nameFree(tx, q.To); err != nil {
			return 0, err
		}
		p, _, err := pipelineFor(tx, q.To, now)
		if err != nil {
			return 0, err
		}
		p.Revision = 1
		return p.ID, d.putRevision(tx, p, &source.Pipeline, store.Revision{
			Text: r.Text, AppliedAt: now, AppliedBy: who, Note: fmt.Sprintf("cloned from %s@%d", q.Name, r.Revision),
		})
	})
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", q.To))
	}
	return &rpc.PipelineApplyResponse{Pipeline: q.To, Revision: 1, Created: true, Changed: true}, nil
}

// copied is the current text of a pipeline under another name, unless there is no
// space for it.
func (d *Daemon) copied(ctx context.Context, name, to string) (*config.Source, store.Revision, error) {
	if err := d.checkSpace(); err != nil {
		return nil, store.Revision{}, failure(err, "pipeline")
	}
	view := d.store.View()
	_, r, err := findRevision(view, name, 0)
	view.Close()
	if err != nil {
		return nil, r, err
	}
	source, err := config.ParsePipeline(name, []byte(r.Text))
	if err != nil {
		return nil, r, failure(err, fmt.Sprintf("pipeline %q", name))
	}
	source, err = d.named(ctx, source, &r, to)
	return source, r, err
}

func nameFree(tx *store.Tx, name string) error {
	_, err := tx.PipelineNamed(name)
	if err == nil {
		return rpc.Errorf(rpc.CodeConflict, "there is a pipeline %q already", name)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
