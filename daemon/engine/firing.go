package engine

import (
	"context"
	"errors"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// Firing is a due instant of a trigger, and the run that it asks for.
type Firing struct {
	// Tick is the record of the instant. With a Start its decision is Fired or
	// CaughtUp; it becomes Skipped where the start is refused.
	Tick  store.Tick
	Start *StartRequest // nil: nothing is to start
	// Mark is how far the trigger is accounted for from then on; nil: unchanged.
	Mark *schedule.Mark
}

// Fired is what became of a Firing.
type Fired struct {
	Tick store.Tick // as it is recorded
	Run  store.Run  // that it made; the zero value is none
	// Err is ErrFired where the instant has its record already, ErrRevision where
	// the text changed since Start was resolved, ErrNotFound where the pipeline or
	// the trigger is gone. Nothing was written then.
	Err error
}

// ErrFired: the instant has its record already.
var ErrFired = errors.New("it is decided already")

// Fire decides instants in their order, all of them in one commit: each
// record, mark and run is written together or not at all. A start that is
// refused, because of a run that is not over, a pause or a freeze, makes a
// record that says so.
func (e *Engine) Fire(ctx context.Context, all []Firing) ([]Fired, error) {
	return nil, errors.New("not built yet")
}
