package schedule

import (
	"fmt"
	"strings"
	"time"
)

// Calendar is a set of days and times.
type Calendar interface {
	// Covers reports whether a time is in the set, and the title of the entry
	// that says so. The days of the set are days in the zone.
	Covers(t time.Time, zone *time.Location) (title string, ok bool)
}

type named struct {
	Calendar
	name string
}

func find(calendars map[string]Calendar, names []string) (all []named, err error) {
	for _, name := range names {
		c, ok := calendars[name]
		if !ok {
			return nil, fmt.Errorf("there is no calendar %q", name)
		}
		all = append(all, named{c, name})
	}
	return all, nil
}

// excluded says what takes an instant away: the first calendar that excludes
// it, else that none includes it.
func (t Timetable) excluded(at time.Time) Exclusion {
	for _, c := range t.exclude {
		if title, ok := c.Covers(at, t.zone); ok {
			return Exclusion{Calendar: c.name, Title: title}
		}
	}
	if len(t.include) == 0 {
		return Exclusion{}
	}
	for _, c := range t.include {
		if _, ok := c.Covers(at, t.zone); ok {
			return Exclusion{}
		}
	}
	return Exclusion{Title: "it is not in " + strings.Join(t.rule.Include, ", ")}
}
