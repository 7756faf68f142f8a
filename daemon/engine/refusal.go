package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/config"
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
	// ErrDeleting: the run, or its pipeline, is being deleted.
	ErrDeleting = errors.New("it is being deleted")
	// ErrOverlap: other runs of the pipeline do not let this one come to be. The
	// error is an *OverlapError.
	ErrOverlap = errors.New("another run is in the way")
	// ErrPaused: the pipeline is paused. The error is a *PausedError.
	ErrPaused = errors.New("the pipeline is paused")
	// ErrNotPaused: there is no pause to take back.
	ErrNotPaused = errors.New("not paused")
)

// Reference names a run.
type Reference struct {
	ID     uint64
	Name   string // nightly/42, by the name of the pipeline when the run was created
	Status run.Status
	Held   bool
}

func (l *live) reference() Reference {
	s := &l.run.State
	return Reference{ID: l.record.ID, Name: fmt.Sprintf("%s/%d", l.run.Plan.Pipeline, l.record.Number), Status: s.Status, Held: s.Held}
}

// OverlapError says which run is in the way of a new one.
type OverlapError struct {
	Overlap  config.Overlap
	SubQueue string
	Run      Reference
}

// Error says what could be done as well.
func (e *OverlapError) Error() string {
	state := string(e.Run.Status)
	if e.Run.Held {
		state = "waiting for its turn already"
	}
	return fmt.Sprintf("run %s is %s, and overlap = %q lets no other come meanwhile (limit %d)",
		e.Run.Name, state, e.Overlap.Policy, e.Overlap.Limit)
}

func (e *OverlapError) Unwrap() error { return ErrOverlap }

// PausedError says who paused a pipeline.
type PausedError struct{ Pause store.Pause }

// Error says until when and why.
func (e *PausedError) Error() string {
	text := fmt.Sprintf("it is paused by %s since %s", e.Pause.Actor, e.Pause.At.Format(time.RFC3339))
	if !e.Pause.Until.IsZero() {
		text += " until " + e.Pause.Until.Format(time.RFC3339)
	}
	if e.Pause.Reason != "" {
		text += ": " + e.Pause.Reason
	}
	return text
}

func (e *PausedError) Unwrap() error { return ErrPaused }
