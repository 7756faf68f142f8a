package rpc

// A step is named in parameters as "build/compile", or as "compile" where its
// name is unique in the run. A cell of a matrix is "build/test: [linux, arm64]"
// or "build/test@2"; "build/test" is all of them.

// RunCancelRequest asks a run, or some of its steps, to end. To ask again, or
// for what is over, changes nothing and is no error.
type RunCancelRequest struct {
	Run   string   `json:"run"`             // nightly/42, nightly/latest or its id, 1007
	Steps []string `json:"steps,omitempty"` // none: the run
	Force bool     `json:"force,omitempty"` // kill at once, no grace
	Note  string   `json:"note,omitempty"`  // why; at most 1 KiB
}

// RunCancelResponse says what was asked to end.
type RunCancelResponse struct {
	Run       RunSummary `json:"run"`                 // as it is now
	Steps     []string   `json:"steps"`               // build/compile: of those that were named, asked to end now
	Already   []string   `json:"already,omitempty"`   // of those that were named: over, or asked to end before
	Unchanged bool       `json:"unchanged,omitempty"` // nothing was left to end
}

// RunPlayRequest begins manual and scheduled steps now: those in Steps, or with
// Stage every manual one of a stage.
type RunPlayRequest struct {
	Run   string   `json:"run"`             // nightly/42, nightly/latest or its id, 1007
	Steps []string `json:"steps,omitempty"` // build/compile
	Stage string   `json:"stage,omitempty"` // its name
	Force bool     `json:"force,omitempty"` // with Stage, where others than manual steps are in it
	// Confirm says that a person has confirmed what the steps ask to be
	// confirmed. Without it a step that asks is refused with CodeConfirm.
	Confirm   bool              `json:"confirm,omitempty"`
	Variables map[string]string `json:"variables,omitempty"` // for these steps alone, over all others
	// DespiteFreeze begins them while everything is frozen.
	DespiteFreeze bool `json:"despite_freeze,omitempty"`
}

// RunRetryRequest tries steps again, each with a new attempt. Without Steps it
// is the whole run: all that failed or was canceled; what was skipped is
// decided anew. With Attempt the call can be repeated without harm: the second
// is refused.
type RunRetryRequest struct {
	Run       string            `json:"run"`                 // nightly/42, nightly/latest or its id, 1007
	Steps     []string          `json:"steps,omitempty"`     // build/compile
	Attempt   int               `json:"attempt,omitempty"`   // refused unless it is the newest of the step; 0 is any
	After     bool              `json:"after,omitempty"`     // and everything that comes after the steps
	Variables map[string]string `json:"variables,omitempty"` // for these steps alone, over all others
	// DespiteFreeze begins them while everything is frozen.
	DespiteFreeze bool `json:"despite_freeze,omitempty"`
}

// RunUnscheduleRequest makes scheduled steps manual: they begin when a person
// plays them. Those that are manual stay so.
type RunUnscheduleRequest struct {
	Run   string   `json:"run"`   // nightly/42, nightly/latest or its id, 1007
	Steps []string `json:"steps"` // build/compile
}

// RunStepsResponse says which steps a request has set in motion.
type RunStepsResponse struct {
	Run   RunSummary `json:"run"`   // as it is now
	Steps []string   `json:"steps"` // build/compile; none: there was nothing to do
}
