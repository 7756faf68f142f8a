package engine

import (
	"context"
	"errors"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// Update changes what is stored of pipelines, in turn with everything else.
func (e *Engine) Update(ctx context.Context, change func(tx *store.Tx, now time.Time) error) error {
	return e.ask(ctx, func(t *turn) error {
		clear(t.names)
		return wrapNotFound(change(t.tx, t.now))
	})
}

// Configure changes the settings.
func (e *Engine) Configure(ctx context.Context, s Settings) error {
	return e.ask(ctx, func(t *turn) error {
		t.settings = s
		return nil
	})
}

// Pulse answers once the loop has made a turn: it is alive.
func (e *Engine) Pulse(ctx context.Context) error {
	return e.ask(ctx, func(*turn) error { return nil })
}

// cancel asks a run, or some of its steps, to end. What was asked already is
// no error.
func (t *turn) cancel(l *live, why run.Cancellation, steps []int) error {
	err := t.apply(l, run.Cancel{Cancellation: why, Steps: steps})
	if steps == nil && (err == nil || errors.Is(err, run.ErrStale)) {
		t.endChildren(l, why)
	}
	if errors.Is(err, run.ErrStale) {
		return nil
	}
	return err
}

func wrapNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNotFound
	}
	return err
}
