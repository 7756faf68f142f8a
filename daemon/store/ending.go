package store

import (
	"iter"
	"time"

	"github.com/penstock/penstock/daemon/run"
)

// Ending is an end of a run that triggers wait for: it stays until each of them
// has its tick. A run that goes on later has another one.
type Ending struct {
	Run        uint64     `json:"run"`
	Pipeline   uint64     `json:"pipeline"`
	Sequence   uint64     `json:"sequence"` // of the run, at its end
	Status     run.Status `json:"status"`
	FinishedAt time.Time  `json:"finished_at"`
}

// PutEnding writes an end.
func (tx *Tx) PutEnding(e Ending) { tx.put(endingKey(e.Run, e.Sequence), e) }

// RemoveEnding removes an end of which everybody has been told.
func (tx *Tx) RemoveEnding(e Ending) { tx.remove(endingKey(e.Run, e.Sequence)) }

// Endings visits the ends of which somebody is still to be told, by run.
func (r *reader) Endings() iter.Seq2[Ending, error] { return visitAll[Ending](r, []byte("o/")) }
