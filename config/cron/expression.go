package cron

import (
	"fmt"
	"strings"
	"time"
)

// maxLength bounds the text of an expression, in bytes.
const maxLength = 256

// Kind says what an expression counts by.
type Kind uint8

// The kinds of expressions.
const (
	Cron   Kind = iota // fields of a wall clock
	Every              // a period
	At                 // one instant
	Reboot             // boots of the machine
)

var kinds = [...]string{"cron", "every", "at", "reboot"}

func (k Kind) String() string { return kinds[k] }

// Expression is a parsed text: a set of instants once there is a zone. The
// zero value is of no use; see [Parse].
type Expression struct {
	text     string
	rules    *dayRules // days that depend on their month or week; nil: none
	second   uint64    // sets of values, the value is the bit
	minute   uint64
	number   int64 // Every: the period, At: the instant or wall time, in seconds
	hour     uint32
	day      uint32
	month    uint16
	weekday  uint8
	kind     Kind
	interval bool // due whenever the wall clock shows it, see the package's doc
	bothDays bool // a day must match as day of month and as weekday
	absolute bool // At: number is an instant
}

// Parse reads the text of a schedule. What is wrong with it is told by a
// [*SyntaxError].
func Parse(text string) (*Expression, error) {
	if err := acceptable(text); err != nil {
		return nil, err
	}
	trimmed := strings.Trim(text, blanks)
	start := len(text) - len(strings.TrimLeft(text, blanks))
	if strings.HasPrefix(trimmed, "@") {
		return parseWord(trimmed, start)
	}
	return parseFields(text)
}

const blanks = " \t"

// acceptable refuses what cannot be an expression as a whole.
func acceptable(text string) error {
	if len(text) > maxLength {
		return wrong(maxLength, "it has %d bytes; at most %d are read: several triggers may share the work", len(text), maxLength)
	}
	if strings.Trim(text, blanks) == "" {
		return wrong(0, `there is nothing; write five fields, as in "30 2 * * *", or a word as @daily`)
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' || c > '~' {
			return wrong(i, "only printable ASCII characters on one line may stand here")
		}
	}
	for _, prefix := range []string{"TZ=", "CRON_TZ="} {
		if i := strings.Index(strings.ToUpper(text), prefix); i >= 0 && strings.Trim(text[:i], blanks) == "" {
			return wrong(i, "the time zone is no part of the expression: leave %s out and write timezone = \"…\" beside it", strings.Fields(text)[0])
		}
	}
	return nil
}

// Kind says what the expression counts by.
func (e *Expression) Kind() Kind { return e.kind }

// String is the text as it was given, without blanks around it.
func (e *Expression) String() string { return e.text }

// Interval reports whether the expression is due whenever the wall clock shows
// a time that matches. If not, it names times of day, which neither are
// left out nor come twice when the clock is changed.
func (e *Expression) Interval() bool { return e.interval || e.kind == Every }

// SyntaxError says what is wrong with an expression, where, and what to write
// instead.
type SyntaxError struct {
	Offset  int // in bytes, from the start of the text
	Message string
}

func (e *SyntaxError) Error() string { return e.Message }

func wrong(offset int, format string, arguments ...any) *SyntaxError {
	return &SyntaxError{Offset: offset, Message: fmt.Sprintf(format, arguments...)}
}

// parseWord reads an expression that begins with @. start is where.
func parseWord(text string, start int) (*Expression, error) {
	word, rest, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
	argument := strings.TrimLeft(rest, " ")
	offset := start + len(text) - len(argument)
	var e *Expression
	var err error
	switch word = strings.ToLower(word); word {
	case "@every":
		e, err = parseEvery(argument, offset)
	case "@at":
		e, err = parseAt(argument, offset)
	default:
		if e, err = parseName(word, start); err == nil && argument != "" {
			return nil, wrong(offset, "%s stands alone; remove %q", word, argument)
		}
	}
	if err != nil {
		return nil, err
	}
	e.text = text
	return e, nil
}

// written are the words that stand for fields.
var written = map[string]string{
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
	"@monthly":  "0 0 1 * *",
	"@weekly":   "0 0 * * 0",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@hourly":   "0 * * * *",
}

func parseName(word string, offset int) (*Expression, error) {
	if word == "@reboot" {
		return &Expression{kind: Reboot}, nil
	}
	if fields, ok := written[word]; ok {
		return parseFields(fields)
	}
	known := []string{"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@every", "@at", "@reboot"}
	return nil, wrong(offset, "%s is not known%s", word, hint(word, known))
}

// parseAt reads what follows @at.
func parseAt(text string, offset int) (*Expression, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil && t.Nanosecond() == 0 {
			return &Expression{kind: At, number: t.Unix()}, nil
		}
		if t, err := time.Parse(layout+"Z07:00", text); err == nil && t.Nanosecond() == 0 {
			return &Expression{kind: At, number: t.Unix(), absolute: true}, nil
		}
	}
	return nil, wrong(offset, "%q is no time; write @at 2026-12-31T23:00, with :05 for seconds and with Z or +02:00 for a time of another zone", text)
}
