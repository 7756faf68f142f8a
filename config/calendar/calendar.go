package calendar

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// The limits of a text.
const (
	maxBytes   = 1 << 20
	maxLine    = 8 << 10
	maxEntries = 5000
	maxRepeats = 200
	firstYear  = 1900
	lastYear   = 2200
)

const daySeconds = 24 * 60 * 60

// A wall time is the reading of a wall clock as the seconds since 1970-01-01
// 00:00 on that clock.

// stretch is a time from its first second up to but without its last; of a wall
// clock or of instants.
type stretch struct {
	from, to int64
	title    string
}

// Calendar is a set of days and times with titles. It may be used by many at
// a time.
type Calendar struct {
	weekly   []stretch // of wall clocks, from Sunday 00:00 on; at most a week long
	yearly   []yearly
	wall     []stretch // in order, none overlaps another
	instants []stretch // the same
	repeats  []repeat

	lock  sync.Mutex
	years map[int]*year // what repeats gives, by the year
}

// year is what repeated events cover in one year.
type year struct{ wall, instants []stretch }

// keptYears is how many years of repeated events are kept.
const keptYears = 8

// SyntaxError says what is wrong with a text, in which line, and what to write
// instead.
type SyntaxError struct {
	Line    int // from 1 on
	Message string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

func wrong(line int, format string, arguments ...any) *SyntaxError {
	return &SyntaxError{Line: line, Message: fmt.Sprintf(format, arguments...)}
}

// Parse reads the text of a calendar. What is wrong with it is told by a
// [*SyntaxError].
func Parse(text string) (*Calendar, error) {
	if len(text) > maxBytes {
		return nil, wrong(1, "the text has %d bytes; at most %d are read: leave out what is past", len(text), maxBytes)
	}
	text = strings.TrimPrefix(text, "\ufeff")
	c := &Calendar{years: map[int]*year{}}
	read := c.readLines
	if begins(text, "BEGIN:VCALENDAR") {
		read = c.readEvents
	}
	if err := read(strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")); err != nil {
		return nil, err
	}
	c.wall, c.instants = disjoint(c.wall), disjoint(c.instants)
	return c, nil
}

// begins reports whether a text begins with a word, case and blanks before it
// aside.
func begins(text, word string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	return len(text) >= len(word) && strings.EqualFold(text[:len(word)], word)
}

// The calendars that are always there.
const (
	Weekend  = "weekend"  // Saturday and Sunday
	Weekdays = "weekdays" // Monday to Friday
)

// BuiltIn is the calendar that always has a name, if one has.
func BuiltIn(name string) (*Calendar, bool) {
	c, ok := builtIn[name]
	return c, ok
}

var builtIn = map[string]*Calendar{
	Weekend:  {weekly: []stretch{{from: 6 * daySeconds, to: 8 * daySeconds, title: Weekend}}},
	Weekdays: {weekly: []stretch{{from: 1 * daySeconds, to: 6 * daySeconds, title: Weekdays}}},
}

// Covers reports whether the calendar covers an instant, with the title of what
// does; days are those of the zone. Without a title, the title is the text that
// says when.
func (c *Calendar) Covers(t time.Time, zone *time.Location) (title string, ok bool) {
	t = t.In(zone)
	_, offset := t.Zone()
	instant := t.Unix()
	wall := instant + int64(offset)
	if title, ok = within(c.wall, wall); ok {
		return title, true
	}
	if title, ok = within(c.instants, instant); ok {
		return title, true
	}
	if title, ok = c.regular(wall, t); ok {
		return title, true
	}
	if len(c.repeats) == 0 {
		return "", false
	}
	y := c.year(t.Year())
	if title, ok = within(y.wall, wall); ok {
		return title, true
	}
	return within(y.instants, instant)
}

// regular looks at what comes every week and every year.
func (c *Calendar) regular(wall int64, t time.Time) (title string, ok bool) {
	const week = 7 * daySeconds
	inWeek := (wall + 4*daySeconds) % week // 1970-01-01 was a Thursday
	if inWeek < 0 {
		inWeek += week
	}
	for _, w := range c.weekly {
		if w.from <= inWeek && inWeek < w.to || inWeek+week < w.to {
			return w.title, true
		}
	}
	for _, y := range c.yearly {
		if y.covers(t) {
			return y.title, true
		}
	}
	return "", false
}

// year is what repeated events cover in a year.
func (c *Calendar) year(number int) *year {
	c.lock.Lock()
	defer c.lock.Unlock()
	if y, ok := c.years[number]; ok {
		return y
	}
	if len(c.years) == keptYears {
		clear(c.years)
	}
	y := &year{}
	for _, r := range c.repeats {
		r.unfold(number, y)
	}
	y.wall, y.instants = disjoint(y.wall), disjoint(y.instants)
	c.years[number] = y
	return y
}

// disjoint cuts stretches so that each moment is in at most one, that which began
// first, and puts them in order.
func disjoint(all []stretch) (apart []stretch) {
	slices.SortStableFunc(all, func(a, b stretch) int { return int(min(max(a.from-b.from, -1), 1)) })
	for _, s := range all {
		if n := len(apart); n > 0 {
			s.from = max(s.from, apart[n-1].to)
		}
		if s.from < s.to {
			apart = append(apart, s)
		}
	}
	return apart
}

// within finds the one of disjoint stretches that holds a moment.
func within(apart []stretch, moment int64) (title string, ok bool) {
	i, _ := slices.BinarySearchFunc(apart, moment, func(s stretch, m int64) int {
		if s.to <= m {
			return -1
		}
		return 1
	})
	if i == len(apart) || apart[i].from > moment {
		return "", false
	}
	return apart[i].title, true
}

// yearly are days of every year, as month and day in one number; the last may lie
// in the year after.
type yearly struct {
	from, to int
	title    string
}

func (y yearly) covers(t time.Time) bool {
	day := monthDay(t.Month(), t.Day())
	if y.to < y.from {
		return day >= y.from || day <= y.to
	}
	return y.from <= day && day <= y.to
}

func monthDay(month time.Month, day int) int { return int(month)*32 + day }
