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

// put makes a text the current revision of the pipeline that it names.
func (d *Daemon) put(ctx context.Context, source *config.Source, q *rpc.PipelineApplyRequest) (*rpc.PipelineApplyResponse, error) {
	who, _ := actor(ctx)
	a := applying{Daemon: d, asked: q, source: source, by: who}
	subject := fmt.Sprintf("pipeline %q", source.Pipeline.Name)
	if err := d.change(ctx, a.put); err != nil { // the loop may still be at it: what it writes is not ours
		return nil, failure(err, subject)
	}
	view := d.store.View()
	defer view.Close()
	var err error
	a.answer.Schedules, err = d.scheduleLines(view, a.due)
	return a.answer, failure(err, subject)
}

// applying is a text on its way to be a revision.
type applying struct {
	*Daemon
	asked  *rpc.PipelineApplyRequest
	source *config.Source
	by     string

	answer *rpc.PipelineApplyResponse
	due    []planned // its schedules, as they are then
}

// put writes the revision, unless it is the current one already or that is only
// tried; changed is then 0.
func (a *applying) put(tx *store.Tx, now time.Time) (changed uint64, err error) {
	definition := &a.source.Pipeline
	p, created, err := pipelineFor(tx, definition.Name, now)
	if err != nil {
		return 0, err
	}
	if expected := a.asked.ExpectRevision; expected != 0 && expected != p.Revision {
		return 0, rpc.Errorf(rpc.CodeConflict, "pipeline %q is at revision %d, not %d: somebody changed it meanwhile",
			p.Name, p.Revision, expected)
	}
	if err := a.compare(tx, p, created); err != nil {
		return 0, err
	}
	if a.due, err = a.schedules.planned(tx, p, definition, now); err != nil || !a.answer.Changed {
		return 0, err
	}
	p.Revision++
	a.answer.Revision = p.Revision
	if a.asked.DryRun {
		return 0, nil
	}
	return p.ID, a.putRevision(tx, p, definition, store.Revision{Text: a.asked.Text, AppliedAt: now, AppliedBy: a.by, Note: a.asked.Note})
}

// compare makes the answer: what differs from the current text, and what is to
// be said of the text among the other pipelines.
func (a *applying) compare(tx *store.Tx, p store.Pipeline, created bool) error {
	var old store.Revision // the zero value where there is none yet
	if p.Revision > 0 {
		var err error
		if old, err = tx.Revision(p.ID, p.Revision); err != nil {
			return err
		}
	}
	now := store.Revision{Revision: p.Revision + 1, Text: a.asked.Text}
	a.answer = &rpc.PipelineApplyResponse{
		Pipeline: p.Name, Revision: p.Revision, Created: created, Changed: created || old.Text != now.Text,
		Difference: difference(p.Name, old, now),
	}
	notes, err := amongOthers(tx, a.source)
	a.answer.Notes = notes
	return err
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

// difference is what has to be changed in a revision of a pipeline to have
// another.
func difference(pipeline string, old, now store.Revision) string {
	name := func(r store.Revision) string { return fmt.Sprintf("%s@%d", pipeline, r.Revision) }
	return string(diff.Diff(name(old), []byte(old.Text), name(now), []byte(now.Text)))
}
