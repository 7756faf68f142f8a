package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reader makes typed values of a document and keeps every problem it meets,
// so that a person sees all of them at once.
type reader struct {
	*document
	child    bool      // the text is that of a child: see ParseChild
	mentions []mention // of steps and stages, in a file of tests
	problems Problems
	dropped  int // problems beyond maxProblems
}

func (r *reader) report(at *place, format string, args ...any) {
	r.reportAt(at.start(), at, format, args...)
}

// reportIn reports a problem so many bytes into a string. Where the text holds
// the string with escapes, its place must do.
func (r *reader) reportIn(at *place, s string, offset int, format string, args ...any) {
	begin, ok := r.content(at, s[:max(offset, 0)])
	if !ok {
		r.report(at, format, args...)
		return
	}
	r.reportAt(begin+max(offset, 0), at, format, args...)
}

// content is where the text of a string begins, behind its quotes; ok tells
// whether what it begins with stands there as it is.
func (r *reader) content(at *place, beginning string) (offset int, ok bool) {
	if at.quote < 0 {
		return 0, false
	}
	literal := r.text[at.quote:]
	for _, opening := range openings {
		if rest, found := strings.CutPrefix(literal, opening); found {
			return at.quote + len(opening), strings.HasPrefix(rest, beginning)
		}
	}
	return 0, false
}

// openings are how a string can begin: a newline behind three quotes is none of
// its text.
var openings = []string{
	`"""` + "\r\n", `"""` + "\n", `"""`, "'''\r\n", "'''\n", "'''", `"`, "'",
}

// reportAt reports a problem of a place at an offset of the text.
func (r *reader) reportAt(offset int, at *place, format string, args ...any) {
	if len(r.problems) == maxProblems {
		r.dropped++
		return
	}
	r.problems = append(r.problems, Problem{
		File:     r.file,
		Position: r.lines.position(offset),
		Path:     at.path(),
		Message:  fmt.Sprintf(format, args...),
	})
}

// finish is what there is to say, in the order of the text.
func (r *reader) finish() error {
	r.problems.Sort()
	if r.dropped > 0 {
		last := r.problems[len(r.problems)-1]
		last.Message = fmt.Sprintf("there are %d more problems; correct these first", r.dropped)
		r.problems = append(r.problems, last)
	}
	return r.problems.err()
}

// line is where a person finds a place, for messages that point at two.
func (r *reader) line(at *place) string {
	p := r.lines.position(at.start())
	return fmt.Sprintf("%d:%d", p.Line, p.Column)
}

// list is the elements of an array, of whichever kind the decoder made it.
func list(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case []map[string]any:
		all := make([]any, len(v))
		for i, m := range v {
			all[i] = m
		}
		return all, true
	}
	return nil, false
}

// describe names the type of a decoded value.
func describe(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case bool:
		return "a boolean"
	case time.Time:
		return "a date or time"
	case map[string]any:
		return "a table"
	}
	return "an array"
}

// quote shows what a person wrote, cut where it is long and with control
// characters made harmless.
func quote(s string) string {
	const most = 80
	if len(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.ToValidUTF8(s[:most], "")) + "…"
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
