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
	// ErrPaused: the pipeline, or the trigger, is paused. The error is a
	// *PausedError.
	ErrPaused = errors.New("it is paused")
	// ErrFrozen: everything is frozen. The error is a *FrozenError.
	ErrFrozen = errors.New("everything is frozen")
	// ErrExpired: the run that was started with the key is not kept any more.
	ErrExpired = errors.New("a run was started with this key already, which is not kept any more: a key is for one run")
	// ErrNotFrozen: there is no freeze to lift.
	ErrNotFrozen = errors.New("nothing is frozen")
	// ErrNotPaused: there is no pause to take back.
	ErrNotPaused = errors.New("not paused")
)

// Reference names a run.
type Reference struct {
	ID     uint64
	Name   string // nightly/42, by the name that the pipeline has now
	Status run.Status
	Held   bool
}

func (t *turn) reference(l *live) Reference {
	s := &l.run.State
	return Reference{ID: l.record.ID, Name: run.Name(t.pipelineName(l), l.record.Number), Status: s.Status, Held: s.Held}
}

// pipelineName is what the pipeline of l is called now; where that cannot be read,
// what it was called when l was created.
func (t *turn) pipelineName(l *live) string {
	id := l.record.Pipeline
	if name, known := t.names[id]; known {
		return name
	}
	p, err := t.tx.Pipeline(id)
	if err != nil {
		t.log.Error("the name of a pipeline cannot be read", "pipeline", id, "error", err)
		return l.run.Plan.Pipeline
	}
	t.names[id] = p.Name
	return p.Name
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
	why := "lets no other come meanwhile"
	if e.Overlap.Policy == config.OverlapCancel { // of a start that yields
		why = "would end it, which is not done for an instant of the past"
	}
	return fmt.Sprintf("run %s is %s, and overlap = %q %s (limit %d)", e.Run.Name, state, e.Overlap.Policy, why, e.Overlap.Limit)
}

func (e *OverlapError) Unwrap() error { return ErrOverlap }

// PausedError says who paused a pipeline, or one of its triggers.
type PausedError struct {
	Pause   store.Pause
	Trigger string // its name; "" is the pipeline
}

// Error says until when and why.
func (e *PausedError) Error() string {
	what := "the pipeline"
	if e.Trigger != "" {
		what = fmt.Sprintf("trigger %q", e.Trigger)
	}
	return what + " is paused by " + decree(e.Pause.Actor, e.Pause.At, e.Pause.Until, e.Pause.Reason)
}

func (e *PausedError) Unwrap() error { return ErrPaused }

// FrozenError says who froze everything.
type FrozenError struct{ Freeze store.Freeze }

// Error says until when and why.
func (e *FrozenError) Error() string {
	return "nothing is started: everything is frozen by " + decree(e.Freeze.Actor, e.Freeze.At, e.Freeze.Until, e.Freeze.Reason)
}

func (e *FrozenError) Unwrap() error { return ErrFrozen }

// decree says who decided something, since when, until when and why.
func decree(actor string, at, until time.Time, reason string) string {
	text := fmt.Sprintf("%s since %s", actor, at.Format(time.RFC3339))
	if !until.IsZero() {
		text += " until " + until.Format(time.RFC3339)
	}
	if reason != "" {
		text += ": " + reason
	}
	return text
}
