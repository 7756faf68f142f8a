package cron_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config/cron"
)

// facts are what GitLab's parser of schedules was seen to do.
type facts struct {
	Fields    []fact          `json:"next_and_previous_field_cases"`
	Zones     []fact          `json:"timezone_cases"`
	DST       []fact          `json:"dst_cases"`
	Nil       []fact          `json:"nil_cases"`
	Valid     []fact          `json:"cron_valid"`
	ZoneValid []fact          `json:"cron_timezone_valid"`
	Natural   json.RawMessage `json:"parse_natural_with_timestamp"`
	Match     []fact          `json:"match"`
}

type fact struct {
	Name, Cron, Timezone, Function string
	Functions                      []string
	Now                            time.Time
	Time                           string
	Valid                          bool
	Expect                         json.RawMessage
}

// railsNames are the facts' zones that Rails knows and we do not: a second name
// for a zone is one more to misread, so they are refused with the IANA name to
// write. What the facts say of them is checked in that zone.
var railsNames = map[string]string{
	"Berlin":                     "Europe/Berlin",
	"Eastern Time (US & Canada)": "America/New_York",
}

func TestFacts(t *testing.T) {
	text, err := os.ReadFile("testdata/cron.json")
	if err != nil {
		t.Fatal(err)
	}
	var all facts
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(text, &sections); err != nil || len(sections) != 8 {
		t.Fatalf("%d sections (%v): there are facts that nothing here reads", len(sections), err)
	}
	t.Run("fields", func(t *testing.T) { all.fields(t) })
	t.Run("zones", func(t *testing.T) { all.zones(t) })
	t.Run("dst", func(t *testing.T) { all.dst(t) })
	t.Run("refused", func(t *testing.T) { all.refused(t) })
	t.Run("match", func(t *testing.T) { all.match(t) })
	t.Run("natural", func(t *testing.T) {
		t.Skip("parse_natural makes an expression of a unit, a number and a time that somebody clicked: nothing here has such a form, and whoever has one writes @every or fields")
	})
}

// around is what both functions of a fact say from an instant.
func (f fact) around(t *testing.T, now time.Time) map[string]time.Time {
	t.Helper()
	e, err := cron.Parse(f.Cron)
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	zone := f.zone(t)
	next, ok := e.Next(now, zone, now)
	prev, found := e.Prev(now.Add(-1), zone, now)
	if !ok || !found {
		t.Fatalf("%s: nothing around %s", f.Name, now)
	}
	times := map[string]time.Time{"next_time_from(now)": next.At, "previous_time_from(now)": prev.At}
	if !next.At.After(now) || !prev.At.Before(now) {
		t.Errorf("%s: %v are not on both sides of %s", f.Name, times, now)
	}
	return times
}

func (f fact) zone(t *testing.T) *time.Location {
	t.Helper()
	name := f.Timezone
	if iana, rails := railsNames[name]; rails {
		if _, err := cron.Zone(name); err == nil || !strings.Contains(err.Error(), "write "+iana) {
			t.Errorf("%s: %v", name, err)
		}
		name = iana
	}
	zone, err := cron.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func (f fact) expected(t *testing.T, expect any) {
	t.Helper()
	if err := json.Unmarshal(f.Expect, expect); err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
}

func (all facts) fields(t *testing.T) {
	for _, f := range all.Fields {
		var expect map[string]any
		f.expected(t, &expect)
		for _, now := range []time.Time{time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC)} {
			for function, at := range f.around(t, now) {
				for name, want := range expect {
					part, _, _ := strings.Cut(name, "_")
					got := map[string]int{"minute": at.Minute(), "hour": at.Hour(), "day": at.Day(), "month": int(at.Month()), "wday": int(at.Weekday())}[part]
					if list, ok := want.([]any); !ok && want != float64(got) || ok && !slices.Contains(list, any(float64(got))) {
						t.Errorf("%s: %s is %s; %s should be %v", f.Name, function, at, name, want)
					}
				}
			}
		}
	}
}

func (all facts) zones(t *testing.T) {
	for _, f := range all.Zones {
		var expect struct {
			Hour int `json:"hour_in_server_timezone"`
		}
		f.expected(t, &expect)
		for function, at := range f.around(t, f.Now) {
			if at.Hour() != expect.Hour {
				t.Errorf("%s: %s is %s; the hour should be %d", f.Name, function, at, expect.Hour)
			}
		}
	}
}

func (all facts) dst(t *testing.T) {
	for _, f := range all.DST {
		var expect struct{ Year, Month, Day int }
		f.expected(t, &expect)
		at := f.around(t, f.Now)[f.Function+"(now)"]
		if y, m, d := at.Date(); y != expect.Year || int(m) != expect.Month || d != expect.Day {
			t.Errorf("%s: %s; want %v", f.Name, at, expect)
		}
	}
}

func (all facts) refused(t *testing.T) {
	for _, f := range all.Nil {
		if e, err := cron.Parse(f.Cron); err == nil {
			t.Errorf("%s: %q is accepted: %s", f.Name, f.Cron, e.Describe())
		}
	}
	for _, f := range all.Valid {
		if _, err := cron.Parse(f.Cron); (err == nil) != f.Valid {
			t.Errorf("%q: %v, valid should be %t", f.Cron, err, f.Valid)
		}
	}
	for _, f := range all.ZoneValid {
		if _, rails := railsNames[f.Timezone]; rails {
			f.zone(t)
			continue
		}
		if _, err := cron.Zone(f.Timezone); (err == nil) != f.Valid {
			t.Errorf("%q: %v, valid should be %t", f.Timezone, err, f.Valid)
		}
	}
}

// match asks whether an expression is due at a time: whether it was last due
// then.
func (all facts) match(t *testing.T) {
	for _, f := range all.Match {
		at, err := time.Parse("2006-01-02T15:04:05", f.Time)
		if err != nil {
			t.Fatal(err)
		}
		e, err := cron.Parse(f.Cron)
		if err != nil {
			t.Fatal(err)
		}
		var want bool
		f.expected(t, &want)
		if o, ok := e.Prev(at, time.UTC, at); ok && o.At.Equal(at) != want {
			t.Errorf("%s at %s: last due %s, match should be %t", f.Cron, at, o.At, want)
		}
	}
}
