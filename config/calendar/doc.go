// Package calendar is the language of days and hours that schedules keep to or
// keep out of: holidays, blackouts, business hours. It is the only door to
// emersion/go-ical and teambition/rrule-go.
//
// It owns what a calendar's text means. It promises that a question costs about
// the same whatever is in the calendar, once a year of it has been looked
// at, that nothing in a text makes it run for long, and that what is wrong is
// told with its line. It refuses to know what covering means for a schedule:
// that is decided where schedules are.
//
// A text that begins with BEGIN:VCALENDAR is iCalendar, every other is lines.
//
// # Lines
//
//	2026-12-25 Christmas Day             a day, and its title
//	12-25 Christmas Day                  a day of every year
//	2026-12-24..2027-01-02 Closed        days, both ends included
//	12-24..01-02 Closed                  the same, every year
//	sat                                  a day of every week
//	mon..fri                             days of every week
//	2026-12-31T22:00..2027-01-01T06:00   a time, its end not included
//	2026-12-31T22:00Z..2027-01-01T06:00+01:00
//	fri 18:00..mon 06:00 Weekend         a time of every week
//	mon..fri 09:00..17:00                hours of such days
//	# a comment; empty lines count for nothing
//
// Times have no seconds or have them (22:00:30). Names of days may be written
// in upper case and in full. 02-29 is a day of leap years. 24:00 is the end of a
// day.
//
// # Whose days
//
// A day is a day of the wall clock in the zone of the schedule that asks, and so
// is a time without an offset: New Year comes to Auckland first. Where the clock
// skips or repeats an hour, what counts is what it shows. A time with Z or an
// offset is an instant, the same for all.
//
// # iCalendar
//
// Of a file (RFC 5545) the events count, VEVENT, whatever they say of being busy;
// canceled ones do not. An event is covered from DTSTART up to DTEND or for
// DURATION; without both an all-day event is one day, and a timed one is
// nothing and is refused. VALUE=DATE is a day as above, a time without TZID is
// wall time as above, one with TZID or Z an instant. A TZID is an IANA name, also
// with a prefix as some programs write it, or a name of Windows; VTIMEZONE is not
// read. RRULE, RDATE and EXDATE are followed, and an event with RECURRENCE-ID
// takes the place of the instance that it names. A DTSTART that the event's
// rule does not name is no instance. A repeated event lasts as long
// as its first. An instance at a time that the clock skips begins with the offset
// of before or after the change, as time.Date has it.
//
// Refused, with the line: rules that repeat more often than daily (a
// schedule's expression says that better), BYHOUR and finer parts, EXRULE,
// RECURRENCE-ID with RANGE, RDATE of periods, and rules that never come true.
//
// # Limits
//
// A text has at most 1 MiB, lines of 8 KiB (in iCalendar once they are put together again),
// 5,000 events or lines, 200 of them repeated by RRULE; dates lie within the years 1900 to
// 2200. A repeated event lasts at most a year. Repeated events are worked out
// one year at a time, when it is first asked for; the last eight years asked
// for are kept.
//
// # What the libraries are used for
//
// go-ical reads the lines of one event at a time, after their length and
// nesting were checked: it would be quadratic in the length of a parameter, and
// it panics where a line ends within one. rrule-go says which
// days a rule names, on a wall clock without a zone, after the parts of
// the rule were checked: some combinations never end, others panic.
package calendar
