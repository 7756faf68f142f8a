package cron

import (
	"fmt"
	"math/bits"
	"strings"
)

// Describe says in English when the expression is due, as in "at 02:30 every
// day". It is for people, and its words may change.
func (e *Expression) Describe() string {
	switch e.kind {
	case Every:
		return "every " + period(e.number)
	case At:
		if e.absolute {
			return "once, at " + utc(e.number).Format("2006-01-02 15:04:05") + " UTC"
		}
		return "once, at " + strings.TrimSuffix(utc(e.number).Format("2006-01-02 15:04:05"), ":00")
	case Reboot:
		return "once after each boot"
	}
	times, days := e.describeTimes(), e.describeDays()
	if days == "" && strings.HasPrefix(times, "at ") && !strings.Contains(times, "every") {
		days = " every day"
	}
	return times + days
}

// period says a number of seconds in the units that people count in.
func period(seconds int64) string {
	var parts []string
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{daySeconds, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
		if n := seconds / unit.seconds; n > 0 {
			parts = append(parts, counted(n, unit.name))
			seconds -= n * unit.seconds
		}
	}
	if len(parts) == 1 {
		return strings.TrimPrefix(parts[0], "1 ")
	}
	return strings.Join(parts, " ")
}

func counted(n int64, name string) string {
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}

// fewTimes is how many times of day are listed one by one.
const fewTimes = 8

func (e *Expression) describeTimes() string {
	allHours := e.hour == 1<<24-1
	hours, minutes, seconds := bits.OnesCount32(e.hour), bits.OnesCount64(e.minute), bits.OnesCount64(e.second)
	switch {
	case hours*minutes*seconds <= fewTimes:
		return "at " + e.listTimes()
	case e.second != 1:
		return rate("second", e.second, 60) + within("minute", e.minute, 60) + within("hour", uint64(e.hour), 24)
	case allHours && !even(e.minute, 60):
		return rate("minute", e.minute, 60) + " of every hour"
	}
	return rate("minute", e.minute, 60) + within("hour", uint64(e.hour), 24)
}

func (e *Expression) listTimes() string {
	var times []string
	for _, h := range members(uint64(e.hour)) {
		for _, m := range members(e.minute) {
			for _, s := range members(e.second) {
				text := fmt.Sprintf("%02d:%02d:%02d", h, m, s)
				times = append(times, strings.TrimSuffix(text, ":00"))
			}
		}
	}
	if e.second == 1 {
		return series(times, "and")
	}
	return series(e.withSeconds(times), "and")
}

// withSeconds writes all times alike, once one of them has seconds.
func (e *Expression) withSeconds(times []string) []string {
	for i, t := range times {
		if len(t) == len("15:04") {
			times[i] = t + ":00"
		}
	}
	return times
}

// rate says how often, or at which values of a unit.
func rate(unit string, set uint64, size int) string {
	if !even(set, size) {
		return "at " + plural(unit, set) + " " + spans(members(set), number)
	}
	if n := size / bits.OnesCount64(set); n > 1 {
		return fmt.Sprintf("every %d %ss", n, unit)
	}
	return "every " + unit
}

// within says in which values of a unit; nothing where it is in all.
func within(unit string, set uint64, size int) string {
	if bits.OnesCount64(set) == size {
		return ""
	}
	if n := size / bits.OnesCount64(set); even(set, size) {
		return fmt.Sprintf(" of every %s %s", ordinal(n), unit)
	}
	return " of " + plural(unit, set) + " " + spans(members(set), number)
}

func plural(unit string, set uint64) string {
	if bits.OnesCount64(set) == 1 {
		return unit
	}
	return unit + "s"
}

// even reports whether a set has every n-th of size values from 0 on, with the
// same distance from its last to its first.
func even(set uint64, size int) bool {
	count := bits.OnesCount64(set)
	if count < 2 || size%count != 0 {
		return false
	}
	for v := 0; v < size; v += size / count {
		if set>>v&1 == 0 {
			return false
		}
	}
	return true
}

func members(set uint64) (values []int) {
	for v := range 64 {
		if set>>v&1 == 1 {
			values = append(values, v)
		}
	}
	return values
}

// spans lists values, three and more that follow each other as a range.
func spans(values []int, name func(int) string) string {
	var parts []string
	for i := 0; i < len(values); {
		end := i
		for end+1 < len(values) && values[end+1] == values[end]+1 {
			end++
		}
		if end-i >= 2 {
			parts = append(parts, name(values[i])+" to "+name(values[end]))
			i = end + 1
			continue
		}
		parts = append(parts, name(values[i]))
		i++
	}
	return series(parts, "and")
}

// series is a list as it is said: a, b and c.
func series(parts []string, last string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	end := len(parts) - 1
	return strings.Join(parts[:end], ", ") + " " + last + " " + parts[end]
}

func number(n int) string { return fmt.Sprint(n) }

func ordinal(n int) string {
	suffix := "th"
	if n/10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(n) + suffix
}
