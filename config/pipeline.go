package config

import "time"

// Pipeline is a definition: what should happen, in the order of the file.
type Pipeline struct {
	Name        string
	Description string
	Type        Type
	Order       Order // of the steps of each stage that names none
	Workspace   Workspace
	Priority    int           // -100 to 100, default 0: whose steps begin first when places are few
	Timeout     time.Duration // of a run, from its first step on; 0 is none
	MaxParallel int           // steps of one run that work at a time; 0 is no bound
	Overlap     Overlap
	AutoCancel  AutoCancel
	Retention   Retention
	RunName     string     // of its runs, for people; may hold placeholders; "" is none
	Labels      []Variable // of its runs, to find them by; in the order of their names
	Triggers    []Trigger  // in the order of the file
	Inputs      []Input    // in the order of the file
	Variables   []Variable // in the order of their names
	Rules       []Rule     // decide whether there is a run; none: there is
	Stages      []Stage
}

// Input is a value that a run is started with.
type Input struct {
	Name        string
	Type        InputType
	Description string
	Default     any    // string, float64, bool or []any by Type, numbers in it float64; nil: the run must give it
	Options     []any  // nil: any; not with Boolean and Array
	Regex       string // of the whole value, with String only; RE2 syntax; "" is any
}

// InputType is the type of an input.
type InputType string

// The types of an input.
const (
	String  InputType = "string" // default
	Number  InputType = "number" // a float64
	Boolean InputType = "boolean"
	Array   InputType = "array" // of anything JSON has; given as JSON text
)

// Rule is tried in order; the first whose If holds counts.
type Rule struct {
	If           string // an expression; "" always holds
	When         When   // "" is the step's own, or for a run Always; a run has Always and Never only
	StartIn      time.Duration
	AllowFailure *AllowFailure // nil: the step's own. That of a manual step by default is never another's
	Needs        []Need        // meaningful only with HasNeeds
	HasNeeds     bool
	// Interruptible is nil for the step's own, AutoCancel for the pipeline's.
	// Where a rule has AutoCancel, all of it counts: the text's is filled in.
	Interruptible *bool
	AutoCancel    *AutoCancel
	Variables     []Variable // over those of the step, or of the pipeline
}

// Overlap says what happens to a run while others of the pipeline, in the same
// sub-queue, are not over.
type Overlap struct {
	Policy OverlapPolicy
	Limit  int // runs at a time; default 1, meaningful with every policy but allow
}

// OverlapPolicy is what happens to a run beyond the limit.
type OverlapPolicy string

// The overlap policies.
const (
	OverlapAllow    OverlapPolicy = "allow"     // default: there is no limit
	OverlapQueue    OverlapPolicy = "queue"     // it waits for its turn
	OverlapQueueOne OverlapPolicy = "queue_one" // it waits if none waits yet, else it is refused
	OverlapSkip     OverlapPolicy = "skip"      // it is refused
	OverlapCancel   OverlapPolicy = "cancel"    // those before it are canceled, and it waits until they are gone
)

// AutoCancel says which runs, or steps, end because of others.
type AutoCancel struct {
	OnNewRun      OnNewRun
	OnStepFailure OnStepFailure
}

// OnNewRun says what a new run does to older ones that it makes redundant.
type OnNewRun string

// The values of OnNewRun. An older run is redundant when it is of the same
// pipeline and sub-queue and has another revision or other values.
const (
	CancelNone          OnNewRun = "none"          // default
	CancelConservative  OnNewRun = "conservative"  // canceled, unless a step that is not interruptible has begun
	CancelInterruptible OnNewRun = "interruptible" // its interruptible steps are
)

// OnStepFailure says what a failed step that may not fail does to its run.
type OnStepFailure string

// The values of OnStepFailure.
const (
	FailureGoesOn     OnStepFailure = "none" // default
	FailureCancelsAll OnStepFailure = "all"
)

// Retention says which runs that are over are removed. The zero value keeps
// all. A run goes when one of the bounds says so.
type Retention struct {
	Age      time.Duration         // since its creation: 1 day to 1 year; 0 is no bound
	Count    int                   // how many stay; 0 is no bound
	ByStatus map[string]KeepBounds // success, failed, canceled or skipped: instead of the two above
}

// KeepBounds are the bounds for runs of one status.
type KeepBounds struct {
	Age   time.Duration
	Count int
}

// Stage is a named group of steps.
type Stage struct {
	Name      string
	Order     Order
	Skip      bool // its steps are left out, the run goes on
	Variables []Variable
	Steps     []Step
}

// Step is one action.
type Step struct {
	Name           string
	Uses           string // the step type: which plugin
	With           map[string]any
	Needs          []Need // meaningful only with HasNeeds
	HasNeeds       bool   // the key is there, even if empty: the step leaves stage order
	When           When
	StartIn        time.Duration // with Delayed: 1 s to 1 week
	Confirmation   string        // manual_confirmation, with Manual
	AllowFailure   AllowFailure  // by default a manual step's is {Always: true}
	Rules          []Rule
	Skip           bool // it is left out, the run goes on
	Retry          Retry
	Timeout        time.Duration // of the work of one attempt; 0 is none
	SilenceTimeout time.Duration // of a work without output; 0 is none
	WaitingTimeout time.Duration // for a place or a resource; 0 is none
	ResourceGroup  string        // may hold placeholders; what comes out must pass CheckResourceGroup
	Interruptible  bool
	Parallel       int                   // copies of the step, 1 to 200; 0: it has none. See Cells
	Matrix         []map[string][]string // each entry spans its own product; nil: there is none
	MatrixOrder    [][]string            // the names of each entry, in the order of the file
	MaxParallel    int                   // cells at work at a time; 0 is no bound
	FailFast       bool                  // a failed cell cancels the others
	Variables      []Variable
	Dir            string // below the workspace; "" is the workspace itself
}

// Need is a step that another waits for.
type Need struct {
	Step      string
	Cell      int                   // the one of Step.Cells, from 1, that a name such as "test: [linux]" or "test 2/3" means; 0: all, or those of Matrix
	Optional  bool                  // it may be absent
	Artifacts bool                  // default true; has its place for later
	Matrix    []map[string][]string // the cells that Cell.Chosen; nil: all. Values may hold {{ matrix.NAME }} of the step that needs
}

// AllowFailure says which failures are as good as success for what comes after.
type AllowFailure struct {
	Always    bool
	ExitCodes []int
}

// Retry says which failures are tried again: see run.RetryRule.
type Retry struct {
	Max       int // 0 to 10
	When      []string
	ExitCodes []int
	Delay     time.Duration
	Backoff   float64
	MaxDelay  time.Duration
	Jitter    float64
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
	Manual    When = "manual"  // after success; a person begins it
	Delayed   When = "delayed" // after success, and start_in later
	Never     When = "never"   // in rules only
)
