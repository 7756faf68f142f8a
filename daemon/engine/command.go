package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// The reasons for which a command is refused. Nothing has changed then.
var (
	ErrNotFound = errors.New("not found")
	// ErrRevision: the pipeline has another current revision by now.
	ErrRevision = errors.New("the pipeline was changed meanwhile")
	// ErrLive: the run, or a run of the pipeline, is not over.
	ErrLive = errors.New("not over yet")
)

// StartRequest asks for a run.
type StartRequest struct {
	Pipeline uint64   // id
	Revision uint64   // of Plan; refused with ErrRevision where it is not the current one
	Plan     run.Plan // without the numbers, which Start gives
	Cause    store.Cause
	Key      string // "" is none
}

// keyLife is how long a request key is remembered.
const keyLife = 24 * time.Hour

// Start creates a run and answers once it is durable. A known key is answered
// with the run that it made before.
func (e *Engine) Start(ctx context.Context, q StartRequest) (record store.Run, duplicate bool, err error) {
	var made store.Run
	var known bool
	// Where ask fails, the loop may still be at it: what it writes is not ours.
	if err := e.ask(ctx, func(t *turn) (err error) {
		made, known, err = t.start(q)
		return err
	}); err != nil {
		return store.Run{}, false, err
	}
	return made, known, nil
}

func (t *turn) start(q StartRequest) (record store.Run, duplicate bool, err error) {
	if record, known, err := t.known(q.Key); known || err != nil {
		return record, known, err
	}
	pipeline, err := t.tx.Pipeline(q.Pipeline)
	if err != nil {
		return record, false, wrapNotFound(err)
	}
	if pipeline.Revision != q.Revision {
		return record, false, ErrRevision
	}
	meta, err := t.tx.Meta()
	if err != nil {
		return record, false, err
	}
	meta.LastRun++
	pipeline.LastNumber++
	plan := q.Plan
	plan.RunID, plan.Pipeline, plan.Number = meta.LastRun, pipeline.Name, pipeline.LastNumber
	r, change := run.New(&plan, t.now, false)
	record = store.Run{
		ID: plan.RunID, Pipeline: pipeline.ID, Number: plan.Number, Revision: q.Revision,
		Cause: q.Cause, State: r.State,
	}
	t.tx.CreateRun(record, &plan)
	if q.Key != "" {
		t.tx.PutRequest(q.Key, store.Request{Run: record.ID, At: t.now})
	}
	t.tx.PutPipeline(pipeline)
	t.tx.PutMeta(meta)
	l := t.adopt(record, r)
	l.note(change.Settled(r))
	l.ready = change.Ready
	t.enqueue(l)
	t.touch(l)
	return record, false, nil
}

// known finds the run that a request with this key made.
func (t *turn) known(key string) (record store.Run, known bool, err error) {
	if key == "" {
		return record, false, nil
	}
	request, err := t.tx.Request(key)
	if errors.Is(err, store.ErrNotFound) || err == nil && t.now.Sub(request.At) > keyLife {
		return record, false, nil
	}
	if err != nil {
		return record, false, err
	}
	record, err = t.tx.Run(request.Run)
	if errors.Is(err, store.ErrNotFound) {
		return record, false, nil // deleted since
	}
	return record, err == nil, err
}

func forgetRequests(t *turn) error { return t.tx.ForgetRequests(t.now.Add(-keyLife)) }

// Cancel asks a run to end and answers once the wish is durable.
func (e *Engine) Cancel(ctx context.Context, id uint64, actor, note string, force bool) error {
	return e.ask(ctx, func(t *turn) error {
		l := t.live[id]
		if l == nil {
			return run.ErrComplete
		}
		err := t.apply(l, run.Cancel{Cancellation: run.Cancellation{
			At: t.now, Actor: actor, Note: note, Force: force,
		}})
		if errors.Is(err, run.ErrStale) {
			return nil // asked for already
		}
		return err
	})
}

// Update changes what is stored of pipelines, in turn with everything else.
func (e *Engine) Update(ctx context.Context, change func(tx *store.Tx, now time.Time) error) error {
	return e.ask(ctx, func(t *turn) error { return wrapNotFound(change(t.tx, t.now)) })
}

// DeleteRun removes the records of a run that is over. Its files are the
// caller's.
func (e *Engine) DeleteRun(ctx context.Context, id uint64) error {
	return e.ask(ctx, func(t *turn) error {
		if t.live[id] != nil {
			return ErrLive
		}
		record, err := t.tx.Run(id)
		if err != nil {
			return wrapNotFound(err)
		}
		return t.tx.DeleteRun(record)
	})
}

// DeletePipeline removes the records of a pipeline and of its runs, all of
// them over, and answers with their ids.
func (e *Engine) DeletePipeline(ctx context.Context, id uint64) (runs []uint64, err error) {
	var removed []uint64
	if err := e.ask(ctx, func(t *turn) (err error) {
		removed, err = t.deletePipeline(id)
		return err
	}); err != nil {
		return nil, err
	}
	return removed, nil
}

func (t *turn) deletePipeline(id uint64) (runs []uint64, err error) {
	pipeline, err := t.tx.Pipeline(id)
	if err != nil {
		return nil, wrapNotFound(err)
	}
	for _, l := range t.live {
		if l.record.Pipeline == id {
			return nil, fmt.Errorf("run %s/%d is %s: %w", pipeline.Name, l.record.Number, l.run.State.Status, ErrLive)
		}
	}
	for record, err := range t.tx.RunsOf(id) {
		if err != nil {
			return nil, err
		}
		if err := t.tx.DeleteRun(record); err != nil {
			return nil, err
		}
		runs = append(runs, record.ID)
	}
	t.tx.DeletePipeline(pipeline)
	return runs, nil
}

// Configure changes the settings.
func (e *Engine) Configure(ctx context.Context, s Settings) error {
	return e.ask(ctx, func(t *turn) error {
		t.settings = s
		return nil
	})
}

func wrapNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w", ErrNotFound)
	}
	return err
}

// Pulse answers once the loop has made a turn: it is alive.
func (e *Engine) Pulse(ctx context.Context) error {
	return e.ask(ctx, func(*turn) error { return nil })
}
