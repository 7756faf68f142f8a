package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// Start creates a run and answers once it is durable. A known key is answered
// with the run that it made before. Runs that end for the new one are asked to
// in the same commit.
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
	pipeline, err := t.startable(&q)
	if err != nil {
		return record, false, err
	}
	terms, verdict, err := t.judge(pipeline.ID, &q)
	if err != nil {
		return record, false, err
	}
	plan, err := t.number(pipeline, q.Plan)
	if err != nil {
		return record, false, err
	}
	record = store.Run{
		ID: plan.RunID, Pipeline: pipeline.ID, Number: plan.Number, Revision: q.Revision, Cause: q.Cause,
		Name: q.Name, Labels: q.Labels, Key: q.Key, Terms: terms,
	}
	if err := t.useKey(&q); err != nil {
		return store.Run{}, false, err
	}
	if err := t.tx.PutChild(record); err != nil {
		return store.Run{}, false, err
	}
	if q.Key != "" {
		t.tx.PutRequest(q.Key, q.remembered(plan.RunID, t.now))
	}
	// From here on nothing can fail: a run that was made cannot be taken back.
	if q.Skip {
		*plan = plan.LeftOut("the run was skipped when it was started")
		return t.create(plan, record, false, nil).record, false, nil
	}
	l := t.create(plan, record, verdict.Kind == policy.Hold, pausesOf(pipeline, &q.Cause, t.now))
	t.bind(l)
	if !q.Yields {
		t.supersede(l, verdict.Cancel)
	}
	return l.record, false, nil
}

// pausesOf are the pauses that hold for a run of a pipeline. They name parts of
// its text, which a child has not.
func pausesOf(p store.Pipeline, cause *store.Cause, now time.Time) []store.Pause {
	if cause.Source == store.ByParent {
		return nil
	}
	return p.Paused(now)
}

// useKey notes that a trigger key was used.
func (t *turn) useKey(q *StartRequest) error {
	if q.TriggerKey == "" {
		return nil
	}
	key, err := t.tx.Key(q.TriggerKey)
	if err == nil && key.Pipeline != q.Pipeline {
		err = store.ErrNotFound
	}
	if err != nil {
		return wrapNotFound(err)
	}
	key.LastUsed = t.now
	t.tx.PutKey(key)
	return nil
}

// startable is the pipeline of a run that may be started.
func (t *turn) startable(q *StartRequest) (store.Pipeline, error) {
	pipeline, err := t.tx.Pipeline(q.Pipeline)
	if err != nil {
		return pipeline, wrapNotFound(err)
	}
	if t.isDeletingPipeline(pipeline.ID) {
		return pipeline, ErrDeleting
	}
	if q.Cause.Source == store.ByParent {
		return pipeline, nil // what it does comes from a run that was let in
	}
	if !q.DespiteFreeze && !isDownstream(&q.Cause) {
		if err := t.thawed(); err != nil {
			return pipeline, err
		}
	}
	if err := unpaused(&pipeline, t.now); err != nil {
		return pipeline, err
	}
	if err := t.allowsCalls(pipeline.ID, &q.Cause); err != nil {
		return pipeline, err
	}
	if pipeline.Revision != q.Revision {
		return pipeline, ErrRevision
	}
	return pipeline, nil
}

// unpaused refuses what would start a run of a pipeline that is paused as a whole.
func unpaused(p *store.Pipeline, now time.Time) error {
	if pause := p.PausedWhole(now); pause != nil {
		return &PausedError{Pause: *pause}
	}
	return nil
}

