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
// The inputs and variables of a trigger are made before there is a run. They see
// pipeline, trigger and what the trigger heard of:
//
//	upstream.pipeline .run .status        the run that ended: build, build/7, success
//	upstream.outputs.STEP.KEY             string
//	file.path .name .size                 the file that appeared; the size in bytes
//	payload  payload.KEY[0].KEY           what a caller sent: JSON of any shape
//
// Of a payload nothing is known before it is there: a member that it has not is
// an error that names the way to it, and with ?? it is the right side.
//
// A bare NAME that is none of these roots, alone in its braces or in a
// condition, means the input or the variable of that name (Cycle's form); names
// with - are found so too.
// After a dot a - between two characters of a name belongs to the name: a minus
// has blanks around it. So an input that is added never changes what an
// expression means. Names that are no identifiers are written in brackets:
// steps["1.5"].outputs.size, and steps["test@2"] for a cell of a matrix. Names
// are fixed: inputs[vars.WHICH] is refused, for what an expression reads must be
// known without evaluating it.
//
// # Operators and functions
//
//   - - * / % **        numbers, all of them float64; + joins strings
//     == != < <= > >=
//     and or not && || !  a ? b : c
//     in                  of an array; not in
//     contains startsWith endsWith
//     matches             RE2, the pattern in quotes
//     a ?? b              b where a is nil: an element of an array that is null,
//     or an output or a member of a payload that is missing
//     list[0] list[-1] list[1:3]
//     len lower upper trim split join replace string number toJSON int floor ceil round
//
// There are no variables, loops, predicates and comments.
//
// # Templates
//
// A template is text with any number of {{ … }} in it. Numbers are written
// without needless digits (7, 2.5), booleans as true and false, arrays as JSON.
// A template that is one placeholder and nothing else keeps the type of its
// value. A literal {{ is written {{ "{{" }}.
//
// # Cost
//
// An expression has at most 4 KiB and 2000 nodes; there is nothing to loop with,
// and no operation makes a value of more than 1 MiB out of others, so an
// evaluation is bounded by its length. A pattern has at most 1000 states and is
// matched against at most 64 KiB.
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

// String is the type as people read it in messages.
func (t Type) String() string {
	return [...]string{"any", "string", "number", "boolean", "array"}[t]
}

// TypeOf is the type of a value, Any where it has none of the others.
func TypeOf(value any) Type {
	switch value.(type) {
	case string:
		return String
	case float64:
		return Number
	case bool:
		return Boolean
	case []any:
		return Array
	}
	return Any
}

// Place is where an expression stands. It says which roots there are.
type Place int

// The places. All but the first are the inputs and variables of a trigger of
// that kind.
const (
	InRun      Place = iota // of a run and what is in it
	InSchedule              // nothing but the trigger and the pipeline is known
	InAfter                 // upstream
	InFiles                 // file
	InKey                   // payload
)

// Scope is what an expression may name.
type Scope struct {
	Place     Place // in that of a trigger the rest of the scope is empty
	Inputs    map[string]Type
	Variables map[string]bool // their names; true: the value is Late
	// Find knows variables that are not in Variables, where to list all of them
	// would cost too much; nil: there are no others.
	Find func(variable string) (late, known bool)
	// Steps are those whose outputs it may read, nil for none: their names, and
	// the addresses of the cells of a matrix, such as test@2. AnyStep leaves it to
	// the caller to judge the References.
	Steps  []string
	Matrix []string // names of the axes; nil: none
	Run    bool     // run.id, .number and .name are known, or will be
}

// AnyStep is a Scope.Steps that has every name.
var AnyStep = []string{"*"}

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
	Upstream  Upstream // InAfter
	File      File     // InFiles
	Payload   any      // InKey: as encoding/json decodes it
}

// Upstream is a run that ended.
type Upstream struct {
	Pipeline string
	Run      string                       // such as build/7
	Status   string                       // success, failed, canceled or skipped
	Outputs  map[string]map[string]string // step → key → value
}

// File is a file that appeared.
type File struct {
	Path string // absolute
	Name string // the last element of Path
	Size int64  // bytes
}

// Trigger is what made the run.
type Trigger struct {
	Name        string
	ScheduledAt string // RFC 3339
}

// Reference is an output that an expression reads.
type Reference struct {
	Step, Output string
	Optional     bool // a ?? says what holds where it is missing
}

// Error says where in a template or condition, in bytes from its beginning,
// something is wrong, and what.
type Error struct {
	Offset  int
	Message string
	cause   error
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

// Unwrap is what made it: a [*Missing], or nil.
func (e *Error) Unwrap() error { return e.cause }

// Missing is an output that a step was expected to have and has not.
type Missing struct{ Step, Output string }

// Error names the step and the output.
func (m *Missing) Error() string {
	return "the step " + m.Step + " has no output " + m.Output
}
