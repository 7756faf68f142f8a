package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// PipelineApply puts a definition.
func (d *Daemon) PipelineApply(ctx context.Context, q *rpc.PipelineApplyRequest) (*rpc.PipelineApplyResponse, error) {
	if err := errors.Join(checkNote(q.Note), d.checkSpace()); err != nil {
		return nil, failure(err, "apply")
	}
	file := q.File
	if file == "" {
		file = "pipeline.toml"
	}
	source, err := d.checkText(ctx, file, q.Text)
	if err != nil {
		return nil, failure(err, file)
	}
	return d.put(ctx, source, q)
}

// put makes text the current revision of the pipeline that it names.
func (d *Daemon) put(ctx context.Context, source *config.Source, q *rpc.PipelineApplyRequest) (*rpc.PipelineApplyResponse, error) {
	who, _ := actor(ctx)
	var answer *rpc.PipelineApplyResponse
	var due []planned
	err := d.change(ctx, func(tx *store.Tx, now time.Time) (changed uint64, err error) {
		p, created, err := pipelineFor(tx, source.Pipeline.Name, now)
		if err != nil {
			return 0, err
		}
		if q.ExpectRevision != 0 && q.ExpectRevision != p.Revision {
			return 0, rpc.Errorf(rpc.CodeConflict, "pipeline %q is at revision %d, not %d: somebody changed it meanwhile",
				p.Name, p.Revision, q.ExpectRevision)
		}
		old, err := currentText(tx, p)
		if err != nil {
			return 0, err
		}
		answer = &rpc.PipelineApplyResponse{
			Pipeline: p.Name, Revision: p.Revision, Created: created, Changed: created || old != q.Text,
			Difference: difference(p.Name, p.Revision, old, p.Revision+1, q.Text),
		}
		if answer.Notes, err = amongOthers(tx, source); err != nil {
			return 0, err
		}
		if due, err = d.schedules.planned(tx, p, &source.Pipeline, now); err != nil || !answer.Changed {
			return 0, err
		}
		answer.Revision++
		if q.DryRun {
			return 0, nil
		}
		p.Revision++
		return p.ID, d.putRevision(tx, p, &source.Pipeline, store.Revision{Text: q.Text, AppliedAt: now, AppliedBy: who, Note: q.Note})
	})
	if err != nil { // the loop may still be at it: what it writes is not ours
		return nil, failure(err, fmt.Sprintf("pipeline %q", source.Pipeline.Name))
	}
	view := d.store.View()
	defer view.Close()
	answer.Schedules, err = d.scheduleLines(view, due)
	return answer, failure(err, fmt.Sprintf("pipeline %q", source.Pipeline.Name))
}

// pipelineFor finds the pipeline of a name, or makes one. Only what is put is
// written.
func pipelineFor(tx *store.Tx, name string, now time.Time) (p store.Pipeline, created bool, err error) {
	p, err = tx.PipelineNamed(name)
	if !errors.Is(err, store.ErrNotFound) {
		return p, false, err
	}
	meta, err := tx.Meta()
	if err != nil {
		return p, false, err
	}
	n, err := tx.LastNumber(name)
	return store.Pipeline{ID: meta.LastPipeline + 1, Name: name, LastNumber: n, CreatedAt: now}, true, err
}

func currentText(tx *store.Tx, p store.Pipeline) (string, error) {
	if p.Revision == 0 {
		return "", nil
	}
	r, err := tx.Revision(p.ID, p.Revision)
	return r.Text, err
}

// change changes a pipeline, and has its schedules kept as they are then. It is
// done although who asked for it has gone meanwhile.
func (d *Daemon) change(ctx context.Context, work func(tx *store.Tx, now time.Time) (pipeline uint64, err error)) error {
	var changed uint64
	err := d.engine.Update(context.WithoutCancel(ctx), func(tx *store.Tx, now time.Time) (err error) {
		changed, err = work(tx, now)
		return err
	})
	if err != nil || changed == 0 {
		return err
	}
	return d.schedules.retime(changed)
}

// putRevision writes p, whose Revision is the new one, r as that revision, and
// its triggers.
func (d *Daemon) putRevision(tx *store.Tx, p store.Pipeline, definition *config.Pipeline, r store.Revision) error {
	r.Revision, r.Description, r.Stages = p.Revision, definition.Description, len(definition.Stages)
	for _, s := range definition.Stages {
		r.Steps += len(s.Steps)
	}
	if meta, err := tx.Meta(); err == nil && p.ID > meta.LastPipeline {
		meta.LastPipeline = p.ID
		tx.PutMeta(meta)
	}
	tx.PutPipeline(p)
	tx.PutRevision(p.ID, r)
	return d.putTriggers(tx, p, definition, r.AppliedAt)
}

func difference(name string, oldRevision uint64, old string, newRevision uint64, new string) string {
	return string(diff.Diff(
		fmt.Sprintf("%s@%d", name, oldRevision), []byte(old),
		fmt.Sprintf("%s@%d", name, newRevision), []byte(new)))
}
