package calendar

import (
	"strings"
	"time"

	"github.com/penstock/penstock/config/spelling"
)

const forms = "write a day as 2026-12-25, 12-25 or sat, days as 2026-12-24..2027-01-02, a time as 2026-12-31T22:00..2027-01-01T06:00 or fri 18:00..mon 06:00, each with a title behind it"

// readLines reads a calendar of lines.
func (c *Calendar) readLines(lines []string) error {
	entries := 0
	for i, text := range lines {
		text = strings.TrimSpace(text)
		if text == "" || text[0] == '#' {
			continue
		}
		if entries++; entries > maxEntries {
			return wrong(i+1, "there are more than %d entries; leave out what is past", maxEntries)
		}
		if err := c.readLine(text, i+1); err != nil {
			return err
		}
	}
	if entries == 0 {
		return wrong(1, "there is nothing that could be covered; %s", forms)
	}
	return nil
}

// readLine reads one entry: what it covers, and its title.
func (c *Calendar) readLine(text string, number int) error {
	if len(text) > maxLine {
		return wrong(number, "the line has %d bytes; at most %d are read", len(text), maxLine)
	}
	e := entry{words: strings.Fields(text), line: number}
	if when := firstWord(e.words); dayName(when) {
		return c.readWeekly(e)
	} else if strings.Contains(when, "T") {
		return c.readTime(e)
	}
	return c.readDays(e)
}

// firstWord is what stands before the first .. or blank of an entry.
func firstWord(words []string) string {
	word, _, _ := strings.Cut(words[0], "..")
	return word
}

// entry is a line as its words.
type entry struct {
	words []string
	line  int
}

// titled is the title behind the first so many words; without one, those.
func (e entry) titled(used int) string {
	if title := strings.Join(e.words[used:], " "); title != "" {
		return strings.TrimPrefix(title, "# ")
	}
	return strings.Join(e.words[:used], " ")
}

// wrong is an error of the entry's line.
func (e entry) wrong(format string, arguments ...any) error {
	return wrong(e.line, format, arguments...)
}

// readDays reads 2026-12-25, 12-25 and ranges of them.
func (c *Calendar) readDays(e entry) error {
	from, to, ranged := strings.Cut(e.words[0], "..")
	if !ranged {
		to = from
	}
	if _, every := yearDay(from); every {
		return c.readYearly(e, from, to)
	}
	first, err := e.day(from)
	if err != nil {
		return err
	}
	last, err := e.day(to)
	if err != nil {
		return err
	}
	if last.Before(first) {
		return e.wrong("%s ends before it begins", e.words[0])
	}
	c.wall = append(c.wall, stretch{first.Unix(), last.AddDate(0, 0, 1).Unix(), e.titled(1)})
	return nil
}

// day reads a date.
func (e entry) day(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, e.wrong("%q is no day; %s", text, forms)
	}
	return day, e.possible(day)
}

// possible refuses years that nobody means.
func (e entry) possible(t time.Time) error {
	if t.Year() < firstYear || t.Year() > lastYear {
		return e.wrong("the year %d is outside of %d-%d", t.Year(), firstYear, lastYear)
	}
	return nil
}

// readYearly reads 12-25 and 12-24..01-02.
func (c *Calendar) readYearly(e entry, from, to string) error {
	first, _ := yearDay(from)
	last, ok := yearDay(to)
	if !ok {
		return e.wrong("%s goes from a day of every year to %q, which is none; write both as 12-25 or both as 2026-12-25", e.words[0], to)
	}
	c.everyYear(first, last, e.titled(1))
	return nil
}

// yearDay reads a day of every year; the leap day is one.
func yearDay(text string) (int, bool) {
	const leap = "2024-"
	day, err := time.Parse(time.DateOnly, leap+text)
	return monthDay(day.Month(), day.Day()), err == nil
}

// readTime reads two times with .. between them.
func (c *Calendar) readTime(e entry) error {
	from, to, ranged := strings.Cut(e.words[0], "..")
	if !ranged {
		return e.wrong("%s has no end; write %s..2027-01-01T06:00", from, from)
	}
	first, fixed, err := e.time(from)
	if err != nil {
		return err
	}
	last, alsoFixed, err := e.time(to)
	switch {
	case err != nil:
		return err
	case fixed != alsoFixed:
		return e.wrong("of %s one end has an offset and the other has none; both must, or neither", e.words[0])
	case !first.Before(last):
		return e.wrong("%s ends before it begins", e.words[0])
	}
	s := stretch{first.Unix(), last.Unix(), e.titled(1)}
	if fixed {
		c.instants = append(c.instants, s)
	} else {
		c.wall = append(c.wall, s)
	}
	return nil
}

