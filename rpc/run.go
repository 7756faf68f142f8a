package rpc

import "time"

// A run is named in parameters as "nightly/42", "nightly/latest" (the newest)
// or by its daemon-wide id, "1007".

// RunStartRequest starts a run of a pipeline's current revision. The answer is
// given after the run is durable.
type RunStartRequest struct {
	Pipeline string `json:"pipeline"` // its name; "" with Like
	// Key makes the call repeatable: a second call with the same key within 24
	// hours answers with the run of the first and starts nothing. At most 128
	// bytes; "" is no key.
	Key  string `json:"key,omitempty"`
	Note string `json:"note,omitempty"` // why, kept in the cause; at most 1 KiB
	// Inputs are values for the pipeline's inputs by their names. A string is
	// read as the type of its input; all that does not fit is refused at once.
	Inputs map[string]any `json:"inputs,omitempty"`
	// Variables are environment variables for every step, over those of the
	// pipeline's text.
	Variables map[string]string `json:"variables,omitempty"`
	// SubQueue puts the run behind those of the pipeline with the same one, one at
	// a time, whatever its overlap policy; at most 25 bytes. "" is none.
	SubQueue string `json:"sub_queue,omitempty"`
	Priority *int   `json:"priority,omitempty"` // -100 to 100; null is the pipeline's
	// RunName takes the place of the pipeline's run_name; at most 255 bytes are kept.
	RunName string `json:"run_name,omitempty"`
	// Labels are added to the pipeline's, and win over them.
	Labels map[string]string `json:"labels,omitempty"`
	// AsScheduled makes the run one for that instant of a schedule of the pipeline:
	// with the inputs, variables, sub-queue and overlap policy of the schedule below
	// its own, and with the instant for its steps and placeholders to see. It is no
	// instant of the ledger, and its source is command. Trigger names the schedule; ""
	// is the only one that the pipeline has.
	AsScheduled *time.Time `json:"as_scheduled,omitempty"`
	Trigger     string     `json:"trigger,omitempty"` // the schedule that AsScheduled is an instant of
	// Like names a run that is to be repeated: the new one is of its pipeline, with
	// its inputs, variables, payload, sub-queue, priority, trigger and instant where
	// the request has none of its own, by the text that is current. "" is none; a
	// child is refused.
	Like string `json:"like,omitempty"`
	// Skip makes a run that is over at once, as skipped: it has its number and its
	// place in lists, and no step of it works.
	Skip bool `json:"skip,omitempty"`
	// DespiteFreeze starts it while everything is frozen.
	DespiteFreeze bool `json:"despite_freeze,omitempty"`
}

// RunStartResponse names the run.
type RunStartResponse struct {
	Run       RunSummary `json:"run"`                 // as it is now
	Duplicate bool       `json:"duplicate,omitempty"` // the key was known: nothing was started
}

// RunListRequest asks for runs, newest first: those for which all that is said
// here holds.
//
// A request looks at runs for a short while only. Its answer may be a page that
// is not full, or empty, with a Next: the list goes on there.
type RunListRequest struct {
	Pipeline string `json:"pipeline,omitempty"` // "" is all pipelines
	// Status lists statuses, of which the run's is one; the word finished stands
	// for success, failed and canceled.
	Status []string `json:"status,omitempty"`
	// Source lists sources, of which the run's is one: see [Cause].
	Source  []string          `json:"source,omitempty"`
	Actor   string            `json:"actor,omitempty"`    // as in its cause
	RunName string            `json:"run_name,omitempty"` // a pattern: * is any text, ? any character
	Labels  map[string]string `json:"labels,omitempty"`   // it has all of them
	// Inputs are texts as placeholders would write the values. A run without such
	// an input does not pass. They cost most of all filters: the plan of each run
	// that passes the others is read.
	Inputs map[string]string `json:"inputs,omitempty"`
	Since  *time.Time        `json:"since,omitempty"` // created then or later
	Until  *time.Time        `json:"until,omitempty"` // created before
	// Children adds the runs that are children of others; so does a Source of
	// parent_pipeline.
	Children  bool   `json:"children,omitempty"`
	Ascending bool   `json:"ascending,omitempty"` // oldest first
	Before    uint64 `json:"before,omitempty"`    // ids below this one: Next of the page before
	After     uint64 `json:"after,omitempty"`     // ids above this one: Next of the page before, where Ascending
	Limit     int    `json:"limit,omitempty"`     // 1 to 1000; 0 means 20
}

