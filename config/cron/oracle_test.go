package cron_test

import (
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An oracle says when an expression is due without any arithmetic on zones: it
// looks at the wall clock of every tick of a stretch of time, and reads the
// expression by itself. It shares no code with the package. Ticks are minutes or
// seconds.

// dial is what a wall clock shows at every tick of a stretch: runs in which it
// goes on evenly, found by looking at each tick.
type dial struct {
	unit  int64 // seconds a tick
	start int64 // instant of the first tick, in ticks
	runs  []run
	end   int64
}

// run begins at an instant and a wall time, in ticks.
type run struct{ instant, wall int64 }

func watch(zone *time.Location, from, to time.Time, unit time.Duration) dial {
	d := dial{unit: int64(unit / time.Second)}
	d.start, d.end = from.Unix()/d.unit, to.Unix()/d.unit
	offset := int64(1 << 40)
	for i := d.start; i < d.end; i++ {
		_, seconds := time.Unix(i*d.unit, 0).In(zone).Zone()
		if int64(seconds) != offset {
			offset = int64(seconds)
			d.runs = append(d.runs, run{i, i + offset/d.unit})
		}
	}
	return d
}

// due are the instants at which the clock has a reason to start something, in
// ticks. wanted is the set of wall times that match.
func (d dial) due(wanted wallSet, interval bool) (instants []int64) {
	seen := d.runs[0].wall - 1 // the latest the clock has shown
	for i, r := range d.runs {
		end := d.end
		if i+1 < len(d.runs) {
			end = d.runs[i+1].instant
		}
		from, last := r.wall, r.wall+end-r.instant-1
		if !interval {
			if from = max(from, seen+1); r.wall > seen+1 && wanted.next(seen+1) < r.wall && wanted.next(r.wall) != r.wall {
				instants = append(instants, r.instant)
			}
			seen = max(seen, last)
		}
		for w := wanted.next(from); w <= last; w = wanted.next(w + 1) {
			instants = append(instants, r.instant+w-r.wall)
		}
	}
	return instants
}

// wallSet is a set of wall times, in ticks from base on.
type wallSet struct {
	base  int64
	words []uint64
}

func (s wallSet) add(wall int64) { s.words[(wall-s.base)/64] |= 1 << ((wall - s.base) % 64) }

// next is the first wall time of the set from one on; beyond the set's end there
// is always one.
func (s wallSet) next(wall int64) int64 {
	i := (wall - s.base) / 64
	if int(i) >= len(s.words) {
		return 1 << 60
	}
	word := s.words[i] >> ((wall - s.base) % 64) << ((wall - s.base) % 64)
	for word == 0 {
		if i++; int(i) == len(s.words) {
			return 1 << 60
		}
		word = s.words[i]
	}
	return s.base + i*64 + int64(bits.TrailingZeros64(word))
}

// wanted is the set of the wall times from a day up to another that match an
// expression.
func wanted(text string, from, to time.Time, unit time.Duration) wallSet {
	fields := strings.Fields(strings.ToLower(text))
	if len(fields) == 5 {
		fields = append([]string{"0"}, fields...)
	}
	ticks, daily := int64(24*time.Hour/unit), timesOfDay(fields, int64(unit/time.Second))
	first := from.Unix() / 86400 * ticks
	s := wallSet{first, make([]uint64, (to.Unix()/86400*ticks-first)/64+1)}
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		if onDay(fields, day) {
			for _, tick := range daily {
				s.add(day.Unix()/86400*ticks + tick)
			}
		}
	}
	return s
}

// timesOfDay are the times that match, in ticks since midnight.
func timesOfDay(fields []string, unit int64) (ticks []int64) {
	for h := range 24 {
		for m := range 60 {
			if !listed(fields[2], h, 0, 23) || !listed(fields[1], m, 0, 59) {
				continue
			}
			for s := range 60 {
				if listed(fields[0], s, 0, 59) {
					ticks = append(ticks, int64(h*3600+m*60+s)/unit)
				}
			}
		}
	}
	return ticks
}

