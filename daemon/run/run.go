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
//	              admitted                    Grant
//	created ──┬────────────► waiting_for_resource ──► pending ──Begin──► running ──Ended──► success
//	   ▲      ├─► manual ────Play────►                   │                  │               failed
//	   │      ├─► scheduled ─Due─────►                   │ Cancel           │ Cancel           │
//	   │      └─► skipped  (not admitted, skip, paused)  ▼                  ▼                  │ retry rule
//	   │             │                               canceled           canceling ──► canceled │
//	   └─── reopen ──┘                                                                         ▼
//	                                                                        pending or scheduled again
//
// A step with needs looks at the steps it needs, once all of them are
// complete. A step without looks at everything in the stages before its own,
// once all of that is complete; in a serial stage, at its elder siblings too. A
// step that reads outputs of others looks at those as well. What it sees is
// folded into one status by [Tally.Composite], and `when` decides whether that
// status admits the step or skips it. A step with `when = "always"` waits for
// all that it looks at, where GitLab lets it begin as soon as one is skipped.
//
// A Retry or a Play makes a step that was over begin again. Then what was
// skipped because of it is taken back and decided anew; what has begun or ended
// stays. A step that is left out on purpose, by skip or by a pause, keeps its
// place in the order and stops nobody; one whose retry a pause meets stays failed.
//
// The status of a run, or of a stage, is the composite of its steps as well, but
// for two ways that GitLab's do not go either: a stage whose steps wait again
// does not go back to created, and a run in which something has begun is not
// pending again.
//
// # Steps that stand for another run
//
// A step with [PlanStep.Downstream] is performed by no plugin: its attempt is
// owed a run (Spawn). Spawned names it, Followed tells how far it has come, and
// the strategy says what the step takes over: nothing, its end, or its status.
// So a step can be manual while an attempt of it lives: the run is blocked, and
// is released there. An attempt that ended with its run goes on with it.
//
// # Who decides what
//
// Within a run everything is decided here: order, retries, timeouts, the limits
// of the run and of its matrices. What concerns several runs is decided by
// whoever sees them and told by events: a held run goes on at its Release, a
// step gets its resource group by a Grant, a place by Begin. What time decides
// is asked for by [Run.Alarm] and told by Due.
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
	HeldAt     time.Time     `json:"held_at,omitzero"`     // it last began to wait so
	ReleasedAt time.Time     `json:"released_at,omitzero"` // its turn last came
	Busy       time.Duration `json:"busy,omitempty"`       // time in which at least one step ran, up to BusySince
	BusySince  time.Time     `json:"busy_since,omitzero"`  // since when steps run without a break
	TimedOut   bool          `json:"timed_out,omitempty"`  // Plan.Timeout ended it
	DeadlineAt time.Time     `json:"deadline_at,omitzero"` // the plan's timeout, once it runs
	Cancel     *Cancellation `json:"cancel,omitempty"`     // somebody asked the run to end
	// Kept holds the stages whose status is one that they had before.
	Kept map[int]Status `json:"kept,omitempty"`
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
	Status     Status        `json:"status"`
	Since      time.Time     `json:"since,omitzero"`       // of the status
	Sequence   uint64        `json:"sequence"`             // of the last event that changed it
	DueAt      time.Time     `json:"due_at,omitzero"`      // with Scheduled: when it begins
	AdmittedAt time.Time     `json:"admitted_at,omitzero"` // it last could begin, but for a resource or a place
	GrantedAt  time.Time     `json:"granted_at,omitzero"`  // since AdmittedAt: it got its resource group
	SlotAt     time.Time     `json:"slot_at,omitzero"`     // since AdmittedAt: max_parallel, which was used up, let it begin
	Again      bool          `json:"again,omitempty"`      // it has failed and its retry rule begins it again
	Requested  *Request      `json:"requested,omitempty"`  // the latest play or retry by hand
	Paused     *Paused       `json:"paused,omitempty"`
	Stopped    *Cancellation `json:"stopped,omitempty"` // why it was asked to end, or ended without an attempt
	Skipped    SkipReason    `json:"skipped,omitempty"` // with Skipped
	Attempts   []Attempt     `json:"attempts,omitempty"`
}

// Request is what a person asked of a step: a play or a retry.
type Request struct {
	At        time.Time         `json:"at"`
	Actor     string            `json:"actor,omitempty"`
	Tried     int               `json:"tried,omitempty"`     // how many attempts there were
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
	LeftOut     SkipReason = "skip"         // skip = true in the definition, or the run was started as a skipped one
	LeftPaused  SkipReason = "paused"       // it was paused when its turn came
)

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
func (r *Run) Settled() bool { return r.Complete() && !r.State.Held && r.graph.unfinished == 0 }

// passes reports whether steps go on behind one that was skipped so.
func (s SkipReason) passes() bool { return s == LeftOut || s == LeftPaused }