// RunListResponse is a page of runs.
type RunListResponse struct {
	Runs []RunSummary `json:"runs"`           // those that pass, in the order that was asked for
	Next uint64       `json:"next,omitempty"` // ask again with Before, or After, = Next; 0 is the end
}

// RunLatestRequest asks for the newest run of a pipeline for which all that is
// said here holds. Children of other runs do not count.
type RunLatestRequest struct {
	Pipeline string            `json:"pipeline"`         // its name
	Status   []string          `json:"status,omitempty"` // as in RunListRequest
	Labels   map[string]string `json:"labels,omitempty"` // it has all of them
	Before   uint64            `json:"before,omitempty"` // Next of the answer before
}

// RunLatestResponse has the run, or a Next where none was found in the short
// while that a request looks. That there is none is CodeNotFound.
type RunLatestResponse struct {
	Run  *RunSummary `json:"run,omitempty"`  // null: none was found yet
	Next uint64      `json:"next,omitempty"` // ask again with Before = Next
}

// RunSummary is one line of a list of runs.
type RunSummary struct {
	Name     string `json:"name"`                // nightly/42
	ID       uint64 `json:"id"`                  // unique in the daemon
	Number   uint64 `json:"number"`              // unique in the pipeline, from 1
	Pipeline string `json:"pipeline"`            // its name
	Revision uint64 `json:"revision"`            // the text that it is of
	Status   string `json:"status"`              // created, waiting_for_resource, pending, running, scheduled, manual, success, failed, canceling, canceled or skipped
	Warnings bool   `json:"warnings,omitempty"`  // a step that may fail did
	Held     bool   `json:"held,omitempty"`      // it waits for its turn among the runs of its pipeline
	SubQueue string `json:"sub_queue,omitempty"` // the line that it stands in; "" is that of its pipeline
	Priority int    `json:"priority,omitempty"`  // -100 to 100; higher ones get places first
	// RunName is what it is called beside its Name: see run_name of a pipeline.
	RunName    string            `json:"run_name,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"` // to find it by
	Cause      Cause             `json:"cause"`            // why it exists
	CreatedAt  time.Time         `json:"created_at"`       // it is in lists from then on
	StartedAt  *time.Time        `json:"started_at"`       // its first step began; null: none did
	FinishedAt *time.Time        `json:"finished_at"`      // null while it is not over
	Duration   *float64          `json:"duration"`         // seconds in which at least one step ran; null before any did
	// QueuedDuration is seconds from the creation to the first step's start, or to
	// the present while none has started.
	QueuedDuration float64 `json:"queued_duration"`
}

// Cause says why a run exists.
type Cause struct {
	// Source is command, schedule, trigger, pipeline, parent_pipeline, subscription
	// or file.
	Source string `json:"source"`
	Actor  string `json:"actor,omitempty"` // user name, or "uid 1000" where it has none
	UID    *int   `json:"uid,omitempty"`   // of the actor, where it came over the socket
	Note   string `json:"note,omitempty"`  // as who asked for it said
	// Trigger is the name of the trigger, or of the trigger key, that made the run.
	Trigger     string     `json:"trigger,omitempty"`
	ScheduledAt *time.Time `json:"scheduled_at,omitempty"` // the instant that it is for
	Upstream    *Upstream  `json:"upstream,omitempty"`     // what it follows from
}

// Upstream is what a run follows from: an attempt of a step that stands for it,
// or the end of another run.
type Upstream struct {
	ID   uint64 `json:"id"`   // of the run; it may have been deleted
	Name string `json:"name"` // build/7/deploy/start/1, the attempt, or build/7, the run that ended; as it was named then
}

// RunGetRequest asks for a run with all its steps.
type RunGetRequest struct {
	Run string `json:"run"` // nightly/42, nightly/latest or its id, 1007
}

