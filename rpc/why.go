package rpc

import "time"

// RunWhyRequest asks why a run, or a step of it, is as it is.
type RunWhyRequest struct {
	Run  string `json:"run"`            // nightly/42, nightly/latest or its id, 1007
	Step string `json:"step,omitempty"` // a step, a matrix or a stage; "" is the run
}

// Explanation says why something is as it is, with what it follows from.
type Explanation struct {
	Subject string     `json:"subject"`           // nightly/42, or build/compile
	Status  string     `json:"status,omitempty"`  // absent: of a step that is not in the run
	Since   *time.Time `json:"since,omitempty"`   // it is so
	Text    string     `json:"text"`              // why
	Release string     `json:"release,omitempty"` // what would change it; "" where nothing is waited for
	Causes  Causes     `json:"causes,omitempty"`  // what it follows from
}

// Causes are what an Explanation follows from.
type Causes []Explanation
