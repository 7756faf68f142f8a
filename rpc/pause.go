package rpc

import "time"

// PipelinePauseRequest pauses a pipeline, a stage or a step. A paused pipeline
// refuses new runs; a paused stage or step is left out of runs until it is
// resumed, the rest of the run goes on. A second pause of the same part
// replaces the first. Neither makes a new revision.
type PipelinePauseRequest struct {
	Name   string     `json:"name"`             // of the pipeline
	Stage  string     `json:"stage,omitempty"`  // "" is the pipeline itself
	Step   string     `json:"step,omitempty"`   // in Stage, as the text names it; "" is the stage
	Reason string     `json:"reason,omitempty"` // at most 1 KiB
	Until  *time.Time `json:"until,omitempty"`  // null: until it is resumed
}

// PipelineResumeRequest takes a pause back. Where there is none, nothing is
// changed.
type PipelineResumeRequest struct {
	Name  string `json:"name"`            // of the pipeline
	Stage string `json:"stage,omitempty"` // "" is the pipeline itself
	Step  string `json:"step,omitempty"`  // "" is the stage
}

// PipelinePausesResponse says what of a pipeline is paused now.
type PipelinePausesResponse struct {
	Pipeline string  `json:"pipeline"` // its name
	Pauses   []Pause `json:"pauses"`   // in force now, of the pipeline, its stages and steps
	// Unchanged says that what was to be resumed was not paused.
	Unchanged bool `json:"unchanged,omitempty"`
}

// Pause says who paused what, why and until when.
type Pause struct {
	Stage  string     `json:"stage,omitempty"`  // "" is the pipeline itself
	Step   string     `json:"step,omitempty"`   // "" is the stage
	At     time.Time  `json:"at"`               // since when
	Actor  string     `json:"actor"`            // user name, or "uid 1000" where it has none
	Reason string     `json:"reason,omitempty"` // as who paused it said
	Until  *time.Time `json:"until,omitempty"`  // null: until it is resumed
}
