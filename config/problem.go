package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a text. Line and Column count from 1, the column in
// bytes as Go's compiler does; a byte order mark is not counted. The zero
// Position is no place.
type Position struct {
	Line   int
	Column int
}

// Problem is one thing that is wrong with a text: where, what, and what would
// be right.
type Problem struct {
	File string
	Position
	Path    string // of the value, such as stage[0].step[1].timeout; "" is the whole text
	Message string
}

// Error is `file:line:column: message`, the form that editors jump to.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems is an error that lists everything that is wrong with a text.
type Problems []Problem

// maxProblems bounds what one answer says about a text that is not a pipeline
// at all.
const maxProblems = 1000

// Error lists the problems, one a line, without a newline at the end.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Sort orders the problems by file and position; those of one position keep
// their order.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
		)
	})
}

// err is ps as an error: nil where there is no problem.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}
