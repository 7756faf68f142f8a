package schedule

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock/penstock/config/cron"
)

// Instant is a time at which a schedule is due, or would be but for a calendar.
type Instant struct {
	At  time.Time // UTC. It is what the record bears: two instants of a schedule differ in it
	Due time.Time // when its run may start: At and its jitter
	// Wall is At on the clocks of the zone, or with cron.Gap the time that they
	// leave out. Its fields are to be read; its Location is UTC whatever the zone.
	Wall     time.Time
	Anomaly  cron.Anomaly
	Excluded Exclusion // why it does not count
	// ShiftedFrom lists the instants that were moved here, in the zone of the
	// rule: at least two of them, or one and the instant itself, have become one
	// where they meet.
	ShiftedFrom []time.Time
}

// Exclusion is what takes an instant away. The zero value is nothing.
type Exclusion struct {
	Calendar string // "" with a Title: it is in none of those that are to include it
	Title    string // of the entry
}

// Any reports whether there is something.
func (e Exclusion) Any() bool { return e != Exclusion{} }

// String says it to people.
func (e Exclusion) String() string {
	switch {
	case e.Calendar == "":
		return e.Title
	case e.Title == "":
		return "calendar " + e.Calendar
	}
	return fmt.Sprintf("calendar %s: %s", e.Calendar, e.Title)
}

// Note says to people what is not plain about an instant; "" is nothing.
func (i *Instant) Note() string {
	var notes []string
	if i.Excluded.Any() {
		notes = append(notes, i.Excluded.String())
	}
	if len(i.ShiftedFrom) > 0 {
		notes = append(notes, "moved from "+list(i.ShiftedFrom))
	}
	switch wall := i.Wall.Format(time.TimeOnly); i.Anomaly {
	case cron.Gap:
		notes = append(notes, fmt.Sprintf("the clocks leave %s out: it is due right after", wall))
	case cron.Repeat:
		notes = append(notes, fmt.Sprintf("the clocks show %s twice", wall))
	}
	return strings.Join(notes, "; ")
}

// list names times for people, not more than a few.
func list(times []time.Time) string {
	const most = 5
	var names []string
	for _, t := range times[:min(len(times), most)] {
		names = append(names, t.Format(time.RFC3339))
	}
	if more := len(times) - most; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// instant is the instant of an occurrence, where it is: moved by nothing.
func (t Timetable) instant(o cron.Occurrence) Instant {
	if t.expression.Kind() == cron.Every {
		o.Wall = reading(o.At, t.zone)
	}
	return Instant{At: o.At, Wall: o.Wall, Anomaly: o.Anomaly, Excluded: t.excluded(o.At)}
}

// reading is what the clocks of a zone show.
func reading(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	_, offset := local.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