// Run is a run with all its steps: the schema of `penstockctl status -o json`.
type Run struct {
	RunSummary
	Message   string            `json:"message,omitempty"`   // what a person should know: who canceled it and why
	Inputs    map[string]any    `json:"inputs,omitempty"`    // what it was started with, defaults filled in
	Variables map[string]string `json:"variables,omitempty"` // given for the run
	Sequence  uint64            `json:"sequence"`            // cursor for RunWatch
	Stages    []RunStage        `json:"stages"`              // in the order of the pipeline
	Absent    []AbsentStep      `json:"absent,omitempty"`    // steps of the text that its rules left out
}

// AbsentStep is a step that is not in a run.
type AbsentStep struct {
	Stage  string `json:"stage"`  // of the text
	Name   string `json:"name"`   // of the step, or of a cell
	Reason string `json:"reason"` // the rule
}

// RunStage is a stage of a run, in the order of the pipeline.
type RunStage struct {
	Name   string    `json:"name"`   // of the text
	Status string    `json:"status"` // what its steps amount to, in the words of a run's status
	Steps  []RunStep `json:"steps"`  // in the order of the text
}

// RunStep is a step of a run, in the order of the pipeline. The cells of a
// matrix are steps of their own, next to each other.
type RunStep struct {
	Name string `json:"name"` // of the text; of a cell "test: [linux, arm64]" or "test 2/3"
	// Address names a cell of a matrix in a short form, test@2. "" is no cell.
	Address      string     `json:"address,omitempty"`
	Matrix       string     `json:"matrix,omitempty"`        // the step of the text whose cell it is
	Uses         string     `json:"uses"`                    // its type: the plugin that performs it, or pipeline
	Status       string     `json:"status"`                  // in the words of a run's status
	Since        *time.Time `json:"since,omitempty"`         // of the status
	When         string     `json:"when,omitempty"`          // where it is not on_success
	Needs        []string   `json:"needs,omitempty"`         // the steps that it waits for, where it has left the order of stages; compile, or the name of a cell
	AllowFailure bool       `json:"allow_failure,omitempty"` // it may fail; where it failed: as it did
	MaxAttempts  int        `json:"max_attempts,omitempty"`  // attempts that its retry rule allows, where there is one
	Confirmation string     `json:"confirmation,omitempty"`  // what a person confirms before it is played
	// SkipReason of a skipped step is not_admitted (what came before it did not end
	// as it wants), skip (so says the text, or who started the run) or paused.
	SkipReason    string            `json:"skip_reason,omitempty"`
	SkipMessage   string            `json:"skip_message,omitempty"`   // with skip, in words
	DueAt         *time.Time        `json:"due_at,omitempty"`         // it begins, or is tried again, then
	ResourceGroup string            `json:"resource_group,omitempty"` // one step at a time has it, over all runs
	RequestedBy   *StepRequest      `json:"requested_by,omitempty"`   // the latest play or retry by hand
	Paused        *Pause            `json:"paused,omitempty"`         // null: it is not
	Stopped       *Stop             `json:"stopped,omitempty"`        // who asked it to end, and why
	Attempts      []RunAttempt      `json:"attempts"`                 // oldest first
	Outputs       map[string]string `json:"outputs,omitempty"`        // of its newest attempt
}

// StepRequest is what a person asked of a step: a play or a retry.
type StepRequest struct {
	At        time.Time         `json:"at"`                  // when it was asked
	Actor     string            `json:"actor,omitempty"`     // user name, or "uid 1000" where it has none
	Variables map[string]string `json:"variables,omitempty"` // for the attempts since then
}

// Stop says who, or what, asked a step to end.
type Stop struct {
	At    time.Time `json:"at"`              // when it was asked
	Actor string    `json:"actor,omitempty"` // user name; penstock is the daemon itself
	Note  string    `json:"note,omitempty"`  // why
	Run   string    `json:"run,omitempty"`   // the newer run that made this one redundant
	// FailureReason is set where the step fails by it, as by a timeout: Note has the message.
	FailureReason string `json:"failure_reason,omitempty"`
}

