package run

import (
	"errors"
	"time"
)

// Event is something that happened to a run or was asked of it. Each carries
// its time; the caller owns the clock.
type Event interface{ event() }

// Begin gives a pending step its place: it decides a new attempt. Once the
// change is durable the attempt is owed a Launch.
type Begin struct {
	Step   int
	At     time.Time
	BootID string
}

// Ended says how an attempt ended.
type Ended struct {
	Step, Attempt int
	At            time.Time
	Outcome       Outcome
}

// Outcome is the end of an attempt as its plugin, or the host, tells it.
type Outcome struct {
	Status        Status // Success, Failed or Canceled
	FailureReason FailureReason
	ExitCode      *int
	Message       string
	StartedAt     time.Time // zero: the work never began
	FinishedAt    time.Time // zero: nobody knows
	Plugin        string
	Leftovers     []string
	Outputs       map[string]string
}

// Sealed says that the log of an attempt that ended is in its final form.
type Sealed struct {
	Step, Attempt int
	At            time.Time
	Log           Log
}

// Cancel asks the run to end: what has not begun never will, what runs is owed
// a Stop. A second Cancel can add Force.
type Cancel struct{ Cancellation }

func (Begin) event()  {}
func (Ended) event()  {}
func (Sealed) event() {}
func (Cancel) event() {}

// The reasons for which Apply refuses an event. The run is then unchanged.
var (
	// ErrStale: the event speaks of something that is over already. The world
	// may repeat itself; to ignore it is right.
	ErrStale = errors.New("the event is of the past")
	// ErrComplete: there is nothing left to cancel.
	ErrComplete = errors.New("the run is over")
)
