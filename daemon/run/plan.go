package run

import (
	"fmt"
	"slices"
	"strings"
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
	Values    Values    `json:"values,omitzero"`
	// Environment is what every step sees; the run's rule wins over it, then a
	// stage, a step and the step's rule, Values.Variables over all of them. Late
	// holds the variables whose templates can be evaluated only when an attempt
	// begins; so do those of the rules, a stage and a step.
	Environment     map[string]string `json:"environment,omitempty"`
	Late            map[string]string `json:"late,omitempty"`
	RuleEnvironment map[string]string `json:"rule_environment,omitempty"`
	RuleLate        map[string]string `json:"rule_late,omitempty"`
	// Timeout ends the run so long after its first step began; 0 is none.
	Timeout time.Duration `json:"timeout,omitempty"`
	// MaxParallel bounds how many steps of the run work at a time; 0 is no bound.
	MaxParallel int `json:"max_parallel,omitempty"`
	// CancelOnFailure ends the rest of the run when a step fails that may not.
	CancelOnFailure bool        `json:"cancel_on_failure,omitempty"`
	Stages          []PlanStage `json:"stages"`
	Steps           []PlanStep  `json:"steps"` // stage by stage, in the order of the file
	Groups          []Group     `json:"groups,omitempty"`
	Absent          []Absent    `json:"absent,omitempty"` // steps that rules left out
}

// Values are what the run was started with: what expressions see.
type Values struct {
	Inputs    map[string]any    `json:"inputs,omitempty"`    // string, float64, bool or []any, defaults filled in
	Variables map[string]string `json:"variables,omitempty"` // given for the run: they win over those of the file
	Source    string            `json:"source,omitempty"`    // why the run exists: command, schedule, …
	Actor     string            `json:"actor,omitempty"`
	Revision  uint64            `json:"revision,omitempty"` // of the pipeline
	// Trigger is the name of what made the run, ScheduledAt the instant that it
	// was due, in RFC 3339.
	Trigger     string `json:"trigger,omitempty"`
	ScheduledAt string `json:"scheduled_at,omitempty"`
	// Name, SubQueue, Priority and Upstream, the run or the attempt that it
	// follows from, are as its record has them: steps are told.
	Name     string `json:"name,omitempty"`
	SubQueue string `json:"sub_queue,omitempty"`
	Priority int    `json:"priority,omitempty"`
	Upstream string `json:"upstream,omitempty"`
	// Payload is what the caller of a webhook sent. Steps read it as a file.
	Payload string `json:"payload,omitempty"`
}

// PlanStage is a stage of a plan.
type PlanStage struct {
	Name        string            `json:"name"`
	Serial      bool              `json:"serial,omitempty"` // its steps follow each other
	Environment map[string]string `json:"environment,omitempty"`
	Late        map[string]string `json:"late,omitempty"`
}

// PlanStep is a step of a plan. Steps of a matrix are steps of their own, next
// to each other.
type PlanStep struct {
	Name string `json:"name"` // as people read it: compile, or "test: [linux, arm64]"
	// Address names the step where Name cannot: in paths, on the command line,
	// in the names of attempts. "" means Name; a cell of a matrix has test@2.
	Address string `json:"address,omitempty"`
	Stage   int    `json:"stage"` // index into Plan.Stages
	Uses    string `json:"uses"`
	// With holds the settings. LateWith holds what of them can be evaluated only
	// when an attempt begins: an RFC 6901 pointer into With → its template.
	With        map[string]any    `json:"with,omitempty"`
	LateWith    map[string]string `json:"late_with,omitempty"`
	Environment map[string]string `json:"environment,omitempty"`
	Late        map[string]string `json:"late,omitempty"`
	// RuleEnvironment and RuleLate are the variables of the rule that chose it.
	RuleEnvironment map[string]string `json:"rule_environment,omitempty"`
	RuleLate        map[string]string `json:"rule_late,omitempty"`
	Matrix          map[string]string `json:"matrix,omitempty"` // the values of its axes
	Dir             string            `json:"dir,omitempty"`    // below the workspace
	When            When              `json:"when,omitempty"`
	StartIn         time.Duration     `json:"start_in,omitempty"`     // with Delayed
	Confirmation    string            `json:"confirmation,omitempty"` // with Manual: what to ask before it begins
	AllowFailure    bool              `json:"allow_failure,omitempty"`
	// AllowExitCodes are failures that are allowed where AllowFailure is not set.
	AllowExitCodes []int         `json:"allow_exit_codes,omitempty"`
	Timeout        time.Duration `json:"timeout,omitempty"`         // of the work of one attempt
	SilenceTimeout time.Duration `json:"silence_timeout,omitempty"` // without a byte of output
	WaitingTimeout time.Duration `json:"waiting_timeout,omitempty"` // from admission to the begin of the work
	Retry          RetryRule     `json:"retry,omitzero"`
	HasNeeds       bool          `json:"has_needs,omitempty"` // it leaves stage order, even with no Needs
	Needs          []int         `json:"needs,omitempty"`     // indices into Plan.Steps
	After          []int         `json:"after,omitempty"`     // steps whose outputs it reads: further edges, whatever HasNeeds
	Skip           string        `json:"skip,omitempty"`      // why it is left out; the run goes on as if it had succeeded
	Rule           string        `json:"rule,omitempty"`      // the rule that chose it, for people
	ResourceGroup  string        `json:"resource_group,omitempty"`
	Interruptible  bool          `json:"interruptible,omitempty"` // a newer run may cancel it while it works
	// Downstream makes the step stand for another run: what it takes over of it.
	// Such a step needs no plugin and takes no place.
	Downstream Strategy `json:"downstream,omitempty"`
	Group      int      `json:"group,omitempty"` // its matrix: 1 + index into Plan.Groups; 0 is none
}

