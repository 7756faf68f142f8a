package engine

import (
	"context"

	"github.com/penstock/penstock/daemon/store"
)

// SetFreeze stops every run from being started from now on, but for those that
// steps of live runs stand for, and people from beginning steps ([Engine.ActThawed]);
// it takes the place of an earlier freeze. Runs that live go on.
func (e *Engine) SetFreeze(ctx context.Context, f store.Freeze) error {
	return e.ask(ctx, func(t *turn) error {
		f.At = t.now
		t.tx.PutFreeze(f)
		return nil
	})
}

// LiftFreeze ends the freeze. ErrNotFrozen where there is none.
func (e *Engine) LiftFreeze(ctx context.Context) error {
	return e.ask(ctx, func(t *turn) error {
		f, err := t.tx.Frozen(t.now)
		if err != nil {
			return err
		}
		if f == nil {
			return ErrNotFrozen
		}
		t.tx.RemoveFreeze()
		return nil
	})
}

// thawed refuses what would start a run while everything is frozen.
func (t *turn) thawed() error {
	f, err := t.tx.Frozen(t.now)
	if err == nil && f != nil {
		err = &FrozenError{*f}
	}
	return err
}
