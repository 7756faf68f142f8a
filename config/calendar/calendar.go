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

const (
	daySeconds  = 24 * 60 * 60
	weekSeconds = 7 * daySeconds
)

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
	weekly   []stretch      // of wall clocks, from Sunday 00:00 on; in order, none overlaps another
	yearly   map[int]string // titles of days of every year, by monthDay
	wall     []stretch      // in order, none overlaps another
	instants []stretch      // the same
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
	c := &Calendar{yearly: map[int]string{}, years: map[int]*year{}}
	read := c.readLines
	if begins(text, "BEGIN:VCALENDAR") {
		read = c.readEvents
	}
	if err := read(strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")); err != nil {
		return nil, err
	}
	c.weekly, c.wall, c.instants = disjoint(wrapped(c.weekly)), disjoint(c.wall), disjoint(c.instants)
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
	Weekend:  {weekly: []stretch{{0, 1 * daySeconds, Weekend}, {6 * daySeconds, weekSeconds, Weekend}}},
	Weekdays: {weekly: []stretch{{1 * daySeconds, 6 * daySeconds, Weekdays}}},
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
	inWeek := (wall + 4*daySeconds) % weekSeconds // 1970-01-01 was a Thursday
	if inWeek < 0 {
		inWeek += weekSeconds
	}
	if title, ok = within(c.weekly, inWeek); ok {
		return title, true
	}
	title, ok = c.yearly[monthDay(t.Month(), t.Day())]
	return title, ok
}

// wrapped adds at the beginning of the week what stretches, each at most a week
// long, have behind its end.
func wrapped(week []stretch) []stretch {
	for _, s := range week {
		if s.to > weekSeconds {
			week = append(week, stretch{0, s.to - weekSeconds, s.title})
		}
	}
	return week
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

// everyYear adds days of every year, as month and day in one number; the last may
// lie in the year after. A day keeps the title that it got first.
func (c *Calendar) everyYear(from, to int, title string) {
	for day := monthDay(time.January, 1); day <= monthDay(time.December, 31); day++ {
		covers := from <= day && day <= to
		if to < from {
			covers = from <= day || day <= to
		}
		if _, taken := c.yearly[day]; covers && !taken {
			c.yearly[day] = title
		}
	}
}

// monthDay is a day of every year in one number, in their order.
func monthDay(month time.Month, day int) int { return int(month)*32 + day }
