// Package run is the life of a run, and nothing else: values in, values out.
// It has no clock, no log, no lock, no context and no input or output, so the
// whole of it can be tested with tables and random worlds, and the daemon, a
// simulation and a unit test of a pipeline all get the same answers from it.
//
// A [Plan] says what a run will do; it is resolved once and never changes. A
// [Run] is how far it has come. [Run.Apply] takes one [Event], something that
// happened or was asked for, and answers with the [Change] it made; the caller
// makes the change durable and only then performs what is owed. What is owed
// ([Run.Owed]) is a function of the state, not of the event: after a restart
// the same question gives the same answer, so recovery is not a second
// program.
//
// # Which steps begin when
//
// The rules are GitLab's (its documentation calls them "job processing"):
//
//	created ──admitted──► pending ──Begin──► running ──Ended──► success
//	   │                     │                  │               failed
//	   │ not admitted        │ Cancel           │ Cancel
//	   ▼                     ▼                  ▼
//	skipped               canceled          canceling ──Ended──► canceled
//
// A step with needs looks at the steps it needs, once all of them are
// complete. A step without looks at everything in the stages before its own,
// once all of that is complete; in a serial stage, at its elder siblings too.
// What it sees is folded into one status by [Composite], and `when` decides
// whether that status admits the step or skips it.
//
// # Cost
//
// An event costs what it changes. The graph is compiled once for a run; steps
// that wait are counted down, never searched for; stages are folded by counts
// of statuses. A run of ten times the steps costs ten times, not a hundred.
// For that Apply changes the Run in place instead of copying it: one owner,
// one goroutine.
package run

import "time"

// Run is one execution of a pipeline: a plan and how far it has come.
type Run struct {
	Plan  *Plan
	State State  // of the run as a whole
	Steps []Step // one for each step of the plan, in its order

	graph graph // derived from the plan and the statuses; never stored
}

// State is what is stored of a run beside its plan and its steps.
type State struct {
	Status     Status        `json:"status"`
	Warnings   bool          `json:"warnings,omitempty"` // a step that may fail did
	Sequence   uint64        `json:"sequence"`           // counts the events applied; a watcher's cursor
	CreatedAt  time.Time     `json:"created_at"`
	StartedAt  time.Time     `json:"started_at,omitzero"`  // a step first worked; kept when the run goes on later
	FinishedAt time.Time     `json:"finished_at,omitzero"` // the status last became complete
	Since      time.Time     `json:"since,omitzero"`       // of the status
	Held       bool          `json:"held,omitempty"`       // it waits for its turn among the runs of its pipeline
	Busy       time.Duration `json:"busy,omitempty"`       // time in which at least one step ran, up to BusySince
	BusySince  time.Time     `json:"busy_since,omitzero"`  // since when steps run without a break
	TimedOut   bool          `json:"timed_out,omitempty"`  // Plan.Timeout ended it
	Cancel     *Cancellation `json:"cancel,omitempty"`     // somebody asked the run to end
}

// Cancellation says who asked a run, or a step, to end.
type Cancellation struct {
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	Note  string    `json:"note,omitempty"`
	Force bool      `json:"force,omitempty"` // kill, without grace
	// Reason is set where the end is a failure and not a cancellation: a timeout.
	Reason FailureReason `json:"reason,omitempty"`
	// Run is the newer run that made this one redundant.
	Run string `json:"run,omitempty"`
}

// Step is how far one step of the plan has come.
type Step struct {
	Status    Status        `json:"status"`
	Since     time.Time     `json:"since,omitzero"` // of the status
	Sequence  uint64        `json:"sequence"`       // of the last event that changed it
	DueAt     time.Time     `json:"due_at,omitzero"`
	Requested *Request      `json:"requested,omitempty"` // the latest play or retry by hand
	Paused    *Paused       `json:"paused,omitempty"`
	Stopped   *Cancellation `json:"stopped,omitempty"` // why it was asked to end, or ended without an attempt
	Skipped   SkipReason    `json:"skipped,omitempty"` // with Skipped
	Attempts  []Attempt     `json:"attempts,omitempty"`
}

