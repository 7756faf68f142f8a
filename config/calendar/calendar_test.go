package calendar_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock/penstock/config/calendar"
	"github.com/penstock/penstock/config/cron"
	"pgregory.net/rapid"
)

// asked is a question and the title that answers it, "" for not covered. Times
// without an offset are in Berlin.
type asked struct{ at, title string }

func ask(t *testing.T, c *calendar.Calendar, name string, questions []asked) {
	t.Helper()
	berlin, err := cron.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		at, err := time.ParseInLocation("2006-01-02T15:04:05", q.at, berlin)
		if err != nil {
			if at, err = time.Parse(time.RFC3339, q.at); err != nil {
				t.Fatal(err)
			}
		}
		if title, ok := c.Covers(at, berlin); title != q.title || ok != (q.title != "") {
			t.Errorf("%s at %s: %q, %t; want %q", name, q.at, title, ok, q.title)
		}
	}
}

func parsed(t rapid.TB, text string) *calendar.Calendar {
	t.Helper()
	c, err := calendar.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

func TestLines(t *testing.T) {
	for text, questions := range map[string][]asked{
		"2026-12-25 Christmas Day":       {{"2026-12-24T23:59:59", ""}, {"2026-12-25T00:00:00", "Christmas Day"}, {"2026-12-25T23:59:59", "Christmas Day"}, {"2026-12-26T00:00:00", ""}, {"2026-12-24T23:00:00Z", "Christmas Day"}},
		"# none\n\n  2026-12-25\t# why":  {{"2026-12-25T12:00:00", "why"}},
		"2026-12-25":                     {{"2026-12-25T12:00:00", "2026-12-25"}},
		"12-25 Christmas":                {{"1999-12-25T12:00:00", "Christmas"}, {"2050-12-25T00:00:00", "Christmas"}, {"2050-12-26T00:00:00", ""}},
		"02-29 Leap":                     {{"2028-02-29T12:00:00", "Leap"}, {"2027-02-28T12:00:00", ""}, {"2027-03-01T12:00:00", ""}},
		"12-24..01-02 Closed":            {{"2026-12-23T12:00:00", ""}, {"2026-12-24T00:00:00", "Closed"}, {"2027-01-02T23:59:59", "Closed"}, {"2027-01-03T00:00:00", ""}},
		"06-01..06-30 June":              {{"2026-05-31T23:59:59", ""}, {"2026-06-01T00:00:00", "June"}, {"2026-06-30T12:00:00", "June"}, {"2026-07-01T00:00:00", ""}},
		"2026-12-24..2027-01-02 Closed":  {{"2026-12-23T12:00:00", ""}, {"2026-12-31T12:00:00", "Closed"}, {"2027-01-02T23:59:59", "Closed"}, {"2027-01-03T00:00:00", ""}, {"2027-12-31T12:00:00", ""}},
		"sat":                            {{"2026-11-20T23:59:59", ""}, {"2026-11-21T00:00:00", "sat"}, {"2026-11-21T23:59:59", "sat"}, {"2026-11-22T00:00:00", ""}},
		"Sunday Rest":                    {{"2026-11-21T23:59:59", ""}, {"2026-11-22T12:00:00", "Rest"}, {"2026-11-23T00:00:00", ""}, {"1960-01-03T12:00:00", "Rest"}},
		"fri..mon Long":                  {{"2026-11-19T23:59:59", ""}, {"2026-11-20T00:00:00", "Long"}, {"2026-11-22T12:00:00", "Long"}, {"2026-11-23T23:59:59", "Long"}, {"2026-11-24T00:00:00", ""}, {"1960-01-06T12:00:00", ""}},
		"fri..mon 09:00..17:00 Shop":     {{"2026-11-22T08:59:59", ""}, {"2026-11-22T09:00:00", "Shop"}, {"2026-11-23T16:59:59", "Shop"}, {"2026-11-24T10:00:00", ""}},
		"fri 18:00..fri 18:00 Always":    {{"2026-11-20T17:59:59", "Always"}, {"2026-11-20T18:00:00", "Always"}, {"2026-11-24T00:00:00", "Always"}},
		"fri 18:00..mon 06:00 Weekend":   {{"2026-11-20T17:59:59", ""}, {"2026-11-20T18:00:00", "Weekend"}, {"2026-11-22T12:00:00", "Weekend"}, {"2026-11-23T05:59:59", "Weekend"}, {"2026-11-23T06:00:00", ""}},
		"mon 22:00..24:00 Late":          {{"2026-11-23T21:59:59", ""}, {"2026-11-23T23:59:59", "Late"}, {"2026-11-24T00:00:00", ""}},
		"sat 22:00..06:00 Night":         {{"2026-11-21T21:59:59", ""}, {"2026-11-22T05:59:59", "Night"}, {"2026-11-22T06:00:00", ""}, {"2026-11-22T23:00:00", ""}},
		"mon..fri 09:00..17:00 Business": {{"2026-11-23T08:59:59", ""}, {"2026-11-23T09:00:00", "Business"}, {"2026-11-27T16:59:59", "Business"}, {"2026-11-27T17:00:00", ""}, {"2026-11-28T12:00:00", ""}, {"2026-11-25T20:00:00", ""}},

		"2026-12-31T22:00..2027-01-01T06:00 Eve":        {{"2026-12-31T21:59:59", ""}, {"2026-12-31T22:00:00", "Eve"}, {"2026-12-31T21:00:00Z", "Eve"}, {"2027-01-01T06:00:00", ""}},
		"2026-12-31T22:00Z..2027-01-01T06:00+01:00 Eve": {{"2026-12-31T22:59:59", ""}, {"2026-12-31T23:00:00", "Eve"}, {"2027-01-01T05:59:59", "Eve"}, {"2027-01-01T06:00:00", ""}},
		"2026-12-31T22:00:30..2026-12-31T24:00 Eve":     {{"2026-12-31T22:00:29", ""}, {"2026-12-31T22:00:30", "Eve"}, {"2026-12-31T23:59:59", "Eve"}, {"2027-01-01T00:00:00", ""}},

		// What began first gives the title; what goes on after it is covered too.
		"2026-01-01..2026-01-05 A\n2026-01-03..2026-01-09 B\n2026-01-04 C": {{"2026-01-04T12:00:00", "A"}, {"2026-01-06T12:00:00", "B"}, {"2026-01-10T12:00:00", ""}},

		// On the wall clock, whatever the clock does: 02:30 is not there on the
		// first day and comes twice on the second.
		"2026-03-29T02:30..2026-03-29T03:30 Gap":   {{"2026-03-29T00:59:59Z", ""}, {"2026-03-29T01:00:00Z", "Gap"}, {"2026-03-29T01:30:00Z", ""}},
		"2026-10-25T02:00..2026-10-25T03:00 Twice": {{"2026-10-24T23:59:59Z", ""}, {"2026-10-25T00:00:00Z", "Twice"}, {"2026-10-25T01:59:59Z", "Twice"}, {"2026-10-25T02:00:00Z", ""}},
	} {
		ask(t, parsed(t, text), text, questions)
	}
}

func TestDaysAreThoseOfTheZoneThatAsks(t *testing.T) {
	c := parsed(t, "2026-12-25 Christmas\n2026-12-31T22:00..2026-12-31T23:00 Eve\n2027-01-10T00:00Z..2027-01-10T01:00Z Fixed")
	for name, times := range map[string][2]string{
		"Pacific/Auckland": {"2026-12-24T11:00:00Z", "2026-12-31T09:00:00Z"},
		"Pacific/Honolulu": {"2026-12-25T10:00:00Z", "2027-01-01T08:00:00Z"},
	} {
		zone, err := cron.Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, title := range []string{"Christmas", "Eve"} {
			at, _ := time.Parse(time.RFC3339, times[i])
			if got, _ := c.Covers(at, zone); got != title {
				t.Errorf("%s at %s: %q", name, times[i], got)
			}
			if got, ok := c.Covers(at.Add(-1), zone); ok {
				t.Errorf("%s just before %s: %q", name, times[i], got)
			}
		}
		if got, _ := c.Covers(time.Date(2027, 1, 10, 0, 30, 0, 0, time.UTC), zone); got != "Fixed" {
			t.Errorf("%s: an instant is another there: %q", name, got)
		}
	}
}

func TestBuiltIn(t *testing.T) {
	for name, days := range map[string]string{"weekend": "1000001", "weekdays": "0111110"} {
		c, ok := calendar.BuiltIn(name)
		if !ok {
			t.Fatal(name)
		}
		for d := range 7 {
			at := time.Date(2026, 11, 22+d, 12, 0, 0, 0, time.UTC)
			if title, ok := c.Covers(at, time.UTC); ok != (days[d] == '1') || ok && title != name {
				t.Errorf("%s on %s: %q, %t", name, at.Weekday(), title, ok)
			}
		}
	}
	if _, ok := calendar.BuiltIn("holidays"); ok {
		t.Error("holidays differ from place to place: they cannot be built in")
	}
}

func TestFiles(t *testing.T) {
	for name, questions := range map[string][]asked{
		"holidays.ics": {
			{"2026-01-01T00:00:00", "New Year's Day"}, {"2026-01-02T00:00:00", ""}, {"2027-01-01T12:00:00", ""},
			{"2026-12-26T12:00:00", "Christmas, and the day after"}, {"2026-12-27T00:00:00", ""},
			{"2026-05-01T12:00:00", "Labour Day"}, {"2099-05-01T12:00:00", "Labour Day"}, {"2019-05-01T12:00:00", ""}, {"2026-05-02T00:00:00", ""},
			{"2026-11-26T12:00:00", "Thanksgiving"}, {"2030-11-28T12:00:00", "Thanksgiving"}, {"2031-11-27T12:00:00", ""},
			{"2026-10-03T12:00:00", ""},
		},
		"office.ics": {
			{"2026-01-05T21:59:59", ""}, {"2026-01-05T22:00:00", "Maintenance window"}, {"2026-01-06T01:59:59", "Maintenance window"}, {"2026-01-06T02:00:00", ""},
			{"2026-01-12T23:00:00", ""},                                                      // every other week
			{"2026-01-19T23:00:00", ""}, {"2026-01-20T23:00:00", "Maintenance, a day later"}, // moved
			{"2026-02-02T23:00:00", ""}, {"2026-02-16T23:00:00", ""}, // left out
			{"2026-03-02T23:00:00", ""},                                                                   // canceled
			{"2026-03-30T22:00:00", "Maintenance window"}, {"2026-03-30T20:00:00Z", "Maintenance window"}, // summer time
			{"2026-06-22T23:00:00", "Maintenance window"}, {"2026-07-06T23:00:00", ""}, // until
			{"2026-03-10T08:59:59", ""}, {"2026-03-10T09:00:00", "Audit"}, {"2026-03-17T16:59:59", "Audit"}, {"2026-03-11T12:00:00", ""},
			{"2026-12-18T12:59:59", ""}, {"2026-12-18T13:00:00", "Release freeze"}, {"2027-01-04T06:59:59", "Release freeze"}, {"2027-01-04T07:00:00", ""},
			{"2026-01-30T18:00:00", "Month end"}, {"2026-05-29T23:59:59", "Month end"}, {"2026-06-30T20:00:00", "Month end"}, {"2026-07-31T20:00:00", ""},
		},
	} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		ask(t, parsed(t, string(text)), name, questions)
		ask(t, parsed(t, strings.ReplaceAll(string(text), "\n", "\r\n")), name+" with CRLF", questions)
	}
}

