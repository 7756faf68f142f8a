package plan

import (
	"fmt"
	"strings"
)

// Refusal is why a run cannot exist: all that stands against it.
type Refusal struct{ Problems []Problem }

// Problem is one thing that stands against a run.
type Problem struct {
	Kind    Kind
	Message string
	step    int // of the plan: the order of problems
}

// Kind says what a problem is about, for those who act on it.
type Kind string

// The kinds of problems.
const (
	BadInput    Kind = "input"    // unknown, missing or not as declared
	BadVariable Kind = "variable" // given, but no step can have it
	NoRun       Kind = "no_run"   // the pipeline's rules want none
	Empty       Kind = "empty"    // rules left no step
	BadNeed     Kind = "need"     // what a step waits for, or reads, is not in the run
	BadLabel    Kind = "label"    // of a form that none has, or too many
	BadValue    Kind = "value"    // an expression has no value, or one that cannot be used
	TooLarge    Kind = "too_large"
)

// maxShown bounds what the text of a refusal lists; Problems has all.
const maxShown = 100

// Error lists the problems, one a line.
func (r *Refusal) Error() string {
	var lines []string
	for _, p := range r.Problems[:min(len(r.Problems), maxShown)] {
		lines = append(lines, p.Message)
	}
	if more := len(r.Problems) - maxShown; more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// Has reports whether one of the problems is of the kind.
func (r *Refusal) Has(k Kind) bool {
	for _, p := range r.Problems {
		if p.Kind == k {
			return true
		}
	}
	return false
}

func (r *resolver) refuse(k Kind, format string, args ...any) {
	r.problems = append(r.problems, Problem{Kind: k, Message: fmt.Sprintf(format, args...), step: len(r.plan.Steps)})
}