// Request is what a person asked of a step: a play or a retry.
type Request struct {
	At        time.Time         `json:"at"`
	Actor     string            `json:"actor,omitempty"`
	Waits     bool              `json:"waits,omitempty"`     // the run is held: it is begun when the run is released
	Variables map[string]string `json:"variables,omitempty"` // for the attempts from here on
}

// Paused says who paused a step, and why.
type Paused struct {
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"` // zero: until it is resumed
	Actor  string    `json:"actor"`
	Reason string    `json:"reason,omitempty"`
}

// SkipReason says why a step is skipped.
type SkipReason string

// The skip reasons. A step that is left out lets the steps after it go on as
// if it had succeeded; one that was not admitted does not.
const (
	NotAdmitted SkipReason = "not_admitted" // what came before it did not end as its `when` wants
	LeftOut     SkipReason = "skip"         // skip = true in the definition
	LeftPaused  SkipReason = "paused"       // it was paused when its turn came
)

// Attempt is one try of one step.
type Attempt struct {
	Number        int               `json:"number"` // from 1
	Status        Status            `json:"status"`
	BootID        string            `json:"boot_id"`           // boot of the machine in which it was decided
	ReadyAt       time.Time         `json:"ready_at,omitzero"` // it could begin, but for a place
	DecidedAt     time.Time         `json:"decided_at"`
	StartedAt     time.Time         `json:"started_at,omitzero"` // the work began; zero if it never did
	FinishedAt    time.Time         `json:"finished_at,omitzero"`
	FailureReason FailureReason     `json:"failure_reason,omitempty"`
	ExitCode      *int              `json:"exit_code,omitempty"`
	Message       string            `json:"message,omitempty"`
	Plugin        string            `json:"plugin,omitempty"`    // version and sha256 of what did it
	Leftovers     []string          `json:"leftovers,omitempty"` // processes that outlived the step and were ended
	Outputs       map[string]string `json:"outputs,omitempty"`
	Log           *Log              `json:"log,omitempty"`   // nil until sealed
	Erase         *Erasure          `json:"erase,omitempty"` // its log was, or is to be, removed
}

// Erasure says who removed a log.
type Erasure struct {
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	Done  bool      `json:"done,omitempty"`
}

// Log describes the sealed log of an attempt. Sizes are bytes.
type Log struct {
	Size     int64  `json:"size"` // ever written; a cursor into the log counts these
	GapStart int64  `json:"gap_start,omitempty"`
	GapSize  int64  `json:"gap_size,omitempty"` // dropped from GapStart on, because the log outgrew its cap
	Lines    int64  `json:"lines"`
	SHA256   string `json:"sha256,omitempty"`  // of what is kept; empty for an empty log
	Stored   int64  `json:"stored"`            // on disk, compressed
	Problem  string `json:"problem,omitempty"` // why it could not be kept whole
}

// Ended reports whether a is over.
func (a *Attempt) Ended() bool { return a.Status.Complete() }

// Latest is the newest attempt of s, nil before the first.
func (s *Step) Latest() *Attempt {
	if len(s.Attempts) == 0 {
		return nil
	}
	return &s.Attempts[len(s.Attempts)-1]
}

// Complete reports whether nothing more will happen in r by itself.
func (r *Run) Complete() bool { return r.State.Status.Complete() }

// Settled reports whether r is complete and owes the world nothing more.
func (r *Run) Settled() bool { return r.Complete() && r.graph.unsealed == 0 }

// Duration is the time up to now in which at least one step ran; overlapping
// steps count once (GitLab: pipeline duration). It is 0 before any did.
func (s *State) Duration(now time.Time) time.Duration {
	if s.BusySince.IsZero() {
		return s.Busy
	}
	return s.Busy + max(0, now.Sub(s.BusySince))
}
