package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config/cron"
	"github.com/penstock/penstock/daemon/schedule"
)

// week is a calendar of days of the week, and of dates as 2006-01-02.
type week struct {
	days  []time.Weekday
	dates []string
}

func (w week) Covers(t time.Time, zone *time.Location) (string, bool) {
	local := t.In(zone)
	if slices.Contains(w.dates, local.Format(time.DateOnly)) {
		return "a date", true
	}
	return local.Weekday().String(), slices.Contains(w.days, local.Weekday())
}

var calendars = map[string]schedule.Calendar{
	"weekend":  week{days: []time.Weekday{time.Saturday, time.Sunday}},
	"weekdays": week{days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}},
	"holidays": week{dates: []string{"2026-03-30", "2026-10-23", "2026-10-26", "2026-12-24", "2026-12-25", "2026-12-28"}},
	"never":    week{},
	"fridays":  week{days: []time.Weekday{5}},
	"always":   week{days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}},
}

// slow is the policy of the package's doc, read without any cleverness: it
// knows all instants of a long time, and looks at each.
type slow struct {
	rule   schedule.Rule
	zone   *time.Location
	anchor time.Time
	table  schedule.Timetable // for nothing but the delay of each instant
}

func newSlow(t interface{ Fatal(...any) }, rule schedule.Rule, anchor time.Time) slow {
	table, err := rule.Compile(calendars)
	if err != nil {
		t.Fatal(err)
	}
	return slow{rule, table.Zone(), anchor, table.Of(7, "evening")}
}

// counts reports whether the calendars let a time be.
func (s slow) counts(at time.Time) bool {
	in := func(name string) bool {
		_, ok := calendars[name].Covers(at, s.zone)
		return ok
	}
	if slices.ContainsFunc(s.rule.Exclude, in) {
		return false
	}
	return len(s.rule.Include) == 0 || slices.ContainsFunc(s.rule.Include, in)
}

func (s slow) dated(at time.Time) bool {
	return !at.Before(s.rule.From) && (s.rule.Until.IsZero() || at.Before(s.rule.Until))
}

// moved is where the instant of an occurrence stands.
func (s slow) moved(at time.Time, wall time.Time) (to time.Time, excluded bool) {
	step := map[string]int{"next": 1, "previous": -1}[s.rule.Shift]
	if s.counts(at) {
		return at, false
	}
	for days := 1; step != 0 && days <= 31; days++ {
		there := onTheWall(wall.AddDate(0, 0, days*step), s.zone)
		if !s.dated(there) {
			return at, true
		}
		if s.counts(there) {
			return there, false
		}
	}
	return at, true
}

// walls remembers what onTheWall has found.
var walls = map[onWall]time.Time{}

type onWall struct {
	seconds int64
	zone    *time.Location
}

// onTheWall is the first second at which the clocks of a zone have reached a
// time.
func onTheWall(wall time.Time, zone *time.Location) time.Time {
	known := onWall{wall.Unix(), zone}
	if t, ok := walls[known]; ok {
		return t
	}
	low, high := wall.Add(-15*time.Hour), wall.Add(13*time.Hour)
	for t := low; t.Before(high); t = t.Add(time.Minute) {
		if !clock(t, zone).Before(wall.Truncate(time.Minute)) {
			walls[known] = t.Add(max(0, wall.Sub(clock(t, zone))))
			return walls[known]
		}
	}
	panic("no clock shows " + wall.String())
}

