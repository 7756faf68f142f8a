package calendar

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-ical"

	"github.com/penstock/penstock/config/cron"
)

// longestRepeat is how long a repeated event may last, in seconds.
const longestRepeat = 366 * daySeconds

// readEvents reads a calendar of iCalendar.
func (c *Calendar) readEvents(lines []string) error {
	blocks, err := cut(lines)
	if err != nil {
		return err
	}
	var events []event
	for _, b := range blocks {
		e, err := b.event()
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	replace(events)
	for _, e := range events {
		if err := c.add(e); err != nil {
			return err
		}
	}
	return nil
}

// moment is a date or a time of an event. Without a zone it is of any wall clock.
type moment struct {
	wall  int64
	zone  *time.Location // nil: of any wall clock
	isDay bool
}

// instant is when the wall clock of the moment's zone shows it.
func (m moment) instant() int64 { return m.at(m.wall) }

// at is when the wall clock of the moment's zone shows a time.
func (m moment) at(wall int64) int64 {
	if m.zone == nil {
		return wall
	}
	y, month, d := time.Unix(wall, 0).UTC().Date()
	return time.Date(y, month, d, 0, 0, int(wall-day(wall)*daySeconds), 0, m.zone).Unix()
}

// in is what the wall clock of another moment's kind shows at this one.
func (m moment) in(other moment) int64 {
	if m.zone == nil || other.zone == nil {
		return m.wall
	}
	instant := m.instant()
	_, offset := time.Unix(instant, 0).In(other.zone).Zone()
	return instant + int64(offset)
}

// day is the day of a wall time since 1970-01-01.
func day(wall int64) int64 {
	d := wall / daySeconds
	if wall%daySeconds < 0 {
		d--
	}
	return d
}

// event is a VEVENT.
type event struct {
	line     int
	uid      string
	title    string
	start    moment
	length   int64   // in seconds: of the wall clock where there is no zone
	replaces *moment // RECURRENCE-ID: the instance in whose place it comes
	rule     string  // RRULE
	extra    []moment
	except   []moment
	canceled bool
}

// event reads the properties of a block.
func (b block) event() (event, error) {
	properties, err := b.properties()
	if err != nil {
		return event{}, err
	}
	e := event{line: b.line, uid: text(properties, ical.PropUID), title: text(properties, ical.PropSummary)}
	e.canceled = strings.EqualFold(text(properties, ical.PropStatus), "CANCELLED")
	if len(properties["EXRULE"]) > 0 {
		return e, wrong(b.line, "the event has an EXRULE, which is not followed; write the days that are left out as EXDATE")
	}
	if e.start, err = b.one(properties, ical.PropDateTimeStart); err != nil {
		return e, err
	}
	if e.title == "" {
		e.title = time.Unix(e.start.wall, 0).UTC().Format(time.DateOnly)
	}
	if err := b.readLength(&e, properties); err != nil {
		return e, err
	}
	return e, b.readRepeats(&e, properties)
}

// properties decodes the lines of a block.
func (b block) properties() (properties ical.Props, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = wrong(b.line, "the event that begins here has a line that ends too early")
		}
	}()
	text := "BEGIN:VCALENDAR\r\n" + strings.Join(b.lines, "\r\n") + "\r\nEND:VCALENDAR\r\n"
	calendar, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	switch {
	case err == io.EOF:
		return nil, wrong(b.line, "the event that begins here has no end")
	case err != nil:
		return nil, wrong(b.line, "the event that begins here cannot be read: %s", strings.TrimPrefix(err.Error(), "ical: "))
	case len(calendar.Children) != 1:
		return nil, wrong(b.line, "the event that begins here is not one")
	}
	return calendar.Children[0].Props, nil
}

// text is a property as text, "" if there is none.
func text(properties ical.Props, name string) string {
	p := properties.Get(name)
	if p == nil {
		return ""
	}
	if plain, err := p.Text(); err == nil {
		return strings.TrimSpace(plain)
	}
	return strings.TrimSpace(p.Value)
}

// readLength reads DTEND or DURATION.
func (b block) readLength(e *event, properties ical.Props) error {
	switch {
	case properties.Get(ical.PropDateTimeEnd) != nil:
		end, err := b.one(properties, ical.PropDateTimeEnd)
		if err != nil {
			return err
		}
		if end.isDay != e.start.isDay || (end.zone == nil) != (e.start.zone == nil) {
			return wrong(b.line, "DTSTART and DTEND are not of one kind: both must be days, or times with a zone, or times without")
		}
		e.length = end.instant() - e.start.instant()
	case properties.Get(ical.PropDuration) != nil:
		d, err := properties.Get(ical.PropDuration).Duration()
		if err != nil {
			return wrong(b.line, "DURATION %q is none; it is written as P1D or PT8H", properties.Get(ical.PropDuration).Value)
		}
		e.length = int64(d / time.Second)
	case e.start.isDay:
		e.length = daySeconds
	}
	if e.length <= 0 && !e.canceled {
		return wrong(b.line, "the event %q covers nothing: it has no DTEND or DURATION, or ends before it begins", e.title)
	}
	if e.length > 300*366*daySeconds {
		return wrong(b.line, "the event %q is longer than 300 years", e.title)
	}
	return nil
}