// An event as a whole file, from line 2 on.
func event(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		rule string
		days string // of 2026, month and day, of which some must be covered and others not
	}{
		{"FREQ=DAILY;INTERVAL=10;COUNT=3", "01-01 01-11 01-21 !01-31 !01-02"},
		{"FREQ=DAILY;UNTIL=20260103", "01-01 01-03 !01-04"},
		{"FREQ=WEEKLY;BYDAY=TU,TH", "01-01 01-06 12-31 !01-07 !01-05"},
		{"FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU", "!01-04 01-11 !01-18 01-25"},
		{"FREQ=MONTHLY;BYMONTHDAY=31", "01-31 03-31 !02-28 !04-30"},
		{"FREQ=MONTHLY;BYMONTHDAY=-1", "01-31 02-28 04-30 !04-29"},
		{"FREQ=MONTHLY;BYDAY=2TU", "01-13 02-10 !01-06"},
		{"FREQ=MONTHLY;BYDAY=-1FR", "01-30 12-25 !12-18"},
		{"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "02-13 03-13 11-13 !01-13"},
		{"FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "03-29 !03-22"},
		{"FREQ=YEARLY;BYYEARDAY=100", "04-10 !04-09"},
		{"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "05-11 !05-12"},
		{"freq=yearly;bymonth=7", "07-01 !07-02"},
	} {
		calendar := parsed(t, event("DTSTART;VALUE=DATE:20260101", "RRULE:"+c.rule, "SUMMARY:x"))
		for _, d := range strings.Fields(c.days) {
			date, left := strings.CutPrefix(d, "!")
			at, err := time.Parse(time.DateOnly, "2026-"+date)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := calendar.Covers(at.Add(12*time.Hour), time.UTC); ok == left {
				t.Errorf("%s on %s: %t", c.rule, date, ok)
			}
		}
	}
}

func TestTheEndOfARuleIsOfTheEventsClock(t *testing.T) {
	for name, c := range map[string]struct {
		lines     []string
		questions []asked
	}{
		"an instant":   {[]string{"DTSTART;TZID=Europe/Berlin:20260101T003000", "RRULE:FREQ=DAILY;UNTIL=20260102T233000Z"}, []asked{{"2026-01-03T00:45:00", "x"}, {"2026-01-04T00:45:00", ""}}},
		"a day":        {[]string{"DTSTART:20260101T103000", "RRULE:FREQ=DAILY;UNTIL=20260103"}, []asked{{"2026-01-03T10:45:00", "x"}, {"2026-01-04T10:45:00", ""}}},
		"a wall clock": {[]string{"DTSTART;TZID=Europe/Berlin:20260101T003000", "RRULE:FREQ=DAILY;UNTIL=20260103T003000"}, []asked{{"2026-01-03T00:45:00", "x"}, {"2026-01-04T00:45:00", ""}}},
		"a count":      {[]string{"DTSTART:20260101T103000", "RRULE:FREQ=DAILY;COUNT=800"}, []asked{{"2028-03-10T10:45:00", "x"}, {"2028-03-11T10:45:00", ""}, {"2031-03-11T10:45:00", ""}}},
	} {
		ask(t, parsed(t, event(append(c.lines, "DURATION:PT1H", "SUMMARY:x")...)), name, c.questions)
	}
}

// New Year comes at other times elsewhere.
func TestAYearIsThatOfTheZoneThatAsks(t *testing.T) {
	c := parsed(t, event("DTSTART:20260101T113000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY", "SUMMARY:x"))
	zone, err := cron.Zone("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	for minute := range 60 {
		at := time.Date(2026, 12, 31, 11, 30+minute, 0, 0, time.UTC)
		if _, ok := c.Covers(at, zone); !ok {
			t.Errorf("%s is not covered", at.In(zone))
		}
	}
}

// A repeated event that goes over the end of a year is found in both.
func TestWhatGoesOverTheEndOfAYear(t *testing.T) {
	c := parsed(t, event("DTSTART;VALUE=DATE:20201220", "DURATION:P3W", "RRULE:FREQ=YEARLY", "SUMMARY:Closed"))
	ask(t, c, "closed", []asked{{"2027-01-09T12:00:00", "Closed"}, {"2027-01-10T00:00:00", ""}, {"2026-12-20T00:00:00", "Closed"}, {"2026-12-19T23:59:59", ""}, {"2035-01-01T00:00:00", "Closed"}})
}

func TestWhatIsRefusedSaysInWhichLine(t *testing.T) {
	const day = "DTSTART;VALUE=DATE:20260101"
	for _, c := range []struct {
		text string
		line int
		says string
	}{
		{"", 1, "nothing"},
		{"# only a comment\n", 1, "nothing"},
		{strings.Repeat("x", 1<<20+1), 1, "at most 1048576"},
		{"12-25\n" + strings.Repeat("x", 9000), 2, "at most 8192"},
		{strings.Repeat("12-25\n", 5001), 5001, "more than 5000"},
		{"12-25\n\n2026-02-30 x", 3, `"2026-02-30" is no day`},
		{"25.12.2026", 1, "is no day"},
		{"1726-12-25", 1, "outside of 1900-2200"},
		{"2026-12-25..2026-12-24", 1, "ends before it begins"},
		{"12-25..2026-12-26", 1, "which is none"},
		{"2026-12-25..12-26", 1, `"12-26" is no day`},
		{"13-25", 1, "is no day"},
		{"caturday", 1, "did you mean saturday?"},
		{"mon..fry", 1, "did you mean fri?"},
		{"holiday", 1, "is no day"},
		{"fri 18:00 Closed", 1, "has no end"},
		{"fri 18:00..25:00", 1, "no time of day"},
		{"fri 18:00..mon late", 1, "no time of day"},
		{"2026-12-31T22:00", 1, "has no end"},
		{"2026-12-31T22:00..2026-12-31T21:00", 1, "ends before"},
		{"2026-12-31T22:00Z..2027-01-01T06:00", 1, "both must, or neither"},
		{"2026-12-31T22..2027-01-01T06:00", 1, "no time"},

		{"BEGIN:VCALENDAR\n", 1, "has no end"},
		{"BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR", 2, "ends nothing"},
		{"BEGIN:VCALENDAR\nBEGIN:VTODO\nBEGIN:VEVENT", 3, "lies in VTODO"},
		{"BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:X\n", 10), 9, "lies in more than"},
		{"BEGIN:VCALENDAR\nEND:VCALENDAR\nDTSTART:20260101", 3, "outside of VCALENDAR"},
		{"BEGIN:VCALENDAR\nno colon\nEND:VCALENDAR", 2, "has no colon"},
		{"BEGIN:VCALENDAR\nX:" + strings.Repeat("x", 5000) + "\n " + strings.Repeat("x", 5000), 2, "at most 8192"},
		{event("SUMMARY:x"), 2, "no DTSTART"},
		{event("DTSTART;TZID:20260101"), 2, "begins here"},
		{event(`DTSTART;TZID="x:20260101`), 2, "begins here"},
		{event(`DTSTART;TZID="` + strings.Repeat(":", 1100) + `":20260101`), 3, "at most 1024"},
		{event("DTSTART:tomorrow"), 2, "no date and no time"},
		{event("DTSTART:15000101"), 2, "outside of 1900-2200"},
		{event("DTSTART:20260101T100000"), 2, "covers nothing"},
		{event("DTSTART:20260101T100000", "DTEND:20260101T090000"), 2, "covers nothing"},
		{event(day, "DTEND:20260101T090000"), 2, "not of one kind"},
		{event("DTSTART;TZID=Europe/Berlin:20260101T100000", "DTEND:20260101T110000"), 2, "not of one kind"},
		{event("DTSTART;TZID=Europe/Belrin:20260101T100000", "DURATION:PT1H"), 2, "did you mean Europe/Berlin?"},
		{event(day, "DURATION:1 day"), 2, "P1D"},
		{event(day, "EXRULE:FREQ=DAILY"), 2, "EXDATE"},
		{event(day, "RDATE;VALUE=PERIOD:20260101T100000Z/PT1H"), 2, "no date and no time"},
		{event(day, "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260101"), 2, "UNTIL"},
		{event(day, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"), 2, "2 rules"},
		{event(day, "DURATION:P400D", "RRULE:FREQ=YEARLY"), 2, "longer than a year"},
		{event(day, "RRULE:FREQ=SOMETIMES"), 2, "cannot be read"},
		{event(day, "RRULE:COUNT=3"), 2, "cannot be read"},
		{event(day, "RRULE:FREQ=HOURLY;INTERVAL=24;BYHOUR=5"), 2, "more often than daily"},
		{event(day, "RRULE:FREQ=SECONDLY"), 2, "more often than daily"},
		{event(day, "RRULE:FREQ=DAILY;BYHOUR=5"), 2, "BYHOUR"},
		{event(day, "RRULE:FREQ=DAILY;BYEASTER=-400"), 2, "BYEASTER"},
		{event(day, "RRULE:FREQ=DAILY;INTERVAL=0"), 2, "INTERVAL"},
		{event(day, "RRULE:FREQ=YEARLY;INTERVAL=9000000000000000000"), 2, "INTERVAL"},
		{event(day, "RRULE:FREQ=DAILY;COUNT=0"), 2, "COUNT"},
		{event(day, "RRULE:FREQ=DAILY;COUNT=2;UNTIL=20270101"), 2, "COUNT and UNTIL"},
		{event(day, "RRULE:FREQ=WEEKLY;BYDAY=2MO"), 2, "a number before a day"},
		{event(day, "RRULE:FREQ=MONTHLY;BYDAY=53MO"), 2, "more than five"},
		{event(day, "RRULE:FREQ=MONTHLY;BYDAY=-53MO"), 2, "more than five"},
		{event(day, "RRULE:FREQ=YEARLY;BYMONTH=12;BYDAY=53MO"), 2, "more than five"},
		{event(day, "RRULE:FREQ=MONTHLY;BYWEEKNO=3"), 2, "FREQ=YEARLY"},
		{event(day, "RRULE:FREQ=DAILY;BYYEARDAY=3"), 2, "FREQ=YEARLY"},
		{event(day, "RRULE:FREQ=WEEKLY;BYMONTHDAY=3"), 2, "BYMONTHDAY"},
		{event(day, "RRULE:FREQ=MONTHLY;BYMONTHDAY=0"), 2, "counted from 1"},
		{event(day, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), 2, "never comes true"},
		{event(day, "RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=MO"), 2, "never comes true"},
		{"BEGIN:VCALENDAR\r\n" + strings.Repeat("BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=YEARLY\nEND:VEVENT\n", 201) + "END:VCALENDAR", 802, "more than 200"},
		{"BEGIN:VCALENDAR\r\n" + strings.Repeat("BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n", 5001) + "END:VCALENDAR", 15002, "more than 5000"},
	} {
		_, err := calendar.Parse(c.text)
		var wrong *calendar.SyntaxError
		if !errors.As(err, &wrong) || wrong.Line != c.line || !strings.Contains(wrong.Message, c.says) {
			t.Errorf("%.60q: got %v, want %q in line %d", c.text, err, c.says, c.line)
		}
	}
}

// Days and weeks are simple enough to be worked out again.
func TestDailyAndWeeklyRulesEqualACount(t *testing.T) {
	names := []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 15000).Draw(t, "start"))
		interval := rapid.IntRange(1, 12).Draw(t, "interval")
		weekly := rapid.Bool().Draw(t, "weekly")
		days := rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 1, 7, rapid.ID).Draw(t, "days")
		begins := rapid.IntRange(0, 6).Draw(t, "week begins")
		rule := fmt.Sprintf("FREQ=DAILY;INTERVAL=%d", interval)
		if weekly {
			var by []string
			for _, d := range days {
				by = append(by, names[d])
			}
			rule = fmt.Sprintf("FREQ=WEEKLY;INTERVAL=%d;WKST=%s;BYDAY=%s", interval, names[begins], strings.Join(by, ","))
		}
		c, err := calendar.Parse(event("DTSTART;VALUE=DATE:"+start.Format("20060102"), "RRULE:"+rule, "SUMMARY:x"))
		if err != nil {
			t.Fatal(err)
		}
		first := start.AddDate(0, 0, -(int(start.Weekday())-begins+7)%7)
		for range 30 {
			day := start.AddDate(0, 0, rapid.IntRange(-20, 20000).Draw(t, "day"))
			want := int(day.Sub(start)/(24*time.Hour))%interval == 0
			if weekly {
				want = int(day.Sub(first)/(7*24*time.Hour))%interval == 0 && slices.Contains(days, int(day.Weekday()))
			}
			want = want && !day.Before(start)
			if _, ok := c.Covers(day.Add(13*time.Hour), time.UTC); ok != want {
				t.Fatalf("%s from %s on %s: %t", rule, start.Format(time.DateOnly), day.Format(time.DateOnly), ok)
			}
		}
	})
}

