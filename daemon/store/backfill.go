package store

import (
	"iter"
	"time"
)

// MaxInstants bounds the instants of a backfill.
const MaxInstants = 10_000

// Backfill is the work of starting runs for instants of a schedule that lie in
// the past, or were dropped: one after the other, in the order of its instants.
type Backfill struct {
	ID          uint64    `json:"id"` // unique over the daemon
	Pipeline    uint64    `json:"pipeline"`
	Trigger     string    `json:"trigger"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`                // not included
	Reverse     bool      `json:"reverse,omitempty"` // the latest instant first
	MaxParallel int       `json:"max_parallel"`      // of its runs that are not over, at a time
	Actor       string    `json:"actor"`
	UID         int       `json:"uid"`
	Note        string    `json:"note,omitempty"`
	At          time.Time `json:"at"`
	Instants    int       `json:"instants"` // how many there are
	Next        int       `json:"next"`     // how many of them are decided
	Started     int       `json:"started"`  // how many of those have a run
	DoneAt      time.Time `json:"done_at,omitzero"`
	CanceledAt  time.Time `json:"canceled_at,omitzero"`
	CanceledBy  string    `json:"canceled_by,omitempty"`
	Message     string    `json:"message,omitempty"` // why the daemon canceled it
}

// Over reports whether b starts nothing more.
func (b *Backfill) Over() bool { return !b.DoneAt.IsZero() || !b.CanceledAt.IsZero() }

// CreateBackfill writes a new backfill and its instants, in the order of their
// turn.
func (tx *Tx) CreateBackfill(b Backfill, instants []time.Time) {
	tx.PutBackfill(b)
	tx.put(instantsKey(b.ID), instants)
}

// PutBackfill writes how far a backfill has come.
func (tx *Tx) PutBackfill(b Backfill) { tx.put(backfillKey(b.ID), b) }

// RemoveBackfill removes a backfill; its ticks and its runs stay.
func (tx *Tx) RemoveBackfill(id uint64) {
	tx.remove(backfillKey(id))
	tx.remove(instantsKey(id))
}

// Backfill reads a backfill.
func (r *reader) Backfill(id uint64) (b Backfill, err error) { return b, r.get(backfillKey(id), &b) }

// Instants reads the instants of a backfill, in the order of their turn.
func (r *reader) Instants(backfill uint64) (all []time.Time, err error) {
	return all, r.get(instantsKey(backfill), &all)
}

// Backfills visits the backfills, oldest first.
func (r *reader) Backfills() iter.Seq2[Backfill, error] {
	return visitAll[Backfill](r, []byte("b/"))
}