// RunAttempt is one try of one step.
type RunAttempt struct {
	Number        int         `json:"number"`                   // from 1
	Status        string      `json:"status"`                   // running, canceling, success, failed or canceled
	FailureReason string      `json:"failure_reason,omitempty"` // script_failure, step_timeout, stuck_or_timeout, plugin_failure, plugin_missing, missing_dependency, lost, …
	ExitCode      *int        `json:"exit_code"`                // of its process; null: it has none
	Message       string      `json:"message,omitempty"`        // what a person should know
	ReadyAt       *time.Time  `json:"ready_at,omitempty"`       // it could begin, but for a place
	StartedAt     *time.Time  `json:"started_at"`               // its work began; null: it has not
	FinishedAt    *time.Time  `json:"finished_at"`              // null while it is not over
	Plugin        string      `json:"plugin,omitempty"`         // version and sha256 of the binary that did it
	Leftovers     []string    `json:"leftovers,omitempty"`      // processes that outlived the step and were ended
	Log           *AttemptLog `json:"log,omitempty"`            // once it is sealed
	Erased        *Erasure    `json:"erased,omitempty"`         // its log was removed
	Downstream    *Downstream `json:"downstream,omitempty"`     // the run that it stands for, once there is one
}

// Downstream is a run that an attempt of a step stands for, as it is now.
type Downstream struct {
	Run      string `json:"run"`                // deploy/7
	ID       uint64 `json:"id"`                 // unique in the daemon
	Status   string `json:"status"`             // of a run that was deleted: the last that the attempt heard of
	Warnings bool   `json:"warnings,omitempty"` // a step of it that may fail did
	Deleted  bool   `json:"deleted,omitempty"`  // it is there no more
}

// Erasure says who removed a log.
type Erasure struct {
	At    time.Time `json:"at"`              // when it was removed
	Actor string    `json:"actor,omitempty"` // user name, or "uid 1000" where it has none
}

// AttemptLog describes a sealed log.
type AttemptLog struct {
	Size    int64  `json:"size"`              // bytes ever written, frames included
	Missing int64  `json:"missing,omitempty"` // bytes of it beyond the cap, dropped from the middle
	SHA256  string `json:"sha256"`            // of what is kept
	Stored  int64  `json:"stored"`            // bytes on disk, compressed
	Problem string `json:"problem,omitempty"` // why it could not be kept whole
}

// RunWatchRequest waits for a run to change. Ask with the Sequence of the
// answer before: nothing is missed, whatever happens to the daemon between.
type RunWatchRequest struct {
	Run    string `json:"run"`               // nightly/42, nightly/latest or its id, 1007
	After  uint64 `json:"after,omitempty"`   // 0 answers at once with the whole run
	WaitMS int    `json:"wait_ms,omitempty"` // at most 60000; 0 answers at once
	// UntilEnded answers with the summary alone, once the run has ended or the
	// time is over: for who waits and does not look.
	UntilEnded bool `json:"until_ended,omitempty"`
	// UntilBlocked, with UntilEnded, answers also once the run is blocked: its
	// status is manual, and nothing moves before a person plays a step.
	UntilBlocked bool `json:"until_blocked,omitempty"`
}

// RunWatchResponse says what changed after the cursor. A step that changed
// several times comes once, as it is now.
type RunWatchResponse struct {
	Run      RunSummary    `json:"run"`              // as it is now
	Sequence uint64        `json:"sequence"`         // the cursor: ask again with after = sequence
	Ended    bool          `json:"ended"`            // the run is complete: success, failed, canceled or skipped
	Whole    []RunStage    `json:"whole,omitempty"`  // the cursor was too old or 0: every stage and step
	Steps    []StepChange  `json:"steps,omitempty"`  // else: the steps that changed
	Stages   []StageChange `json:"stages,omitempty"` // and their stages, as they are now
}

// StageChange is the status of a stage.
type StageChange struct {
	Name   string `json:"name"`   // of the text
	Status string `json:"status"` // what its steps amount to
}

// StepChange is a step that changed, with its place.
type StepChange struct {
	Stage string `json:"stage"` // of the step
	RunStep
}

// RunDeleteRequest removes a run with its logs and its workspace.
type RunDeleteRequest struct {
	Run    string `json:"run"`               // nightly/42, nightly/latest or its id, 1007
	DryRun bool   `json:"dry_run,omitempty"` // say what would go; remove nothing
	// Force cancels a run that is not over, without grace, and waits for its end;
	// without it the run is refused with CodeConflict.
	Force bool `json:"force,omitempty"`
}

// RunDeleteResponse says what went with it.
type RunDeleteResponse struct {
	Run      RunSummary `json:"run"`       // as it was
	Steps    int        `json:"steps"`     // how many it had
	LogBytes uint64     `json:"log_bytes"` // stored
}
