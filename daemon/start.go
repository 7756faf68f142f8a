package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// RunStart starts a run.
func (d *Daemon) RunStart(ctx context.Context, q *rpc.RunStartRequest) (*rpc.RunStartResponse, error) {
	if err := errors.Join(checkNote(q.Note), checkKey(q.Key)); err != nil {
		return nil, failure(err, "run")
	}
	if err := d.checkDisk(); err != nil && !d.knownKey(q.Key) {
		return nil, failure(err, "run")
	}
	name, uid := actor(ctx)
	cause := store.Cause{Source: "command", Actor: name, UID: uid, Note: q.Note}
	for {
		record, duplicate, err := d.start(ctx, q, cause)
		if errors.Is(err, engine.ErrRevision) {
			continue // somebody applied a text meanwhile: theirs is to run
		}
		if err != nil {
			return nil, failure(err, fmt.Sprintf("pipeline %q", q.Pipeline))
		}
		summary := summarize(record, q.Pipeline, time.Now())
		return &rpc.RunStartResponse{Run: summary, Duplicate: duplicate}, nil
	}
}

// knownKey reports whether a run was started with the key: its answer is due,
// disk or no disk.
func (d *Daemon) knownKey(key string) bool {
	view := d.store.View()
	defer view.Close()
	_, err := view.Request(key)
	return key != "" && err == nil
}

func (d *Daemon) start(ctx context.Context, q *rpc.RunStartRequest, cause store.Cause) (store.Run, bool, error) {
	view := d.store.View()
	pipeline, err := view.PipelineNamed(q.Pipeline)
	if err != nil {
		view.Close()
		return store.Run{}, false, err
	}
	definition, err := d.texts.definition(view, pipeline)
	view.Close()
	if err != nil {
		return store.Run{}, false, err
	}
	resolved, err := plan.Resolve(definition, plan.Request{Source: cause.Source, Actor: cause.Actor, Revision: pipeline.Revision})
	if err != nil {
		return store.Run{}, false, err
	}
	record, duplicate, err := d.engine.Start(ctx, engine.StartRequest{
		Pipeline: pipeline.ID, Revision: pipeline.Revision, Plan: resolved, Cause: cause, Key: q.Key,
		Priority: definition.Priority, Overlap: definition.Overlap, OnNewRun: definition.AutoCancel.OnNewRun,
	})
	if err == nil && record.Pipeline != pipeline.ID {
		err = d.keyTaken(record)
	}
	return record, duplicate, err
}

// keyTaken refuses a key that started a run of another pipeline.
func (d *Daemon) keyTaken(r store.Run) error {
	view := d.store.View()
	defer view.Close()
	other, err := view.Pipeline(r.Pipeline)
	if err != nil {
		return err
	}
	return rpc.Errorf(rpc.CodeConflict, "the key started run %s/%d already: a key is for one run", other.Name, r.Number)
}

func checkKey(key string) error {
	if len(key) > 128 {
		return rpc.Errorf(rpc.CodeInvalid, "the key has %d bytes; at most 128 are kept", len(key))
	}
	return nil
}