// However stretches lie, a moment is covered if one of them holds it, with the
// title of the one that began first, and of those the one that is written first.
func TestOverlappingTimesEqualALookAtEach(t *testing.T) {
	base := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		type stretch struct{ from, to int }
		var all []stretch
		text := ""
		for n := range rapid.IntRange(1, 30).Draw(t, "stretches") {
			s := stretch{from: 4 * rapid.IntRange(0, 10).Draw(t, "from")}
			s.to = s.from + rapid.IntRange(1, 20).Draw(t, "length")
			all = append(all, s)
			text += fmt.Sprintf("%s..%s %d\n", base.Add(time.Duration(s.from)*time.Hour).Format("2006-01-02T15:04Z"), base.Add(time.Duration(s.to)*time.Hour).Format("2006-01-02T15:04Z"), n)
		}
		c, err := calendar.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for hour := range 62 {
			want := ""
			for n, s := range all {
				if s.from <= hour && hour < s.to && (want == "" || s.from < all[number(want)].from) {
					want = fmt.Sprint(n)
				}
			}
			if title, ok := c.Covers(base.Add(time.Duration(hour)*time.Hour), time.UTC); title != want || ok != (want != "") {
				t.Fatalf("%shour %d: %q, %t; want %q", text, hour, title, ok, want)
			}
		}
	})
}