// time reads 2026-12-31T22:00, with seconds and with an offset or without.
func (e entry) time(text string) (t time.Time, fixed bool, err error) {
	day, clock, _ := strings.Cut(text, "T")
	if start, err := time.Parse(time.DateOnly, day); err == nil && clock == "24:00" {
		return start.AddDate(0, 0, 1), false, e.possible(start)
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil && t.Nanosecond() == 0 {
			return t, false, e.possible(t)
		}
		if t, err := time.Parse(layout+"Z07:00", text); err == nil && t.Nanosecond() == 0 {
			return t, true, e.possible(t)
		}
	}
	return t, false, e.wrong("%q is no time; write it as 2026-12-31T22:00, with Z or +01:00 for a time of another zone", text)
}

// readWeekly reads sat, mon..fri, fri 18:00..mon 06:00 and mon..fri 09:00..17:00.
func (c *Calendar) readWeekly(e entry) error {
	if len(e.words) > 2 && isClock(e.words[1], "..") {
		return c.readSpan(e)
	}
	from, to, err := e.weekdays(e.words[0])
	if err != nil {
		return err
	}
	if len(e.words) > 1 && isClock(e.words[1], "..") {
		return c.readHours(e, from, to)
	}
	if len(e.words) > 1 && isClock(e.words[1], "") {
		return e.wrong("%s %s has no end; write %s %s..18:00 or %s %s..mon 06:00", e.words[0], e.words[1], e.words[0], e.words[1], e.words[0], e.words[1])
	}
	c.weekly = append(c.weekly, stretch{from * daySeconds, (to + 1) * daySeconds, e.titled(1)})
	return nil
}

// isClock reports whether a word begins with a time of day and has something in
// it.
func isClock(word, with string) bool {
	return word[0] >= '0' && word[0] <= '9' && strings.Contains(word, ":") && strings.Contains(word, with)
}

// readSpan reads fri 18:00..mon 06:00, or, where no day follows, hours.
func (c *Calendar) readSpan(e entry) error {
	clock, day, _ := strings.Cut(e.words[1], "..")
	if !dayName(day) {
		from, to, err := e.weekdays(e.words[0])
		if err != nil {
			return err
		}
		return c.readHours(e, from, to)
	}
	begin, err := e.weekTime(e.words[0], clock)
	if err != nil {
		return err
	}
	end, err := e.weekTime(day, e.words[2])
	if err != nil {
		return err
	}
	if end <= begin {
		end += weekSeconds
	}
	c.weekly = append(c.weekly, stretch{begin, end, e.titled(3)})
	return nil
}

// readHours reads the hours of days of the week; past midnight they go on into
// the next day.
func (c *Calendar) readHours(e entry, first, last int64) error {
	from, to, _ := strings.Cut(e.words[1], "..")
	begin, err := e.clock(from)
	if err != nil {
		return err
	}
	end, err := e.clock(to)
	if err != nil {
		return err
	}
	if end <= begin {
		end += daySeconds
	}
	for day := first; day <= last; day++ {
		start := day % 7 * daySeconds
		c.weekly = append(c.weekly, stretch{start + begin, start + end, e.titled(2)})
	}
	return nil
}

// weekdays reads a day of the week or two with .. between; the second may lie in
// the next week.
func (e entry) weekdays(text string) (from, to int64, err error) {
	first, last, ranged := strings.Cut(text, "..")
	if from, err = e.weekday(first); err != nil || !ranged {
		return from, from, err
	}
	if to, err = e.weekday(last); to < from {
		to += 7
	}
	return from, to, err
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func (e entry) weekday(text string) (int64, error) {
	for i, name := range weekdays {
		if strings.EqualFold(text, name) || strings.EqualFold(text, name[:3]) {
			return int64(i), nil
		}
	}
	short := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	if near := spelling.Nearest(text, append(short, weekdays...)); near != "" {
		return 0, e.wrong("%q is no day; did you mean %s?", text, near)
	}
	return 0, e.wrong("%q is no day; %s", text, forms)
}

// dayName reports whether a word may be meant as a day of the week.
func dayName(word string) bool {
	return word != "" && strings.Trim(strings.ToLower(word), "abcdefghijklmnopqrstuvwxyz") == ""
}

// weekTime is a time of a day of the week, from Sunday 00:00 on.
func (e entry) weekTime(day, clock string) (int64, error) {
	d, err := e.weekday(day)
	if err != nil {
		return 0, err
	}
	seconds, err := e.clock(clock)
	return d*daySeconds + seconds, err
}

// clock reads a time of day.
func (e entry) clock(text string) (int64, error) {
	if text == "24:00" {
		return daySeconds, nil
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil && t.Nanosecond() == 0 {
			return int64(t.Hour()*3600 + t.Minute()*60 + t.Second()), nil
		}
	}
	return 0, e.wrong("%q is no time of day; write it as 18:00", text)
}