// clock is what the clocks of a zone show, as a time in UTC.
func clock(t time.Time, zone *time.Location) time.Time {
	l := t.In(zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
}

// moment is an instant as the slow reading sees it.
type moment struct {
	at       time.Time
	excluded bool
	froms    int
}

// instants lists those after a time up to another.
func (s slow) instants(after, to time.Time) (all []moment) {
	expression, _ := cron.Parse(s.rule.Expression)
	var far time.Duration
	begin := after
	if s.rule.Shift != "" && s.rule.Shift != "none" {
		far = 34 * 24 * time.Hour
		begin = after.Add(-far)
		if s.anchor.After(begin) && !s.anchor.After(after) {
			begin = s.anchor
		}
	}
	there := map[int64]moment{}
	for at := begin; ; {
		o, ok := expression.Next(at, s.zone, s.anchor)
		if !ok || o.At.After(to.Add(far)) {
			break
		}
		at = o.At
		if !s.dated(at) {
			continue
		}
		wall := o.Wall
		if expression.Kind() == cron.Every {
			wall = clock(at, s.zone)
		}
		stands, excluded := s.moved(at, wall)
		m := there[stands.Unix()]
		m.at, m.excluded = stands, excluded
		if !stands.Equal(at) {
			m.froms++
		}
		there[stands.Unix()] = m
	}
	for _, m := range there {
		if m.at.After(after) && !m.at.After(to) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	return all
}

// decide is what is to be recorded, a line a record, and how far it goes.
func (s slow) decide(m schedule.Mark, now time.Time) (lines []string, through time.Time) {
	delay := map[int64]time.Duration{}
	for i := range s.table.After(m) {
		if i.At.After(now) {
			break
		}
		delay[i.At.Unix()] = i.Due.Sub(i.At)
	}
	due := s.instants(m.Through, now)
	due = slices.DeleteFunc(due, func(i moment) bool { return i.at.Add(delay[i.at.Unix()]).After(now) })
	if len(due) == 0 {
		return nil, m.Through
	}
	window := s.rule.Window
	if window == 0 {
		window = 24 * time.Hour
	}
	lateness := func(i moment) time.Duration { return now.Sub(i.at.Add(delay[i.at.Unix()])) }
	inTime := func(i moment) bool { return !i.excluded && lateness(i) <= time.Minute }
	catchable := func(i moment) bool { return !i.excluded && lateness(i) > time.Minute && lateness(i) <= window }

	looked := due[max(0, len(due)-10_000):]
	var candidates []moment
	for _, i := range looked {
		if catchable(i) {
			candidates = append(candidates, i)
		}
	}
	var caught []moment
	switch s.rule.CatchUp {
	case "all":
		caught = candidates[max(0, len(candidates)-1_000):]
	case "none":
	default:
		if !slices.ContainsFunc(looked, inTime) {
			caught = candidates[max(0, len(candidates)-1):]
		}
	}
	verdict := func(i moment) string {
		same := func(o moment) bool { return o.at.Equal(i.at) }
		switch {
		case i.excluded:
			return "skipped blackout"
		case inTime(i):
			return "fired "
		case s.rule.CatchUp == "none":
			return "dropped no_catch_up"
		case lateness(i) > window:
			return "dropped too_old"
		case slices.ContainsFunc(caught, same):
			return "caught_up "
		case s.rule.CatchUp == "all":
			return "dropped too_many"
		}
		return "dropped superseded"
	}
	bulk := due[:len(due)-len(looked)]
	unlooked := func(i moment) string {
		switch {
		case s.rule.CatchUp == "none":
			return "dropped no_catch_up"
		case lateness(i) > window:
			return "dropped too_old"
		case s.rule.CatchUp == "all" || !slices.ContainsFunc(looked, func(i moment) bool { v := verdict(i); return v == "fired " || v == "caught_up " }):
			return "dropped too_many"
		}
		return "dropped superseded"
	}
	return s.write(bulk, unlooked, looked, verdict), due[len(due)-1].at
}

// end is what is to be recorded where the rule holds no longer.
func (s slow) end(m schedule.Mark, now time.Time) []string {
	due := s.instants(m.Through, now)
	looked := due[max(0, len(due)-10_000):]
	return s.write(due[:len(due)-len(looked)], func(moment) string { return "dropped edited" }, looked, func(i moment) string {
		if i.excluded {
			return "skipped blackout"
		}
		return "dropped edited"
	})
}

// write makes lines of verdicts: of one that is given too often a single line.
func (s slow) write(bulk []moment, unlooked func(moment) string, looked []moment, verdict func(moment) string) (lines []string) {
	type record struct {
		first, last time.Time
		n           int
		more        bool
		verdict     string
	}
	var records []record
	for _, i := range bulk {
		v := unlooked(i)
		if k := len(records) - 1; k >= 0 && records[k].verdict == v {
			records[k].last = i.at
		} else {
			records = append(records, record{i.at, i.at, 1, true, v})
		}
	}
	for _, i := range looked {
		records = append(records, record{i.at, i.at, 1, false, verdict(i)})
	}
	number := map[string]int{}
	for _, r := range records {
		number[r.verdict]++
	}
	place := map[string]int{}
	var kept []record
	for _, r := range records {
		k, known := place[r.verdict]
		starts := r.verdict == "fired " || r.verdict == "caught_up "
		if starts || len(records) <= 1000 || number[r.verdict] <= 1000 || !known {
			place[r.verdict] = len(kept)
			kept = append(kept, r)
			continue
		}
		kept[k].n, kept[k].last, kept[k].more = kept[k].n+1, r.last, kept[k].more || r.more
	}
	for _, r := range kept {
		line := r.first.UTC().Format(time.RFC3339) + " " + r.verdict
		if r.n > 1 || r.more {
			line += fmt.Sprintf(" %s %d %v", r.last.UTC().Format(time.RFC3339), r.n, r.more)
		}
		lines = append(lines, line)
	}
	return lines
}

// told is decisions in the words of the slow reading.
func told(all []schedule.Decided) (lines []string) {
	for _, d := range all {
		line := fmt.Sprintf("%s %s %s", d.At.UTC().Format(time.RFC3339), d.Decision, d.Reason)
		if d.Count != 0 {
			line += fmt.Sprintf(" %s %d %v", d.Last.UTC().Format(time.RFC3339), max(d.Count, -d.Count), d.Count < 0)
		}
		lines = append(lines, line)
	}
	return lines
}

// drawRule draws a rule that compiles; often lets it be due every few seconds.
func drawRule(t *rapid.T, often bool) schedule.Rule {
	n := func(label string, low, high int) int { return rapid.IntRange(low, high).Draw(t, label) }
	expressions := []func() string{
		func() string { return fmt.Sprintf("%d %d * * *", n("minute", 0, 59), n("hour", 0, 23)) },
		func() string { return fmt.Sprintf("%d 0-23/%d * * *", n("minute", 0, 59), n("hours", 1, 12)) },
		func() string {
			return fmt.Sprintf("%d %d * * %d", n("minute", 0, 59), n("hour", 0, 23), n("weekday", 0, 6))
		},
		func() string {
			return fmt.Sprintf("%d %d %d,%d * *", n("minute", 0, 59), n("hour", 0, 23), n("day", 1, 31), n("day", 1, 28))
		},
		func() string { return fmt.Sprintf("*/%d * * * *", n("minutes", 15, 59)) },
		func() string { return fmt.Sprintf("@every %dm", n("every", 15, 3000)) },
		func() string { return fmt.Sprintf("@at 2026-%02d-%02dT12:30", n("month", 3, 12), n("day", 1, 28)) },
	}
	dense := []func() string{
		func() string { return fmt.Sprintf("*/%d * * * *", n("minutes", 1, 15)) },
		func() string { return fmt.Sprintf("@every %ds", n("every", 1, 600)) },
		func() string { return fmt.Sprintf("%d * * * * *", n("second", 0, 59)) },
	}
	r := schedule.Rule{
		Timezone: rapid.SampledFrom([]string{"", "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"}).Draw(t, "zone"),
		CatchUp:  rapid.SampledFrom([]string{"", "one", "all", "none"}).Draw(t, "catch up"),
		Window:   rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour, 48 * time.Hour, 31 * 24 * time.Hour}).Draw(t, "window"),
		Jitter:   rapid.SampledFrom([]time.Duration{0, 0, time.Second, 5 * time.Minute, 24 * time.Hour}).Draw(t, "jitter"),
		Random:   rapid.Bool().Draw(t, "random"),
		Shift:    rapid.SampledFrom([]string{"", "none", "next", "previous"}).Draw(t, "shift"),
	}
	names := rapid.SampledFrom([]string{"weekend", "weekdays", "holidays", "never", "always"})
	if rapid.Bool().Draw(t, "calendars") {
		r.Exclude = rapid.SliceOfN(names, 0, 2).Draw(t, "exclude")
		r.Include = rapid.SliceOfN(names, 0, 2).Draw(t, "include")
	}
	if often && (r.Shift == "" || r.Shift == "none") {
		expressions = append(expressions, dense...)
	}
	r.Expression = rapid.SampledFrom(expressions).Draw(t, "expression")()
	if rapid.IntRange(0, 3).Draw(t, "dated") == 0 {
		r.From = drawTime(t, "from")
		r.Until = r.From.Add(time.Duration(n("days", 1, 60)) * 24 * time.Hour)
	}
	return r
}

