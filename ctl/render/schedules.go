package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// Schedules are a few lines for each schedule: when it is due, the next time,
// what became of the last, what holds it.
func (s Style) Schedules(list []rpc.Schedule, freeze *rpc.Freeze) string {
	text := s.Freeze(freeze)
	for _, one := range list {
		text += s.schedule(one)
	}
	return text
}

func (s Style) schedule(one rpc.Schedule) string {
	held := ""
	if one.Pause != nil {
		held = Line(one.PauseOf) + " is " + s.pause(*one.Pause)
	}
	return s.scheduleHead(one) + indent(s.pairs(
		[2]string{"next", s.next(one)},
		[2]string{"note", nextNote(one)},
		[2]string{"rests", s.paint(yellow, s.rests(one))},
		[2]string{"last", s.last(one)},
		[2]string{"held", s.paint(yellow, held)},
		[2]string{"wait", s.paint(red, Line(one.Trouble))},
	))
}

// scheduleHead is the line that names a schedule and says when it is due.
func (s Style) scheduleHead(one rpc.Schedule) string {
	zone := ""
	if one.Timezone != "" {
		zone = ", " + Line(one.Timezone)
	}
	return s.paint(bold, Line(one.Name)) + gap + Line(one.Description) + zone + s.paint(dim, calendars(one)) + "\n"
}

// calendars says which calendars have a word in a schedule.
func calendars(one rpc.Schedule) string {
	text := ""
	if len(one.Include) > 0 {
		text += ", only " + Line(strings.Join(one.Include, ", "))
	}
	if len(one.Exclude) > 0 {
		text += ", not " + Line(strings.Join(one.Exclude, ", "))
	}
	return text
}

// next is the next instant in the zone of the schedule, how far off it is, and
// what the clock here will show; "" of a trigger that is no schedule.
func (s Style) next(one rpc.Schedule) string {
	switch {
	case one.Kind != "schedule":
		return ""
	case one.AtBoot:
		return "when the machine boots"
	case one.NoneUntil != nil:
		return s.paint(dim, "none until "+s.Moment(*one.NoneUntil)+": calendars take all away")
	case one.Next == nil:
		return s.paint(dim, "never: it has no further time")
	}
	return wall(one.Next.Wall) + ", " + s.until(one.Next.Due) + s.here(*one.Next)
}

// nextNote says what is out of the ordinary about the next instant.
func nextNote(one rpc.Schedule) string {
	if one.Next == nil {
		return ""
	}
	return instantNote(*one.Next, one)
}

// rests says that nothing is due for a while since the clock was set back.
func (s Style) rests(one rpc.Schedule) string {
	if one.RestsUntil == nil {
		return ""
	}
	return "until " + s.Moment(*one.RestsUntil) + ": the daemon's clock was set back"
}

// last is what became of the last time; "" of a trigger of keys, whose calls
// have no record.
func (s Style) last(one rpc.Schedule) string {
	t := one.Last
	switch {
	case t == nil && one.Kind == "key":
		return ""
	case t == nil:
		return s.paint(dim, "nothing yet")
	}
	text := newestOf(*t) + ", " + s.decision(*t)
	if t.Run != "" {
		text += ": " + Line(t.Run)
	}
	return text
}

// wall is a time on the clocks of some zone, from RFC 3339, with its day and
// its distance from UTC; seconds where there are any.
func wall(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return Line(text)
	}
	if t.Second() == 0 {
		return t.Format("Mon 2006-01-02 15:04 -0700")
	}
	return t.Format("Mon 2006-01-02 15:04:05 -0700")
}

// here is an instant on the clock of who reads, where that shows another time;
// "" else.
func (s Style) here(i rpc.Instant) string {
	t, err := time.Parse(time.RFC3339, i.Wall)
	here := i.At.In(s.zone())
	switch {
	case err != nil, here.Format("2006-01-02 15:04") == t.Format("2006-01-02 15:04"):
		return ""
	case here.Format(time.DateOnly) == t.Format(time.DateOnly):
		return " (" + here.Format("15:04") + " here)"
	}
	return " (" + here.Format("Mon 15:04") + " here)"
}

// until is how far off a time is: in 5h20m, now, 3m late.
func (s Style) until(t time.Time) string {
	switch left := t.Sub(s.Now); {
	case left >= time.Second:
		return "in " + Duration(left)
	case left > -time.Second:
		return "now"
	default:
		return "due since " + Duration(-left)
	}
}

// Instants is a table of instants to come, below the schedule that they are of.
func (s Style) Instants(list []rpc.ScheduleInstants) string {
	var b strings.Builder
	for i, one := range list {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(s.scheduleHead(one.Schedule))
		if len(one.Instants) == 0 {
			b.WriteString("  " + s.paint(dim, none(one.Schedule)) + "\n")
		}
		b.WriteString(s.instants(one))
	}
	return b.String()
}

// none says why a list of instants is empty.
func none(one rpc.Schedule) string {
	switch {
	case one.AtBoot:
		return "when the machine boots: nobody knows the times"
	case one.Next == nil && one.NoneUntil == nil:
		return "no time is left"
	case one.Next == nil:
		return "no time lies between"
	}
	return "no time lies between; the next is " + wall(one.Next.Wall)
}

func (s Style) instants(one rpc.ScheduleInstants) string {
	var b strings.Builder
	for _, i := range one.Instants {
		line := "  " + wall(i.Wall) + s.here(i)
		if i.Excluded != nil {
			line = s.paint(dim, line)
		}
		if note := instantNote(i, one.Schedule); note != "" {
			line += gap + s.paint(yellow, note)
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// instantNote says what is out of the ordinary about an instant.
func instantNote(i rpc.Instant, of rpc.Schedule) string {
	var notes []string
	switch i.Anomaly {
	case "gap":
		notes = append(notes, "the clocks leave "+Line(strings.TrimSuffix(i.Skipped, ":00"))+" out: right after the gap")
	case "repeat":
		notes = append(notes, "the clocks go back: its time comes twice")
	}
	if i.Excluded != nil {
		notes = append(notes, excluded(*i.Excluded))
	}
	if len(i.ShiftedFrom) > 0 {
		notes = append(notes, "moved from "+shifted(i.ShiftedFrom, of))
	}
	if late := i.Due.Sub(i.At); late > 0 && i.Excluded == nil {
		notes = append(notes, "starts "+Duration(late)+" later (jitter)")
	}
	return strings.Join(notes, "; ")
}

// shifted are the times from which an instant was moved, on the clocks of its
// schedule; not more than a few.
func shifted(from []time.Time, of rpc.Schedule) string {
	const most = 3
	zone, err := time.LoadLocation(of.Timezone)
	if err != nil {
		zone = time.UTC
	}
	var names []string
	for _, t := range from[:min(most, len(from))] {
		names = append(names, t.In(zone).Format("Mon 2006-01-02 15:04"))
	}
	if more := len(from) - most; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

func excluded(x rpc.Exclusion) string {
	switch {
	case x.Calendar == "":
		return "left out: " + Line(x.Title)
	case x.Title == "" || x.Title == x.Calendar:
		return "left out by " + Line(x.Calendar)
	}
	return fmt.Sprintf("left out by %s (%s)", Line(x.Calendar), Line(x.Title))
}

// indent sets lines in by two columns.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("  " + line)
	}
	return b.String()
}