// judge decides whether a new run goes on, waits or is refused.
func (t *turn) judge(pipeline uint64, q *StartRequest) (store.Terms, policy.Verdict, error) {
	terms, err := q.terms()
	if q.Skip {
		return terms, policy.Verdict{}, err
	}
	in := t.lines[lineID{pipeline, q.SubQueue}]
	if in == nil || err != nil {
		return terms, policy.Verdict{}, err
	}
	rule := config.Overlap{Policy: terms.Overlap, Limit: terms.Limit}
	verdict := in.Overlap(rule, func(id uint64) bool { return t.live[id].run.State.Status == run.Canceling })
	if q.Yields && len(verdict.Cancel) > 0 {
		verdict = policy.Verdict{Kind: policy.Refuse, Run: verdict.Cancel[0]}
	}
	if verdict.Kind == policy.Refuse {
		err = &OverlapError{Overlap: rule, SubQueue: q.SubQueue, Run: t.reference(t.live[verdict.Run])}
	}
	return terms, verdict, err
}

// number gives a plan the next numbers.
func (t *turn) number(pipeline store.Pipeline, plan run.Plan) (*run.Plan, error) {
	meta, err := t.tx.Meta()
	if err != nil {
		return nil, err
	}
	meta.LastRun++
	pipeline.LastNumber++
	t.tx.PutPipeline(pipeline)
	t.tx.PutMeta(meta)
	plan.RunID, plan.Pipeline, plan.Number = meta.LastRun, pipeline.Name, pipeline.LastNumber
	return &plan, nil
}

// create makes a run. Where parts of it are paused nothing is admitted before
// that is known to it.
func (t *turn) create(plan *run.Plan, record store.Run, held bool, pauses []store.Pause) *live {
	r, change := run.New(plan, t.now, held || len(pauses) > 0)
	record.State = r.State
	t.tx.CreateRun(record, plan)
	l := newLive(record, r)
	l.observed = unheard
	l.note(change.Settled(r), change.Ready)
	t.adopt(l)
	t.touch(l)
	t.follow(l, change.Steps)
	t.applyAll(l, pausing(r, pauses, t.now))
	if !held && len(pauses) > 0 {
		t.applyAll(l, []run.Event{run.Release{At: t.now}})
	}
	l.record.State = r.State
	return l
}

// applyAll applies events that follow from what the engine knows.
func (t *turn) applyAll(l *live, events []run.Event) {
	for _, ev := range events {
		if err := t.apply(l, ev); err != nil {
			t.log.Error("a run refuses what it cannot refuse", "run", l.record.ID, "event", fmt.Sprintf("%T", ev), "error", err)
		}
	}
}

// supersede ends the runs that a new one takes the place of, and those, or
// those of their steps, that it makes redundant. With one of them another may end,
// where steps of one run stand for both.
func (t *turn) supersede(by *live, replaced []uint64) {
	if isChild(&by.record) {
		return
	}
	name := t.reference(by).Name
	for _, id := range replaced {
		t.end(t.live[id], nil, fmt.Sprintf("overlap = %q", config.OverlapCancel), name)
	}
	in := t.lines[lineOf(&by.record)]
	if in == nil {
		return // the new run is over already
	}
	for _, id := range slices.Sorted(maps.Keys(in.replaceable)) {
		l := in.replaceable[id]
		if l == nil || l == by || l.record.Fingerprint == by.record.Fingerprint {
			continue
		}
		if r := policy.Redundant(l.record.OnNewRun, l.run); !r.None() {
			t.end(l, r.Steps, fmt.Sprintf("auto_cancel.on_new_run = %q", l.record.OnNewRun), name)
		}
	}
}

// end ends a run, or some of its steps, for another run.
func (t *turn) end(l *live, steps []int, note, by string) {
	why := run.Cancellation{At: t.now, Actor: "penstock", Note: note, Run: by}
	if err := t.cancel(l, why, steps); err != nil && !errors.Is(err, run.ErrComplete) {
		t.log.Error("a run that another takes the place of cannot be canceled", "run", l.record.ID, "error", err)
	}
}

// MayStart is why no run of a pipeline may start now, whatever it is to be like;
// nil is: one may. Only what says whose run it would be counts of q.
func (e *Engine) MayStart(ctx context.Context, q StartRequest) error {
	return e.ask(ctx, func(t *turn) error {
		_, err := t.startable(&q)
		return err
	})
}
