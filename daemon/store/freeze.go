package store

import (
	"errors"
	"time"
)

// Freeze stops every run from being started.
type Freeze struct {
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Until  time.Time `json:"until,omitzero"` // zero: until it is lifted
	Reason string    `json:"reason,omitempty"`
}

// Over reports whether f has ended by itself.
func (f *Freeze) Over(now time.Time) bool { return !f.Until.IsZero() && !now.Before(f.Until) }

// Covers reports whether everything is frozen from one time to another, both
// included.
func (f *Freeze) Covers(from, to time.Time) bool { return !from.Before(f.At) && !f.Over(to) }

// PutFreeze freezes everything.
func (tx *Tx) PutFreeze(f Freeze) { tx.put(freezeKey, f) }

// RemoveFreeze lifts the freeze.
func (tx *Tx) RemoveFreeze() { tx.remove(freezeKey) }

// Freeze reads the freeze, over or not; nil where there is none.
func (r *reader) Freeze() (*Freeze, error) {
	var f Freeze
	err := r.get(freezeKey, &f)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &f, nil
}

// Frozen reads the freeze that is in force now; nil is none.
func (r *reader) Frozen(now time.Time) (*Freeze, error) {
	f, err := r.Freeze()
	if err != nil || f == nil || f.Over(now) {
		return nil, err
	}
	return f, nil
}
