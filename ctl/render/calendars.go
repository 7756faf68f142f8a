package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// Calendars is a list of calendars.
func (s Style) Calendars(list []rpc.Calendar) string {
	rows := make([][]string, len(list))
	for i, c := range list {
		rows[i] = []string{s.paint(bold, Line(c.Name)), calendarSize(c), s.put(c), users(c.UsedBy, c.Users), Line(c.Note)}
	}
	return s.table([]string{"CALENDAR", "SIZE", "PUT", "USED BY", "NOTE"}, rows)
}

func calendarSize(c rpc.Calendar) string {
	if c.BuiltIn {
		return "-"
	}
	return Bytes(uint64(c.Bytes))
}

// put says when a calendar got its text, and of whom.
func (s Style) put(c rpc.Calendar) string {
	if c.BuiltIn {
		return "built in"
	}
	text := "by " + Line(c.PutBy)
	if c.PutAt != nil {
		text = s.When(*c.PutAt) + " " + text
	}
	return text
}

// users names the first schedules of several, of which some may not be named to
// us.
func users(schedules []string, all int) string {
	const named = 3
	if len(schedules) == 0 {
		return "-"
	}
	names := make([]string, 0, named+1)
	for _, one := range schedules[:min(named, len(schedules))] {
		names = append(names, Line(one))
	}
	if more := max(all, len(schedules)) - named; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// Calendar is what a calendar covers in a year.
func (s Style) Calendar(r rpc.CalendarGetResponse) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %d, %s\n", s.paint(bold, Line(r.Calendar.Name)), r.Year, s.put(r.Calendar))
	for _, span := range r.Spans {
		b.WriteString(strings.TrimRight("  "+s.span(span)+gap+Line(span.Title), " ") + "\n")
	}
	if len(r.Spans) == 0 {
		b.WriteString("  " + s.paint(dim, "nothing") + "\n")
	}
	if len(r.Calendar.UsedBy) > 0 {
		names := "used by " + Line(strings.Join(r.Calendar.UsedBy, ", "))
		if others := r.Calendar.Users - len(r.Calendar.UsedBy); others > 0 {
			names += fmt.Sprintf(" and %d others", others)
		}
		b.WriteString(s.paint(dim, names) + "\n")
	}
	return b.String()
}

// span is a day, or from when to when. Its times are those of the zone that
// was asked for: the daemon sends them with its offset.
func (s Style) span(x rpc.CalendarSpan) string {
	const day, minute = "Mon 2006-01-02", "Mon 2006-01-02 15:04"
	if !x.AllDay {
		return x.From.Format(minute) + " to " + x.To.Format(minute)
	}
	last := x.To.Add(-time.Second)
	if last.Format(day) == x.From.Format(day) {
		return x.From.Format(day)
	}
	return x.From.Format(day) + " to " + last.Format(day)
}

// CalendarPut says what a put did, and which schedules it moves.
func (s Style) CalendarPut(r rpc.CalendarPutResponse, dryRun bool) string {
	verb := "unchanged"
	switch {
	case r.Created:
		verb = "created"
	case r.Changed:
		verb = "changed"
	}
	if dryRun && verb != "unchanged" {
		verb = "would be " + verb
	}
	text := s.paint(bold, Line(r.Calendar.Name)) + ": " + verb + "\n"
	for _, m := range r.Moved {
		text += "  " + Line(m.Schedule) + ": next " + nextOf(m.After, m.Timezone) + ", was " + nextOf(m.Before, m.Timezone) + "\n"
	}
	if r.More {
		text += s.paint(dim, "  and others") + "\n"
	}
	return text
}

func nextOf(t *time.Time, timezone string) string {
	if t == nil {
		return "never"
	}
	at := *t
	if zone, err := time.LoadLocation(timezone); err == nil {
		at = at.In(zone)
	}
	return at.Format("Mon 2006-01-02 15:04 -0700")
}