// What comes every week or year equals a count of hours and days, over the ends of
// weeks and years, too.
func TestWhatComesEveryWeekOrYearEqualsACount(t *testing.T) {
	const week = 7 * 24
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	rapid.Check(t, func(t *rapid.T) {
		var hours [week]bool // from Sunday 00:00 on
		days := map[string]bool{}
		text := ""
		fill := func(from, length int) {
			for h := range length {
				hours[(from+h)%week] = true
			}
		}
		for range rapid.IntRange(1, 5).Draw(t, "lines") {
			day, span := rapid.IntRange(0, 6).Draw(t, "day"), rapid.IntRange(0, 6).Draw(t, "span")
			from, length := rapid.IntRange(0, 23).Draw(t, "from"), rapid.IntRange(1, 24).Draw(t, "length")
			last := names[(day+span)%7]
			switch rapid.IntRange(0, 3).Draw(t, "form") {
			case 0:
				text += fmt.Sprintf("%s..%s\n", names[day], last)
				fill(day*24, (span+1)*24)
			case 1:
				text += fmt.Sprintf("%s %02d:00..%s %02d:00\n", names[day], from, names[(day+span+(from+length)/24)%7], (from+length)%24)
				fill(day*24+from, span*24+length)
			case 2:
				text += fmt.Sprintf("%s..%s %02d:00..%02d:00\n", names[day], last, from, (from+length)%24)
				for d := range span + 1 {
					fill((day+d)*24+from, length)
				}
			case 3:
				begin := time.Date(2026, 12, 10+from, 0, 0, 0, 0, time.UTC)
				text += fmt.Sprintf("%s..%s\n", begin.Format("01-02"), begin.AddDate(0, 0, length).Format("01-02"))
				for d := range length + 1 {
					days[begin.AddDate(0, 0, d).Format("01-02")] = true
				}
			}
		}
		c := parsed(t, text)
		start := time.Date(2026, 12, 6, 0, 0, 0, 0, time.UTC) // a Sunday
		for h := range 8 * week {
			at := start.Add(time.Duration(h) * time.Hour)
			want := hours[h%week] || days[at.Format("01-02")]
			if title, ok := c.Covers(at, time.UTC); ok != want || ok && !strings.Contains(text, title+"\n") {
				t.Fatalf("%s%s: %q, %t; want %t", text, at, title, ok, want)
			}
		}
	})
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

func TestManyMayAskAtATime(t *testing.T) {
	c := parsed(t, event("DTSTART;VALUE=DATE:20200501", "RRULE:FREQ=YEARLY", "SUMMARY:x"))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 60 {
				at := time.Date(2020+(n*7+i)%40, 5, 1, 12, 0, 0, 0, time.UTC)
				if _, ok := c.Covers(at, time.UTC); !ok {
					t.Errorf("%s is not covered", at)
				}
			}
		})
	}
	group.Wait()
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"holidays.ics", "office.ics"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("2026-12-25 x\n12-24..01-02\nfri 18:00..mon 06:00\nmon..fri 09:00..17:00\n2026-12-31T22:00Z..2027-01-01T06:00+01:00")
	f.Add(event("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=YEARLY;BYWEEKNO=53,-1;BYDAY=MO;BYSETPOS=1,-1;WKST=SU"))
	f.Add(event("DTSTART;TZID=America/New_York:20260308T023000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=-5SU,5SA;BYMONTHDAY=1,-1;UNTIL=20300101T000000Z", "EXDATE:20260308T073000Z"))
	zone, err := cron.Zone("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := calendar.Parse(text)
		if err != nil {
			var wrong *calendar.SyntaxError
			if !errors.As(err, &wrong) || wrong.Line < 1 || wrong.Message == "" {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		for _, at := range []time.Time{time.Unix(0, 0), time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC), time.Date(2199, 12, 31, 23, 59, 59, 0, time.UTC), time.Unix(1<<40, 0)} {
			c.Covers(at, zone)
		}
	})
}
