package cron_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config/cron"
	robfig "github.com/robfig/cron/v3"
	"pgregory.net/rapid"
)

func parsed(t interface{ Fatalf(string, ...any) }, text string) *cron.Expression {
	e, err := cron.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

func zoned(t interface{ Fatalf(string, ...any) }, name string) *time.Location {
	zone, err := cron.Zone(name)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return zone
}

// At changes of the clock: what comes after a time, as the wall clock shows it,
// the offset and what is odd about it.
func TestChangesOfTheClock(t *testing.T) {
	for _, c := range []struct{ text, zone, after, want string }{
		// Times of day that are left out come right after, once.
		{"30 2 * * *", "America/New_York", "2026-03-08T06:00:00Z", "03-08 03:00 -0400 for 02:30 gap, 03-09 02:30 -0400"},
		{"0,15,30 2 * * *", "America/New_York", "2026-03-08T06:00:00Z", "03-08 03:00 -0400 for 02:00 gap, 03-09 02:00 -0400"},
		{"30 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "03-29 03:00 +0200 for 02:30 gap, 03-29 03:30 +0200"},
		{"0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "03-29 03:00 +0200, 03-30 02:00 +0200"},
		{"0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", "09-06 01:00 -0300 for 00:00 gap, 09-07 00:00 -0300"},
		{"0 0 6 * *", "America/Santiago", "2026-09-01T12:00:00Z", "09-06 01:00 -0300 for 00:00 gap, 10-06 00:00 -0300"},
		{"0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", "04-24 01:00 +0300 for 00:00 gap, 04-25 00:00 +0300"},
		{"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "10-04 02:30 +1100 for 02:15 gap, 10-05 02:15 +1100"},
		{"30 1 * * *", "Antarctica/Troll", "2026-03-28T12:00:00Z", "03-29 03:00 +0200 for 01:30 gap, 03-30 01:30 +0200"},
		{"0 12 * * *", "Pacific/Apia", "2011-12-29T23:00:00Z", "12-31 00:00 +1400 for 12:00 gap, 12-31 12:00 +1400"},
		{"@at 2026-03-29T02:30", "Europe/Berlin", "2026-01-01T00:00:00Z", "03-29 03:00 +0200 for 02:30 gap, never"},

		// Times of day that come twice are due the first time.
		{"30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", "11-01 01:30 -0400 repeat, 11-02 01:30 -0500"},
		{"30 2 * * *", "Europe/Rome", "2026-10-25T00:00:00Z", "10-25 02:30 +0200 repeat, 10-26 02:30 +0100"},
		{"30 1 * * *", "America/New_York", "2026-11-01T05:30:00Z", "11-02 01:30 -0500, 11-03 01:30 -0500"},
		{"30 1 * * *", "America/New_York", "2026-11-01T06:00:00Z", "11-02 01:30 -0500, 11-03 01:30 -0500"},
		{"59 59 1 * * *", "America/New_York", "2026-11-01T06:10:00Z", "11-02 01:59 -0500, 11-03 01:59 -0500"},
		{"0 2 * * *", "America/New_York", "2026-11-01T00:00:00Z", "11-01 02:00 -0500, 11-02 02:00 -0500"},
		{"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", "04-05 01:45 +1100 repeat, 04-06 01:45 +1030"},
		{"@at 2026-10-25T02:30", "Europe/Berlin", "2026-01-01T00:00:00Z", "10-25 02:30 +0200 repeat, never"},
		{"@at 2026-10-25T02:30+01:00", "Europe/Berlin", "2026-01-01T00:00:00Z", "10-25 02:30 +0100, never"},

		// Intervals are due whenever the clock shows it.
		{"0 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", "03-29 03:00 +0200, 03-29 04:00 +0200"},
		{"0 * * * *", "Europe/Berlin", "2026-10-24T23:59:00Z", "10-25 02:00 +0200 repeat, 10-25 02:00 +0100 repeat"},
		{"*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "03-30 02:00 +0200, 03-30 02:30 +0200"},
		{"*/30 2 * * *", "Europe/Berlin", "2026-10-25T00:15:00Z", "10-25 02:30 +0200 repeat, 10-25 02:00 +0100 repeat"},
		{"0 */2 * * *", "Europe/Berlin", "2026-03-28T23:30:00Z", "03-29 04:00 +0200, 03-29 06:00 +0200"},
	} {
		after, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		e, zone := parsed(t, c.text), zoned(t, c.zone)
		var got []string
		for range 2 {
			o, ok := e.Next(after, zone, after)
			got = append(got, told(o, ok, zone))
			if back, found := e.Prev(o.At, zone, after); ok && (!found || back != o) {
				t.Errorf("%s in %s: %v, back from there %v", c.text, c.zone, o, back)
			}
			after = o.At
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s in %s after %s:\n\tgot  %s\n\twant %s", c.text, c.zone, c.after, got, c.want)
		}
	}
}

func told(o cron.Occurrence, ok bool, zone *time.Location) string {
	if !ok {
		return "never"
	}
	text := o.At.In(zone).Format("01-02 15:04 -0700")
	if o.Wall.Format("15:04") != o.At.In(zone).Format("15:04") {
		text += " for " + o.Wall.Format("15:04")
	}
	return strings.TrimSuffix(text+" "+o.Anomaly.String(), " ")
}

func TestEveryCountsFromItsAnchor(t *testing.T) {
	anchor := time.Date(2026, 3, 28, 12, 0, 0, 700, time.UTC)
	e, zone := parsed(t, "@every 36h"), zoned(t, "Europe/Berlin")
	for _, c := range []struct{ from, next, prev time.Duration }{
		{-1000 * time.Hour, 36 * time.Hour, 0},
		{0, 36 * time.Hour, 0},
		{36*time.Hour - 1, 36 * time.Hour, 0},
		{36 * time.Hour, 72 * time.Hour, 36 * time.Hour},
		{73 * time.Hour, 108 * time.Hour, 72 * time.Hour},
	} {
		from := anchor.Truncate(time.Second).Add(c.from)
		if o, ok := e.Next(from, zone, anchor); !ok || o.At.Sub(anchor.Truncate(time.Second)) != c.next {
			t.Errorf("next after %s: %s", c.from, o.At)
		}
		o, ok := e.Prev(from, zone, anchor)
		if ok != (c.prev > 0) || ok && o.At.Sub(anchor.Truncate(time.Second)) != c.prev {
			t.Errorf("last up to %s: %s, %t", c.from, o.At, ok)
		}
	}
}

func TestNothingBeyondTheYearsThatCanBeWritten(t *testing.T) {
	e, zone := parsed(t, "30 2 31 12 *"), zoned(t, "Pacific/Auckland")
	for _, far := range []time.Time{time.Unix(1<<60, 0), time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC)} {
		if o, ok := e.Next(far, zone, far); ok {
			t.Errorf("after %s: %s", far, o.At)
		}
		if o, ok := e.Prev(far, zone, far); !ok || o.At.Year() < 9998 {
			t.Errorf("up to %s: %s, %t", far, o.At, ok)
		}
	}
	long := time.Unix(-1<<60, 0)
	if o, ok := e.Prev(long, zone, long); ok {
		t.Errorf("up to %s: %s", long, o.At)
	}
	if o, ok := e.Next(long, zone, long); !ok || o.At.Year() != 1 {
		t.Errorf("after %s: %s, %t", long, o.At, ok)
	}
	reboot := parsed(t, "@reboot")
	if _, ok := reboot.Next(long, zone, long); ok {
		t.Error("there is a next boot")
	}
	if _, ok := reboot.Prev(long, zone, long); ok {
		t.Error("there is a last boot")
	}
}

// Expressions that are due as seldom as can be are found, both ways.
func TestTheRarestDays(t *testing.T) {
	for _, c := range []struct{ text, after, want string }{
		{"0 0 29 2 *", "2096-03-01", "2104-02-29"},
		{"0 0 * 2 mon#5", "2024-03-01", "2044-02-29"},
		{"0 0 * 2 mon#5", "2072-03-01", "2112-02-29"},
		{"0 0 L-28 2 *", "2026-01-01", "2028-02-01"},
		{"0 0 */28 2 sun%53", "2026-01-01", ""},
	} {
		e := parsed(t, c.text)
		after, _ := time.Parse(time.DateOnly, c.after)
		o, ok := e.Next(after, time.UTC, after)
		if !ok || c.want != "" && o.At.Format(time.DateOnly) != c.want {
			t.Errorf("%s after %s: %s, %t", c.text, c.after, o.At, ok)
		}
		if p, ok := e.Prev(o.At.AddDate(0, 0, 1), time.UTC, after); !ok || p != o {
			t.Errorf("%s: back from %s is %s", c.text, o.At, p.At)
		}
	}
}

// What one side finds, the other finds, and nothing lies between.
func TestNextAndPrevAreTheSameInstants(t *testing.T) {
	texts := append(expressions(), "15 30 2 * * *", "*/20 0,30 1-3 * * *", "@every 5h", "@every 61s", "@at 2026-03-29T02:30", "@at 2026-10-25T02:30:05")
	zones := cron.Zones()
	rapid.Check(t, func(t *rapid.T) {
		e, zone := parsed(t, rapid.SampledFrom(texts).Draw(t, "text")), zoned(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		from := time.Unix(rapid.Int64Range(-4e9, 8e9).Draw(t, "from"), rapid.Int64Range(0, 999_999_999).Draw(t, "fraction"))
		anchor := time.Unix(rapid.Int64Range(-4e9, 4e9).Draw(t, "anchor"), 0)
		next, ok := e.Next(from, zone, anchor)
		if !ok {
			next.At = from.AddDate(50, 0, 0)
		} else if !next.At.After(from) {
			t.Fatalf("%s is not after %s", next.At, from)
		}
		if again, found := e.Next(next.At.Add(-1), zone, anchor); ok && (!found || again != next) {
			t.Fatalf("just before %v comes %v", next, again)
		}
		if back, found := e.Prev(next.At, zone, anchor); ok && (!found || back != next) {
			t.Fatalf("%v, back from there %v", next, back)
		}
		prev, found := e.Prev(from, zone, anchor)
		if found && prev.At.After(from) {
			t.Fatalf("%s is after %s", prev.At, from)
		}
		if between, some := e.Prev(next.At.Add(-1), zone, anchor); some != found || between != prev && found {
			t.Fatalf("before %v: %v, before %s: %v", next, between, from, prev)
		}
	})
}

// In UTC and where the languages agree, robfig/cron computes the same.
func TestNextEqualsRobfigsInUTC(t *testing.T) {
	parser := robfig.NewParser(robfig.Minute | robfig.Hour | robfig.Dom | robfig.Month | robfig.Dow)
	compared := 0
	for _, text := range expressions() {
		theirs, err := parser.Parse(text)
		fields := strings.Fields(text)
		if err != nil || strings.HasPrefix(fields[2], "*/") || strings.HasPrefix(fields[4], "*/") {
			continue
		}
		compared++
		e := parsed(t, text)
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for n := 0; n < 300 && at.Year() < 2090; n++ {
			o, _ := e.Next(at, time.UTC, at)
			if want := theirs.Next(at); !o.At.Equal(want) {
				t.Fatalf("%s after %s: %s, robfig/cron says %s", text, at, o.At, want)
			}
			at = o.At
		}
	}
	if compared < 100 {
		t.Errorf("only %d expressions were compared", compared)
	}
}

func BenchmarkNext(b *testing.B) {
	for _, text := range []string{"30 2 * * *", "*/15 * * * *", "0 0 29 2 *", "0 0 * 2 mon#5", "0 0 LW * *"} {
		b.Run(text, func(b *testing.B) {
			e, zone := parsed(b, text), zoned(b, "Europe/Berlin")
			at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
			b.ReportAllocs()
			for b.Loop() {
				e.Next(at, zone, at)
			}
		})
	}
}
