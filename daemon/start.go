package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// RunStart starts a run.
func (d *Daemon) RunStart(ctx context.Context, q *rpc.RunStartRequest) (*rpc.RunStartResponse, error) {
	if err := errors.Join(checkNote(q.Note), checkKey(q.Key), checkSubQueue(q.SubQueue), checkPriority(q.Priority)); err != nil {
		return nil, failure(err, "run")
	}
	if err := d.checkDisk(); err != nil && !d.knownKey(q.Key) {
		return nil, failure(err, "run")
	}
	name, uid := actor(ctx)
	r := &request{
		cause:  store.Cause{Source: store.ByCommand, Actor: name, UID: uid, Note: q.Note},
		inputs: q.Inputs, variables: q.Variables, key: q.Key, subQueue: q.SubQueue, priority: q.Priority,
		name: q.RunName, labels: q.Labels, skip: q.Skip, despiteFreeze: q.DespiteFreeze,
	}
	if err := d.repeat(r, q); err != nil {
		return nil, err
	}
	if err := d.asScheduled(r, q); err != nil && !d.knownKey(q.Key) {
		return nil, err
	}
	of := func() (store.Pipeline, *config.Pipeline, error) { return d.current(q.Pipeline) }
	record, duplicate, err := d.start(ctx, of, r)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", q.Pipeline))
	}
	return &rpc.RunStartResponse{Run: summarize(record, q.Pipeline, time.Now()), Duplicate: duplicate}, nil
}

// asScheduled makes r a run for an instant of a schedule, where that is asked
// for.
func (d *Daemon) asScheduled(r *request, q *rpc.RunStartRequest) error {
	if q.AsScheduled == nil {
		if q.Trigger != "" {
			return rpc.Errorf(rpc.CodeInvalid, "trigger %q: a run by hand has one only with the instant that it is for, as_scheduled", q.Trigger)
		}
		return nil
	}
	schedule := q.Pipeline
	if q.Trigger != "" {
		schedule += "/" + q.Trigger
	}
	view := d.store.View()
	defer view.Close()
	p, err := onlyPlanned(view, schedule)
	if err != nil {
		return err
	}
	r.trigger, r.cause.Trigger, r.cause.ScheduledAt = p.trigger.Name, p.trigger.Name, *q.AsScheduled
	return nil
}

// start starts the run that is asked for, of a pipeline as of finds it, and
// answers once it is durable. The error is a *plan.Refusal, or the engine's.
func (d *Daemon) start(ctx context.Context, of pipelineNow, r *request) (record store.Run, duplicate bool, err error) {
	for {
		record, duplicate, err = d.startOnce(ctx, of, r)
		if !errors.Is(err, engine.ErrRevision) {
			return record, duplicate, err
		} // somebody applied a text meanwhile: theirs is to run
	}
}

// pipelineNow finds a pipeline as it is at the moment, and its definition.
type pipelineNow func() (store.Pipeline, *config.Pipeline, error)

func (d *Daemon) startOnce(ctx context.Context, of pipelineNow, r *request) (store.Run, bool, error) {
	pipeline, definition, err := of()
	if err != nil {
		return store.Run{}, false, err
	}
	record, duplicate, err := d.known(ctx, r.key)
	if err == nil && !duplicate {
		record, duplicate, err = d.startNew(ctx, pipeline, definition, r)
	}
	if err == nil && record.Pipeline != pipeline.ID {
		err = d.keyTaken(record)
	}
	return record, duplicate, err
}

func (d *Daemon) startNew(ctx context.Context, p store.Pipeline, definition *config.Pipeline, r *request) (store.Run, bool, error) {
	q, err := resolve(p, definition, r)
	if err != nil {
		return store.Run{}, false, d.unlessHeld(ctx, p, r, err)
	}
	return d.engine.Start(ctx, q)
}

// unlessHeld is why nothing can be made of a request, unless it is a call and no
// run may start: that is what its sender can wait for. Whoever asks by hand is there
// to mend the rest.
func (d *Daemon) unlessHeld(ctx context.Context, p store.Pipeline, r *request, err error) error {
	if r.cause.Source != store.ByTrigger {
		return err
	}
	held := d.engine.MayStart(ctx, engine.StartRequest{Pipeline: p.ID, Revision: p.Revision, Cause: r.cause, DespiteFreeze: r.despiteFreeze})
	if held != nil {
		return held
	}
	return err
}

// knownKey reports whether a run was started with the key: its answer is due,
// disk or no disk.
func (d *Daemon) knownKey(key string) bool {
	view := d.store.View()
	defer view.Close()
	_, err := view.Request(key)
	return key != "" && err == nil
}

// known finds the run that was started with the key. It comes before all that
// may have changed since: the text, what it takes, what is paused.
func (d *Daemon) known(ctx context.Context, key string) (store.Run, bool, error) {
	if !d.knownKey(key) {
		return store.Run{}, false, nil
	}
	return d.engine.Known(ctx, key)
}

// current finds a pipeline and the definition that is current.
func (d *Daemon) current(name string) (store.Pipeline, *config.Pipeline, error) {
	return d.currentOf(func(view *store.View) (store.Pipeline, error) { return view.PipelineNamed(name) })
}

// currentOf is current for a pipeline that is found in another way.
func (d *Daemon) currentOf(find func(*store.View) (store.Pipeline, error)) (store.Pipeline, *config.Pipeline, error) {
	view := d.store.View()
	defer view.Close()
	pipeline, err := find(view)
	if err != nil {
		return pipeline, nil, err
	}
	definition, err := d.texts.definition(view, pipeline)
	return pipeline, definition, err
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

// checkSubQueue refuses a name that is too long.
func checkSubQueue(name string) error {
	if len(name) > policy.MaxSubQueue {
		return rpc.Errorf(rpc.CodeInvalid, "the sub-queue has %d bytes; at most %d are allowed", len(name), policy.MaxSubQueue)
	}
	return nil
}

func checkPriority(n *int) error {
	if n != nil && (*n < -100 || *n > 100) {
		return rpc.Errorf(rpc.CodeInvalid, "priority %d: want -100 to 100", *n)
	}
	return nil
}

func checkKey(key string) error {
	if len(key) > 128 {
		return rpc.Errorf(rpc.CodeInvalid, "the key has %d bytes; at most 128 are kept", len(key))
	}
	return nil
}
