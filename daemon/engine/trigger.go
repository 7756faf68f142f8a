package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// PauseTrigger pauses a trigger of a pipeline from now on: it starts no runs, but
// those that people ask of it by hand. It takes the place of an earlier pause.
func (e *Engine) PauseTrigger(ctx context.Context, pipeline uint64, name string, p store.Pause) error {
	return e.changeTrigger(ctx, pipeline, name, func(t *turn, trigger *store.Trigger) error {
		p.At = t.now
		trigger.Pause = &p
		return nil
	})
}

// ResumeTrigger takes the pause of a trigger back. ErrNotPaused where there is
// none.
func (e *Engine) ResumeTrigger(ctx context.Context, pipeline uint64, name string) error {
	return e.changeTrigger(ctx, pipeline, name, func(t *turn, trigger *store.Trigger) error {
		if trigger.Paused(t.now) == nil {
			return fmt.Errorf("trigger %s: %w", name, ErrNotPaused)
		}
		trigger.Pause = nil
		return nil
	})
}

func (e *Engine) changeTrigger(ctx context.Context, pipeline uint64, name string, change func(*turn, *store.Trigger) error) error {
	return e.ask(ctx, func(t *turn) error {
		trigger, err := t.tx.Trigger(pipeline, name)
		if err != nil {
			return wrapNotFound(err)
		}
		if err := change(t, &trigger); err != nil {
			return err
		}
		t.tx.UpdateTrigger(trigger)
		return nil
	})
}

// kindsOf are the kinds of the triggers whose name is in a cause.
var kindsOf = map[store.Source]config.TriggerKind{
	store.BySchedule: config.OnSchedule, store.BySubscription: config.AfterPipeline, store.ByFile: config.OnFiles,
}

// triggerOf finds the trigger that a cause names. ErrNotFound where there is
// none, or none any more: another may have its name since.
func (t *turn) triggerOf(pipeline uint64, c *store.Cause) (store.Trigger, error) {
	kind, named := kindsOf[c.Source]
	switch {
	case c.Trigger == "":
	case c.Source == store.ByTrigger:
		return t.tx.KeyTrigger(pipeline, c.Trigger)
	case named:
		if trigger, err := t.tx.Trigger(pipeline, c.Trigger); err != nil || trigger.Kind == kind {
			return trigger, err
		}
	}
	return store.Trigger{}, store.ErrNotFound
}

// allowsCalls refuses a call whose trigger is paused.
func (t *turn) allowsCalls(pipeline uint64, c *store.Cause) error {
	if c.Source != store.ByTrigger {
		return nil
	}
	trigger, err := t.triggerOf(pipeline, c)
	if errors.Is(err, store.ErrNotFound) {
		return nil // such calls need no trigger
	}
	if p := trigger.Paused(t.now); err == nil && p != nil {
		err = &PausedError{Pause: *p, Trigger: trigger.Name}
	}
	return err
}

// pauseAfter pauses the trigger of a run that has failed, where it wants that.
// Who paused it before, did.
func (t *turn) pauseAfter(l *live) error {
	if l.run.State.Status != run.Failed {
		return nil
	}
	trigger, err := t.triggerOf(l.record.Pipeline, &l.record.Cause)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || !trigger.PauseOnFailure || trigger.Paused(t.now) != nil {
		return err
	}
	trigger.Pause = &store.Pause{Actor: "penstock", At: t.now, Reason: fmt.Sprintf("run %s failed", t.reference(l).Name)}
	t.tx.UpdateTrigger(trigger)
	return nil
}
