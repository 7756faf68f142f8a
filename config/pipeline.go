package config

import "time"

// Pipeline is a definition: what should happen, in the order of the file.
type Pipeline struct {
	Name        string
	Description string
	Type        Type
	Order       Order // of the steps of each stage that names none
	Workspace   Workspace
	Variables   []Variable // in the order of their names
	Stages      []Stage
}

// Stage is a named group of steps.
type Stage struct {
	Name      string
	Order     Order
	Variables []Variable
	Steps     []Step
}

// Step is one action.
type Step struct {
	Name         string
	Uses         string // the step type: which plugin
	With         map[string]any
	Needs        []string // names of steps; meaningful only with HasNeeds
	HasNeeds     bool     // the key is there, even if empty: the step leaves stage order
	When         When
	AllowFailure bool
	Timeout      time.Duration // of one attempt; 0 is none
	Variables    []Variable
	Dir          string // below the workspace; "" is the workspace itself
}

// Variable is an environment variable of steps. The step's wins over the
// stage's, the stage's over the pipeline's.
type Variable struct {
	Name  string
	Value string
}

// Type says whether values may change from run to run.
type Type string

// The types of a pipeline.
const (
	Standard Type = "standard" // default
	Dynamic  Type = "dynamic"
)

// Order is how the steps of a stage follow each other.
type Order string

// The orders of a stage.
const (
	Parallel Order = "parallel" // default
	Serial   Order = "serial"   // one after another, stop at the first failure
)

// Workspace says which directory a step works in.
type Workspace string

// The workspaces of a pipeline.
const (
	WorkspaceRun  Workspace = "run"  // default: one directory for the run
	WorkspaceStep Workspace = "step" // one for each step
)

// When says which outcome of what went before admits a step.
type When string

// The values of `when`.
const (
	OnSuccess When = "on_success" // default
	OnFailure When = "on_failure"
	Always    When = "always"
)