// readRepeats reads what makes more than one instance of an event.
func (b block) readRepeats(e *event, properties ical.Props) error {
	if p := properties.Get(ical.PropRecurrenceID); p != nil {
		if p.Params.Get("RANGE") != "" {
			return wrong(b.line, "RECURRENCE-ID with RANGE is not followed; end the rule with UNTIL and begin a new event")
		}
		m, err := b.one(properties, ical.PropRecurrenceID)
		if err != nil {
			return err
		}
		e.replaces = &m
	}
	switch rules := properties[ical.PropRecurrenceRule]; {
	case len(rules) > 1:
		return wrong(b.line, "the event has %d rules (RRULE); write an event for each", len(rules))
	case len(rules) == 1:
		e.rule = strings.ToUpper(rules[0].Value)
	}
	var err error
	if e.extra, err = b.many(properties, ical.PropRecurrenceDates); err != nil {
		return err
	}
	e.except, err = b.many(properties, ical.PropExceptionDates)
	return err
}

// one reads a property that is one date or time.
func (b block) one(properties ical.Props, name string) (moment, error) {
	p := properties.Get(name)
	if p == nil {
		return moment{}, wrong(b.line, "the event that begins here has no %s", name)
	}
	return b.moment(*p, p.Value)
}

// many reads all properties of a name, each a list of dates or times.
func (b block) many(properties ical.Props, name string) (moments []moment, err error) {
	for _, p := range properties[name] {
		for _, value := range strings.Split(p.Value, ",") {
			m, err := b.moment(p, value)
			if err != nil {
				return nil, err
			}
			if moments = append(moments, m); len(moments) > maxEntries {
				return nil, wrong(b.line, "%s has more than %d dates", name, maxEntries)
			}
		}
	}
	return moments, nil
}

// moment reads a date or time of a property.
func (b block) moment(p ical.Prop, value string) (m moment, err error) {
	value = strings.TrimSpace(value)
	layout := "20060102T150405"
	switch {
	case len(value) == len("20060102"):
		layout, m.isDay = "20060102", true
	case strings.HasSuffix(value, "Z"):
		layout, m.zone = layout+"Z", time.UTC
	default:
		if id := p.Params.Get(ical.PropTimezoneID); id != "" {
			if m.zone, err = zone(id); err != nil {
				return m, wrong(b.line, "%s: %v", p.Name, err)
			}
		}
	}
	t, err := time.Parse(layout, value)
	if err != nil || t.Nanosecond() != 0 {
		return m, wrong(b.line, "%s: %q is no date and no time; they are written as 20261225 and 20261231T220000", p.Name, value)
	}
	if t.Year() < firstYear || t.Year() > lastYear {
		return m, wrong(b.line, "%s: the year %d is outside of %d-%d", p.Name, t.Year(), firstYear, lastYear)
	}
	m.wall = t.Unix()
	return m, nil
}

// zone is the time zone of a TZID.
func zone(id string) (*time.Location, error) {
	id = strings.Trim(id, `"`)
	if iana, ok := windowsZones[strings.ToLower(id)]; ok {
		return cron.Zone(iana)
	}
	parts := strings.Split(strings.Trim(id, "/"), "/")
	for i := max(0, len(parts)-3); i < len(parts); i++ {
		if z, err := cron.Zone(strings.Join(parts[i:], "/")); err == nil {
			return z, nil
		}
	}
	_, err := cron.Zone(id)
	return nil, fmt.Errorf("TZID: %w", err)
}

// windowsZones are the names that Windows gives to the zones with most people.
var windowsZones = map[string]string{
	"aus eastern standard time":      "Australia/Sydney",
	"arabian standard time":          "Asia/Dubai",
	"canada central standard time":   "America/Regina",
	"central europe standard time":   "Europe/Budapest",
	"central european standard time": "Europe/Warsaw",
	"central standard time":          "America/Chicago",
	"china standard time":            "Asia/Shanghai",
	"e. australia standard time":     "Australia/Brisbane",
	"e. south america standard time": "America/Sao_Paulo",
	"eastern standard time":          "America/New_York",
	"egypt standard time":            "Africa/Cairo",
	"fle standard time":              "Europe/Kyiv",
	"gmt standard time":              "Europe/London",
	"greenwich standard time":        "Atlantic/Reykjavik",
	"gtb standard time":              "Europe/Bucharest",
	"india standard time":            "Asia/Kolkata",
	"israel standard time":           "Asia/Jerusalem",
	"korea standard time":            "Asia/Seoul",
	"mountain standard time":         "America/Denver",
	"new zealand standard time":      "Pacific/Auckland",
	"pacific standard time":          "America/Los_Angeles",
	"romance standard time":          "Europe/Paris",
	"russian standard time":          "Europe/Moscow",
	"se asia standard time":          "Asia/Bangkok",
	"singapore standard time":        "Asia/Singapore",
	"south africa standard time":     "Africa/Johannesburg",
	"tokyo standard time":            "Asia/Tokyo",
	"turkey standard time":           "Europe/Istanbul",
	"us mountain standard time":      "America/Phoenix",
	"utc":                            "UTC",
	"w. europe standard time":        "Europe/Berlin",
}

// replace takes the instances out of repeated events in whose place another
// event comes.
func replace(events []event) {
	masters := map[string]int{}
	for i, e := range events {
		if e.replaces == nil && e.uid != "" {
			masters[e.uid] = i
		}
	}
	for _, e := range events {
		if i, ok := masters[e.uid]; ok && e.replaces != nil {
			events[i].except = append(events[i].except, *e.replaces)
		}
	}
}