// drawTime draws a time near a change of the clocks.
func drawTime(t *rapid.T, label string) time.Time {
	change := rapid.SampledFrom([]string{"2026-03-29", "2026-10-25", "2026-11-01", "2026-10-04", "2026-12-26"}).Draw(t, label)
	day, _ := time.Parse(time.DateOnly, change)
	return day.Add(time.Duration(rapid.IntRange(-5*86400, 5*86400).Draw(t, "offset")) * time.Second)
}

func TestARuleThatEndsDropsWhatNobodyHasDecided(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := drawRule(t, true)
		now := drawTime(t, "now")
		m := schedule.Mark{Through: now.Add(-time.Duration(rapid.Int64Range(-3600, 3*86400).Draw(t, "gap")) * time.Second)}
		m.Anchor = m.Through.Add(-time.Duration(rapid.IntRange(0, 40*24).Draw(t, "anchor")) * time.Hour)
		s := newSlow(t, rule, m.Anchor)
		_, decided := s.table.Decide(m, now, schedule.Boot{})
		got, want := told(s.table.End(decided, now, schedule.Boot{})), s.end(decided, now)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v\nfrom %v to %v\ngot  %s\nwant %s", rule, decided.Through, now, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	})
}

func TestDecisionsAreThePolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := drawRule(t, true)
		now := drawTime(t, "now")
		gap := rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 24 * time.Hour, 12 * 24 * time.Hour, 40 * 24 * time.Hour}).Draw(t, "at most")
		m := schedule.Mark{Through: now.Add(-time.Duration(rapid.Int64Range(0, int64(gap/time.Second)).Draw(t, "gap")) * time.Second)}
		m.Anchor = m.Through.Add(-time.Duration(rapid.IntRange(0, 40*24).Draw(t, "anchor")) * time.Hour)
		s := newSlow(t, rule, m.Anchor)
		got, mark := s.table.Decide(m, now, schedule.Boot{})
		want, through := s.decide(m, now)
		if lines := told(got); !slices.Equal(lines, want) {
			t.Fatalf("%+v\nfrom %v to %v\ngot  %s\nwant %s", rule, m.Through, now, strings.Join(lines, "\n     "), strings.Join(want, "\n     "))
		}
		if !mark.Through.Equal(through) || !mark.Anchor.Equal(m.Anchor) {
			t.Fatalf("the mark is %+v, want through %v", mark, through)
		}
		if more, same := s.table.Decide(mark, now, schedule.Boot{}); len(more) > 0 || !same.Equal(mark) {
			t.Fatalf("asked again it decides %s", told(more))
		}
	})
}
