// Package expression is the language of `{{ … }}` and of `if`: it is the only
// door to expr-lang/expr.
//
// It owns what an expression may name, which functions there are and how
// expensive it may be. It promises that what is wrong with an expression
// is said when a pipeline is applied, never first at night: names and
// types are checked against a [Scope]; that an evaluation ends soon, whatever
// is in it; and that a value which is put into a template stays a value: what
// it holds is never evaluated. It refuses clocks, chance, environment and files:
// the same expression over the same [Values] is the same result for ever.
//
// # Names
//
//	inputs.NAME                  typed as declared
//	vars.NAME                    string
//	steps.NAME.outputs.KEY       string; known when the step has ended
//	matrix.NAME                  string; in the steps of a matrix
//	run.id .number .name         known when the run exists
//	run.source .actor            why the run exists: command, schedule, …; who
//	pipeline.name .revision
//	trigger.name .scheduled_at   "" where there is none
//
// A bare NAME that is none of these roots, alone in its braces, means the input
// or the variable of that name (Cycle's form); names with - are found so too.
package expression

// Type is the type of a value.
type Type int

// The types.
const (
	Any Type = iota
	String
	Number // float64
	Boolean
	Array // []any
)

// Scope is what an expression may name.
type Scope struct {
	Inputs    map[string]Type
	Variables map[string]bool // their names; true: the value is Late
	Steps     []string        // names of the steps whose outputs it may read; nil: none
	Matrix    []string        // names of the axes; nil: none
	Run       bool            // run.id, .number and .name are known, or will be
}

// Values are what an expression sees when it is evaluated.
type Values struct {
	Inputs    map[string]any
	Variables map[string]string
	Outputs   map[string]map[string]string // step → key → value
	Matrix    map[string]string
	RunID     uint64
	RunNumber uint64
	Source    string
	Actor     string
	Pipeline  string
	Revision  uint64
	Trigger   Trigger
}

// Trigger is what made the run.
type Trigger struct {
	Name        string
	ScheduledAt string // RFC 3339
}

// Reference is an output that an expression reads.
type Reference struct{ Step, Output string }

// Error says where in a template or condition, in bytes from its beginning,
// something is wrong, and what.
type Error struct {
	Offset  int
	Message string
}

// Error is the message.
func (e *Error) Error() string { return e.Message }
