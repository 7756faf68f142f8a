package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
)

// Decide looks at a run as it stands and says what is to happen to it. It must
// not change the run.
type Decide func(r *run.Run, now time.Time) (run.Event, error)

// Act lets something happen to a run that somebody asked for, and answers once
// it is durable. A run that is over lives again where the event gives it
// something to do; it goes on in its turn among the runs of its pipeline. An
// event that is refused changes nothing.
func (e *Engine) Act(ctx context.Context, id uint64, decide Decide) error {
	return e.ask(ctx, func(t *turn) error { return t.actOn(id, decide) })
}

// ActThawed is Act for what a person begins by hand, a play or a retry. It is
// refused with ErrFrozen while everything is frozen.
func (e *Engine) ActThawed(ctx context.Context, id uint64, decide Decide) error {
	return e.ask(ctx, func(t *turn) error {
		if err := t.thawed(); err != nil {
			return err
		}
		return t.actOn(id, decide)
	})
}

func (t *turn) actOn(id uint64, decide Decide) error {
	if l := t.live[id]; l != nil {
		return t.act(l, decide)
	}
	return t.actOnPast(id, decide)
}

// act lets something happen to a run that lives.
func (t *turn) act(l *live, decide Decide) error {
	if t.isDeleting(&l.record) {
		return ErrDeleting
	}
	ev, err := decide(l.run, t.now)
	if err != nil {
		return err
	}
	if c, ok := ev.(run.Cancel); ok {
		return t.cancel(l, c.Cancellation, c.Steps)
	}
	hold := l.run.Complete() && goesOn(ev) && t.full(l)
	if hold {
		t.applyAll(l, []run.Event{run.Hold{At: t.now}})
	}
	err = t.apply(l, ev)
	if err != nil && hold {
		t.applyAll(l, []run.Event{run.Release{At: t.now}})
	}
	return err
}

// actOnPast lets something happen to a run that the engine has let go of. Until
// the event is accepted nobody else sees the run.
func (t *turn) actOnPast(id uint64, decide Decide) error {
	l, err := t.past(id)
	if err != nil {
		return err
	}
	ev, err := decide(l.run, t.now)
	if err != nil {
		return err
	}
	was := l.run.State
	if goesOn(ev) && t.full(l) {
		if err := l.apply(run.Hold{At: t.now}); err != nil {
			return err
		}
	}
	if err := l.apply(ev); err != nil {
		return err
	}
	t.revive(l, was)
	return nil
}

// revive lets the engine own a past run again, which an event has made go on;
// was is what it was before.
func (t *turn) revive(l *live, was run.State) {
	l.revived = true
	t.adopt(l)
	t.touch(l)
	t.follow(l, l.steps)
	t.pay(l, l.steps, was)
}

// past reads a run that is over. What was paused, or resumed, since it ended is
// told to it.
func (t *turn) past(id uint64) (*live, error) {
	record, err := t.tx.Run(id)
	if err != nil {
		return nil, wrapNotFound(err)
	}
	if t.isDeleting(&record) {
		return nil, ErrDeleting
	}
	pipeline, err := t.tx.Pipeline(record.Pipeline)
	if err != nil {
		return nil, wrapNotFound(err)
	}
	r, change, err := t.tx.Restore(record)
	if err != nil {
		return nil, fmt.Errorf("run %d: %w", id, err)
	}
	l := newLive(record, r)
	l.over = true
	l.note(change.Settled(r), change.Ready)
	for _, ev := range pausing(r, pausesOf(pipeline, &record.Cause, t.now), t.now) {
		if err := l.apply(ev); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// goesOn reports whether an event makes a run that is over go on.
func goesOn(ev run.Event) bool {
	switch ev.(type) {
	case run.Play, run.Retry, run.Enqueue:
		return true
	}
	return false
}

// full reports whether a run that is over has to wait for its turn to go on.
func (t *turn) full(l *live) bool {
	in := t.lines[lineOf(&l.record)]
	if in == nil {
		return false
	}
	rule := config.Overlap{Policy: config.OverlapQueue, Limit: l.record.Limit}
	return in.Overlap(rule, nil).Kind == policy.Hold
}