func onDay(fields []string, day time.Time) bool {
	if !listed(fields[4], int(day.Month()), 1, 12) {
		return false
	}
	date := slices.ContainsFunc(strings.Split(fields[3], ","), func(item string) bool { return isDate(item, day) })
	weekday := slices.ContainsFunc(strings.Split(fields[5], ","), func(item string) bool { return isWeekday(item, day) })
	if strings.ContainsAny(fields[3][:1]+fields[5][:1], "*?") {
		return date && weekday
	}
	return date || weekday
}

func isDate(item string, day time.Time) bool {
	last := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC)
	switch {
	case item == "lw":
		return isWorkday(day) && (day.Equal(last) || !isWorkday(last) && last.Sub(day) < 72*time.Hour && day.Weekday() == time.Friday)
	case item[0] == 'l':
		before, _ := strconv.Atoi(strings.TrimPrefix(item[1:], "-"))
		return day.Equal(last.AddDate(0, 0, -before))
	case strings.HasSuffix(item, "w"):
		n, _ := strconv.Atoi(item[:len(item)-1])
		return n <= last.Day() && day.Equal(nearestByTrying(day, n))
	}
	return listed(item, day.Day(), 1, 31)
}

func isWorkday(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

// nearestByTrying looks for the workday of the month that is nearest to its n-th
// day.
func nearestByTrying(month time.Time, n int) time.Time {
	for _, away := range []int{0, -1, 1, -2, 2} {
		day := time.Date(month.Year(), month.Month(), n+away, 0, 0, 0, 0, time.UTC)
		if isWorkday(day) && day.Month() == month.Month() {
			return day
		}
	}
	return time.Time{}
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func isWeekday(item string, day time.Time) bool {
	week := int(day.Weekday())
	if name, n, found := strings.Cut(item, "#"); found {
		nth, _ := strconv.Atoi(n)
		return value(name)%7 == week && (day.Day()+6)/7 == nth
	}
	if name, rest, found := strings.Cut(item, "%"); found {
		n, k, _ := strings.Cut(rest, "+")
		every, _ := strconv.Atoi(n)
		plus, _ := strconv.Atoi(k)
		weeks := int(math.Floor(day.Sub(time.Date(2018, 12, 25, 0, 0, 0, 0, time.UTC)).Hours() / 24 / 7))
		return value(name)%7 == week && (weeks-plus)%every == 0
	}
	if name, found := strings.CutSuffix(item, "l"); found {
		return value(name)%7 == week && day.AddDate(0, 0, 7).Month() != day.Month()
	}
	return listed(item, week, 0, 6) || week == 0 && item[0] != '*' && listed(item, 7, 0, 6)
}

// listed reports whether a field's text names a value.
func listed(field string, v, low, high int) bool {
	return slices.ContainsFunc(strings.Split(field, ","), func(item string) bool { return inItem(item, v, low, high) })
}

func inItem(item string, v, low, high int) bool {
	body, by, stepped := strings.Cut(item, "/")
	step := 1
	if stepped {
		step, _ = strconv.Atoi(by)
	}
	from, to := low, high
	if body != "*" && body != "?" {
		a, b, ranged := strings.Cut(body, "-")
		from = value(a)
		switch {
		case ranged:
			to = value(b)
		case !stepped:
			to = from
		}
	}
	size := high - low + 1
	if to < from {
		to += size
	}
	for i := from; i <= to; i += step {
		if i == v || (i-low)%size+low == v {
			return true
		}
	}
	return false
}

func value(text string) int {
	months := []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	if i := slices.Index(months, text); i >= 0 {
		return i + 1
	}
	if i := slices.Index(weekdays, text); i >= 0 {
		return i
	}
	n, _ := strconv.Atoi(text)
	return n
}

// isInterval is the rule of cron(8): the field of minutes or of hours begins with
// a star.
func isInterval(text string) bool {
	fields := strings.Fields(text)
	return fields[len(fields)-5][0] == '*' || fields[len(fields)-4][0] == '*'
}
