package run

import (
	"errors"
	"time"
)

// Event is something that happened to a run or was asked of it. Each carries
// its time; the caller owns the clock.
type Event interface{ at() time.Time }

// The events of attempts.
type (
	// Begin gives a pending step its place: it decides a new attempt. Once the
	// change is durable the attempt is owed a Launch.
	Begin struct {
		Step   int
		At     time.Time
		BootID string
	}
	// Ended says how an attempt ended.
	Ended struct {
		Step, Attempt int
		At            time.Time
		Outcome       Outcome
	}
	// Sealed says that the log of an attempt that ended is in its final form.
	Sealed struct {
		Step, Attempt int
		At            time.Time
		Log           Log
	}
	// Erase asks for the log of an attempt, or with Attempt 0 of every attempt,
	// to be removed; each is owed an Erase until Erased says that it is gone.
	Erase struct {
		Step, Attempt int
		At            time.Time
		Actor         string
	}
	// Erased says that the log of an attempt is gone.
	Erased struct {
		Step, Attempt int
		At            time.Time
	}
)

// The events of steps that stand for another run.
type (
	// Spawned names the run that an attempt stands for. With StrategyNone the
	// attempt has thereby succeeded.
	Spawned struct {
		Step, Attempt int
		At            time.Time
		Run           Downstream
	}
	// Followed says how far the run of an attempt has come. An attempt that ended
	// with that run works again where the run does.
	Followed struct {
		Step, Attempt int
		At            time.Time
		Status        Status
		Warnings      bool
	}
)

// The events of the run as a whole and of time.
type (
	// Hold makes a run that is over wait for its turn before a Play or a Retry
	// lets it go on.
	Hold struct{ At time.Time }
	// Release lets a held run go on: its turn has come.
	Release struct{ At time.Time }
	// Grant gives a step the resource group that it waits for.
	Grant struct {
		Step int
		At   time.Time
	}
	// Due says that the time of a step's, or with Step -1 of the run's, alarm
	// has come: see Run.Alarm.
	Due struct {
		Step int
		At   time.Time
	}
)

// The events that people, or policies, ask for.
type (
	// Cancel asks the run to end: what has not begun never will, what works is
	// owed a Stop. A second Cancel can add Force. Steps narrows it to some steps.
	Cancel struct {
		Cancellation
		Steps []int // nil is the run
	}
	// Play begins manual and scheduled steps now.
	Play struct {
		Steps     []int
		At        time.Time
		Actor     string
		Variables map[string]string // for these steps alone, over all others
	}
	// Enqueue begins a manual, scheduled or skipped step as if it had been
	// admitted now. It is GitLab's name for what a timer does.
	Enqueue struct {
		Steps []int
		At    time.Time
	}
	// Unschedule makes scheduled steps manual.
	Unschedule struct {
		Steps []int
		At    time.Time
		Actor string
	}
	// Retry tries steps again that ended as success, failed or canceled, each
	// with a new attempt; skipped steps after them are decided anew. With After
	// everything that comes after them is done again as well. Without Steps it
	// is the whole run: all that failed or was canceled, and all that was skipped.
	Retry struct {
		Steps     []int
		Attempt   int // where it is not 0: only while this is the newest attempt of each step
		After     bool
		At        time.Time
		Actor     string
		Variables map[string]string
	}
	// Pause leaves steps out that have not begun. Resume takes it back for those
	// whose turn has not come.
	Pause struct {
		Steps []int
		Paused
	}
	// Resume takes a Pause back.
	Resume struct {
		Steps []int
		At    time.Time
	}
)

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

func (e Begin) at() time.Time      { return e.At }
func (e Ended) at() time.Time      { return e.At }
func (e Sealed) at() time.Time     { return e.At }
func (e Erase) at() time.Time      { return e.At }
func (e Erased) at() time.Time     { return e.At }
func (e Spawned) at() time.Time    { return e.At }
func (e Followed) at() time.Time   { return e.At }
func (e Hold) at() time.Time       { return e.At }
func (e Release) at() time.Time    { return e.At }
func (e Grant) at() time.Time      { return e.At }
func (e Due) at() time.Time        { return e.At }
func (e Cancel) at() time.Time     { return e.Cancellation.At }
func (e Play) at() time.Time       { return e.At }
func (e Enqueue) at() time.Time    { return e.At }
func (e Unschedule) at() time.Time { return e.At }
func (e Retry) at() time.Time      { return e.At }
func (e Pause) at() time.Time      { return e.Paused.At }
func (e Resume) at() time.Time     { return e.At }

// The reasons for which Apply refuses an event. The run is then unchanged.
var (
	// ErrStale: the event speaks of something that is over already. The world
	// may repeat itself; to ignore it is right.
	ErrStale = errors.New("the event is of the past")
	// ErrComplete: there is nothing left to cancel.
	ErrComplete = errors.New("the run is over")
	// ErrRefused: the step is in no state to do what was asked. The text says
	// which step, what it is, and what could be done instead.
	ErrRefused = errors.New("refused")
)
