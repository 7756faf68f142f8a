package rpc

import "time"

// A run is named in parameters as "nightly/42", "nightly/latest" (the newest)
// or by its daemon-wide id, "1007".

// RunStartRequest starts a run of a pipeline's current revision. The answer is
// given after the run is durable.
type RunStartRequest struct {
	Pipeline string `json:"pipeline"`
	// Key makes the call repeatable: a second call with the same key within 24
	// hours answers with the run of the first and starts nothing. At most 128
	// bytes; "" is no key.
	Key  string `json:"key,omitempty"`
	Note string `json:"note,omitempty"` // why, kept in the cause; at most 1 KiB
}

// RunStartResponse names the run.
type RunStartResponse struct {
	Run       RunSummary `json:"run"`
	Duplicate bool       `json:"duplicate,omitempty"` // the key was known: nothing was started
}

// RunListRequest asks for runs, newest first.
type RunListRequest struct {
	Pipeline string `json:"pipeline,omitempty"` // "" is all pipelines
	Status   string `json:"status,omitempty"`   // only runs of this status
	Before   uint64 `json:"before,omitempty"`   // ids below this one: Next of the page before
	Limit    int    `json:"limit,omitempty"`    // 1 to 1000; 0 means 20
}

// RunListResponse is a page of runs.
type RunListResponse struct {
	Runs []RunSummary `json:"runs"`
	Next uint64       `json:"next,omitempty"` // ask again with Before = Next; 0 is the end
}

// RunSummary is one line of a list of runs.
type RunSummary struct {
	Name       string     `json:"name"` // nightly/42
	ID         uint64     `json:"id"`
	Number     uint64     `json:"number"`
	Pipeline   string     `json:"pipeline"`
	Revision   uint64     `json:"revision"`
	Status     string     `json:"status"`
	Warnings   bool       `json:"warnings,omitempty"` // succeeded, but a step that may fail did
	Cause      Cause      `json:"cause"`
	CreatedAt  time.Time  `json:"created_at"`
	StartedAt  *time.Time `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
	Duration   *float64   `json:"duration"` // seconds in which at least one step ran; null before any did
}

// Cause says why a run exists.
type Cause struct {
	Source string `json:"source"`          // command; later also schedule, trigger, pipeline
	Actor  string `json:"actor,omitempty"` // user name, or "uid 1000" where it has none
	UID    *int   `json:"uid,omitempty"`
	Note   string `json:"note,omitempty"`
}

// RunGetRequest asks for a run with all its steps.
type RunGetRequest struct {
	Run string `json:"run"`
}

// Run is a run with all its steps: the schema of `penstockctl status -o json`.
type Run struct {
	RunSummary
	Message  string     `json:"message,omitempty"` // what a person should know: who canceled it and why
	Sequence uint64     `json:"sequence"`          // cursor for RunWatch
	Stages   []RunStage `json:"stages"`
}

// RunStage is a stage of a run, in the order of the pipeline.
type RunStage struct {
	Name   string    `json:"name"`
	Status string    `json:"status"`
	Steps  []RunStep `json:"steps"`
}

// RunStep is a step of a run, in the order of the pipeline.
type RunStep struct {
	Name         string            `json:"name"`
	Uses         string            `json:"uses"`
	Status       string            `json:"status"`
	Needs        []string          `json:"needs,omitempty"`
	AllowFailure bool              `json:"allow_failure,omitempty"`
	Attempts     []RunAttempt      `json:"attempts"`
	Outputs      map[string]string `json:"outputs,omitempty"` // of its newest attempt
}

// RunAttempt is one try of one step.
type RunAttempt struct {
	Number        int         `json:"number"`
	Status        string      `json:"status"`
	FailureReason string      `json:"failure_reason,omitempty"`
	ExitCode      *int        `json:"exit_code"`
	Message       string      `json:"message,omitempty"`
	StartedAt     *time.Time  `json:"started_at"`
	FinishedAt    *time.Time  `json:"finished_at"`
	Plugin        string      `json:"plugin,omitempty"`    // version and sha256 of the binary that did it
	Leftovers     []string    `json:"leftovers,omitempty"` // processes that outlived the step and were ended
	Log           *AttemptLog `json:"log,omitempty"`       // once it is sealed
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
	Run    string `json:"run"`
	After  uint64 `json:"after,omitempty"`   // 0 answers at once with the whole run
	WaitMS int    `json:"wait_ms,omitempty"` // at most 60000; 0 answers at once
	// UntilEnded answers with the summary alone, once the run has ended or the
	// time is over: for who waits and does not look.
	UntilEnded bool `json:"until_ended,omitempty"`
}

// RunWatchResponse says what changed after the cursor. A step that changed
// several times comes once, as it is now.
type RunWatchResponse struct {
	Run      RunSummary    `json:"run"`
	Sequence uint64        `json:"sequence"`
	Ended    bool          `json:"ended"`            // the run is complete: success, failed, canceled or skipped
	Whole    []RunStage    `json:"whole,omitempty"`  // the cursor was too old or 0: every stage and step
	Steps    []StepChange  `json:"steps,omitempty"`  // else: the steps that changed
	Stages   []StageChange `json:"stages,omitempty"` // and their stages, as they are now
}

// StageChange is the status of a stage.
type StageChange struct {
	Name   string `json:"name"`
	Status string `json:"status"`
}

// StepChange is a step that changed, with its place.
type StepChange struct {
	Stage string `json:"stage"`
	RunStep
}

// RunCancelRequest asks a run to end.
type RunCancelRequest struct {
	Run   string `json:"run"`
	Force bool   `json:"force,omitempty"` // kill at once, no grace
	Note  string `json:"note,omitempty"`
}

// RunDeleteRequest removes an ended run with its logs and its workspace.
type RunDeleteRequest struct {
	Run    string `json:"run"`
	DryRun bool   `json:"dry_run,omitempty"`
}

// RunDeleteResponse says what went with it.
type RunDeleteResponse struct {
	Run      RunSummary `json:"run"`
	Steps    int        `json:"steps"`
	LogBytes uint64     `json:"log_bytes"`
}
