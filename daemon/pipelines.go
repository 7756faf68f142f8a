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
	if err := checkNote(q.Note); err != nil {
		return nil, err
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
	err := d.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		p, created, err := pipelineFor(tx, source.Pipeline.Name, now)
		if err != nil {
			return err
		}
		if q.ExpectRevision != 0 && q.ExpectRevision != p.Revision {
			return rpc.Errorf(rpc.CodeConflict, "pipeline %q is at revision %d, not %d: somebody changed it meanwhile",
				p.Name, p.Revision, q.ExpectRevision)
		}
		old, err := currentText(tx, p)
		if err != nil {
			return err
		}
		answer = &rpc.PipelineApplyResponse{
			Pipeline: p.Name, Revision: p.Revision, Created: created, Changed: created || old != q.Text,
			Difference: difference(p.Name, p.Revision, old, p.Revision+1, q.Text),
		}
		if !answer.Changed {
			return nil
		}
		answer.Revision++
		if q.DryRun {
			return nil
		}
		p.Revision++
		putRevision(tx, p, &source.Pipeline, store.Revision{Text: q.Text, AppliedAt: now, AppliedBy: who, Note: q.Note})
		return nil
	})
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

// putRevision writes p, whose Revision is the new one, and r as that revision.
func putRevision(tx *store.Tx, p store.Pipeline, definition *config.Pipeline, r store.Revision) {
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
}

func difference(name string, oldRevision uint64, old string, newRevision uint64, new string) string {
	return string(diff.Diff(
		fmt.Sprintf("%s@%d", name, oldRevision), []byte(old),
		fmt.Sprintf("%s@%d", name, newRevision), []byte(new)))
}

// PipelineList lists pipelines.
func (d *Daemon) PipelineList(_ context.Context, q *rpc.PipelineListRequest) (*rpc.PipelineListResponse, error) {
	view := d.store.View()
	defer view.Close()
	answer, limit := &rpc.PipelineListResponse{Pipelines: []rpc.Pipeline{}}, limitOf(q.Limit, 100)
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
	}
	for record, err := range view.RunsOf(p.ID) {
		if err != nil {
			return line, err
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
		AppliedAt: r.AppliedAt, AppliedBy: r.AppliedBy, Note: r.Note, Text: r.Text,
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

// PipelineHistory lists the revisions of a pipeline, newest first.
func (d *Daemon) PipelineHistory(_ context.Context, q *rpc.PipelineHistoryRequest) (*rpc.PipelineHistoryResponse, error) {
	view := d.store.View()
	defer view.Close()
	p, err := view.PipelineNamed(q.Name)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", q.Name))
	}
	answer, limit := &rpc.PipelineHistoryResponse{Revisions: []rpc.RevisionSummary{}}, limitOf(q.Limit, 50)
	var newer *store.Revision
	for r, err := range view.Revisions(p, q.Before) {
		if err != nil {
			return nil, failure(err, fmt.Sprintf("the history of pipeline %q", q.Name))
		}
		if newer != nil { // its difference is known now
			last := &answer.Revisions[len(answer.Revisions)-1]
			last.Difference = difference(p.Name, r.Revision, r.Text, newer.Revision, newer.Text)
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

// PipelineRollback makes an old text the current one again.
func (d *Daemon) PipelineRollback(ctx context.Context, q *rpc.PipelineRollbackRequest) (*rpc.PipelineApplyResponse, error) {
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

// PipelineRename gives a pipeline another name.
func (d *Daemon) PipelineRename(ctx context.Context, q *rpc.PipelineRenameRequest) (*rpc.Empty, error) {
	source, r, err := d.copied(ctx, q.Name, q.To)
	if err != nil {
		return nil, err
	}
	who, _ := actor(ctx)
	err = d.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		p, err := tx.PipelineNamed(q.Name)
		if err != nil {
			return err
		}
		if p.Revision != r.Revision {
			return rpc.Errorf(rpc.CodeConflict, "pipeline %q was changed meanwhile; ask again", q.Name)
		}
		if err := nameFree(tx, q.To); err != nil {
			return err
		}
		if p, err = tx.RenamePipeline(p, q.To); err != nil {
			return err
		}
		p.Revision++
		putRevision(tx, p, &source.Pipeline, store.Revision{
			Text: r.Text, AppliedAt: now, AppliedBy: who, Note: "renamed from " + q.Name,
		})
		return nil
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
	err = d.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
		if err := nameFree(tx, q.To); err != nil {
			return err
		}
		p, _, err := pipelineFor(tx, q.To, now)
		if err != nil {
			return err
		}
		p.Revision = 1
		putRevision(tx, p, &source.Pipeline, store.Revision{
			Text: r.Text, AppliedAt: now, AppliedBy: who, Note: fmt.Sprintf("cloned from %s@%d", q.Name, r.Revision),
		})
		return nil
	})
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", q.To))
	}
	return &rpc.PipelineApplyResponse{Pipeline: q.To, Revision: 1, Created: true, Changed: true}, nil
}

// copied is the current text of a pipeline under another name.
func (d *Daemon) copied(ctx context.Context, name, to string) (*config.Source, store.Revision, error) {
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

// PipelineDelete removes a pipeline and everything under it.
func (d *Daemon) PipelineDelete(ctx context.Context, q *rpc.PipelineDeleteRequest) (*rpc.PipelineDeleteResponse, error) {
	answer, id, err := d.pipelineDeletion(q.Name)
	if err != nil || q.DryRun {
		return answer, err
	}
	subject := fmt.Sprintf("pipeline %q", q.Name)
	runs, err := d.engine.DeletePipeline(ctx, id)
	if err != nil {
		return nil, failure(err, subject)
	}
	var errs []error
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
	answer := &rpc.PipelineDeleteResponse{Revisions: int(p.Revision)}
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
