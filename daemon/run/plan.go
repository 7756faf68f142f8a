package run

import (
	"maps"
	"time"
)

// Plan is what a run will do, resolved from one revision of its pipeline
// before the run exists. It is stored once and never changes: editing, or
// renaming, a pipeline cannot touch a run that lives.
type Plan struct {
	RunID     uint64    `json:"run_id"`   // unique over the daemon
	Pipeline  string    `json:"pipeline"` // its name when the run was created: part of the attempts' names
	Number    uint64    `json:"number"`   // within the pipeline, from 1
	Workspace Workspace `json:"workspace"`
	// Environment is what every step sees; a stage's wins over it, a step's
	// over both.
	Environment map[string]string `json:"environment,omitempty"`
	Stages      []PlanStage       `json:"stages"`
	Steps       []PlanStep        `json:"steps"` // stage by stage, in the order of the file
}

// PlanStage is a stage of a plan.
type PlanStage struct {
	Name        string            `json:"name"`
	Serial      bool              `json:"serial,omitempty"` // its steps follow each other
	Environment map[string]string `json:"environment,omitempty"`
}

// PlanStep is a step of a plan.
type PlanStep struct {
	Name         string            `json:"name"`
	Stage        int               `json:"stage"` // index into Plan.Stages
	Uses         string            `json:"uses"`
	With         map[string]any    `json:"with,omitempty"`
	Environment  map[string]string `json:"environment,omitempty"`
	Dir          string            `json:"dir,omitempty"` // below the workspace
	When         When              `json:"when,omitempty"`
	AllowFailure bool              `json:"allow_failure,omitempty"`
	Timeout      time.Duration     `json:"timeout,omitempty"`
	HasNeeds     bool              `json:"has_needs,omitempty"` // it leaves stage order, even with no Needs
	Needs        []int             `json:"needs,omitempty"`     // indices into Plan.Steps
}

// StepEnvironment is what step i sees: the plan's variables under its stage's
// under its own.
func (p *Plan) StepEnvironment(i int) map[string]string {
	s := &p.Steps[i]
	all := maps.Clone(p.Environment)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, p.Stages[s.Stage].Environment)
	maps.Copy(all, s.Environment)
	return all
}

// Workspace says which directory the steps of a run work in.
type Workspace string

// The workspaces.
const (
	WorkspaceRun  Workspace = "run"  // one directory for the run
	WorkspaceStep Workspace = "step" // one for each step
)

// When says which composite of what went before admits a step.
type When string

// The values of When. The zero value means OnSuccess.
const (
	OnSuccess When = "on_success"
	OnFailure When = "on_failure"
	Always    When = "always"
)

// admits is the table of GitLab's job processing: whether a step that may
// begin when w begins after what came before it ended as previous.
func (w When) admits(previous Status, hasNeeds bool) bool {
	switch w {
	case OnFailure:
		return previous == Failed
	case Always:
		return previous == Success || previous == Failed || previous == Skipped
	default:
		return previous == Success || previous == Skipped && !hasNeeds
	}
}