// Group is the steps of one matrix.
type Group struct {
	Name        string `json:"name"`                   // of the step in the file
	MaxParallel int    `json:"max_parallel,omitempty"` // cells at work at a time; 0 is no bound
	FailFast    bool   `json:"fail_fast,omitempty"`    // a failed cell cancels the others
}

// Absent is a step of the file that is not in the run.
type Absent struct {
	Stage string `json:"stage"`
	Name  string `json:"name"`
	// Address is that of a cell of a matrix, as test@2; "" is no cell.
	Address string `json:"address,omitempty"`
	Why     string `json:"why"` // the rule that said never, or that none matched
}

// Is reports whether a person may mean a by a name: the name, the address, or the
// name of a matrix for all of its cells.
func (a *Absent) Is(name string) bool {
	matrix, _, _ := strings.Cut(a.Address, "@")
	return name != "" && (name == a.Name || name == a.Address || name == matrix)
}

// RetryRule says which failures are tried again.
type RetryRule struct {
	Max int `json:"max"` // attempts after the first
	// When lists the failure reasons and ExitCodes the exit codes that are tried
	// again; one of either is enough. Both empty is EveryReason.
	When      []FailureReason `json:"when,omitempty"`
	ExitCodes []int           `json:"exit_codes,omitempty"`
	Delay     time.Duration   `json:"delay,omitempty"`     // before the first retry
	Backoff   float64         `json:"backoff,omitempty"`   // factor from delay to delay; 0 means 1
	MaxDelay  time.Duration   `json:"max_delay,omitempty"` // 0 is no bound
	Jitter    float64         `json:"jitter,omitempty"`    // 0 to 1: how much of a delay is left to chance
}

// EveryReason, in RetryRule.When, stands for every reason but lost, which has to
// be named, and missing_dependency, which no other attempt mends.
const EveryReason FailureReason = "always"

// LeftOut is p with every step left out: a run of it is over at once, as
// skipped.
func (p Plan) LeftOut(why string) Plan {
	p.Steps = slices.Clone(p.Steps)
	for i := range p.Steps {
		p.Steps[i].Skip = why
	}
	return p
}

// Key names step i in paths and on the command line.
func (p *Plan) Key(i int) string {
	s := &p.Steps[i]
	if s.Address != "" {
		return s.Address
	}
	return s.Name
}

// Name names a run for people: nightly/42.
func Name(pipeline string, number uint64) string { return fmt.Sprintf("%s/%d", pipeline, number) }

// AttemptName names an attempt of step i for people and plugins alike:
// nightly/42/build/compile/1.
func (p *Plan) AttemptName(i, number int) string {
	return fmt.Sprintf("%s/%d/%s/%s/%d", p.Pipeline, p.Number, p.Stages[p.Steps[i].Stage].Name, p.Key(i), number)
}

// Find lists the steps that a person may mean by a stage and a name: the name,
// the address, or the name of a matrix for all of its cells. Stage "" is any.
func (p *Plan) Find(stage, name string) (found []int) {
	if name == "" {
		return nil
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if stage != "" && p.Stages[s.Stage].Name != stage {
			continue
		}
		if s.Name == name || s.Address == name || s.Group > 0 && p.Groups[s.Group-1].Name == name {
			found = append(found, i)
		}
	}
	return found
}

// Strategy says what a step takes over of the run that it stands for. The words
// are GitLab's.
type Strategy string

// The strategies.
const (
	StrategyNone   Strategy = "none"   // it succeeds as soon as the run exists
	StrategyDepend Strategy = "depend" // it works until the run is over: success, or failed
	StrategyMirror Strategy = "mirror" // its status is the run's
)

// Workspace says which directory the steps of a run work in.
type Workspace string

// The workspaces.
const (
	WorkspaceRun  Workspace = "run"  // one directory for the run
	WorkspaceStep Workspace = "step" // one for each step
)

// When says which composite of what went before admits a step, and how it
// begins then.
type When string

// The values of When. The zero value means OnSuccess.
const (
	OnSuccess When = "on_success"
	OnFailure When = "on_failure"
	Always    When = "always"
	ByHand    When = "manual"  // after success; a person begins it
	Delayed   When = "delayed" // after success; StartIn later
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

// allows reports whether a failure with this exit code is allowed.
func (s *PlanStep) allows(exitCode *int) bool {
	return s.AllowFailure || exitCode != nil && slices.Contains(s.AllowExitCodes, *exitCode)
}
