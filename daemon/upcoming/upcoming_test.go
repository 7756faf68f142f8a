package upcoming

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/calendar"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/rpc"
)

var dawn = time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC)

func table(t interface{ Fatal(...any) }, r schedule.Rule, calendars map[string]string) schedule.Timetable {
	read := map[string]schedule.Calendar{}
	for name, text := range calendars {
		c, err := calendar.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		read[name] = c
	}
	compiled, err := r.Compile(read)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestInstantsTellWhatIsOutOfTheOrdinary(t *testing.T) {
	rule := schedule.Rule{Expression: "30 2 * * *", Timezone: "Europe/Berlin", Exclude: []string{"feasts"}, Shift: "next", Jitter: time.Hour}
	all, more := Instants(table(t, rule, map[string]string{"feasts": "2026-03-27 Feast\n"}).Of(1, "x"), schedule.Mark{Through: dawn}, dawn.AddDate(0, 0, 3), 10)
	var got []string
	for _, i := range all {
		if late := i.Due.Sub(i.At); late < 0 || late > time.Hour {
			t.Errorf("%v is due %v later", i.At, late)
		}
		got = append(got, fmt.Sprint(i.Wall, " ", i.Anomaly, i.Skipped, " ", len(i.ShiftedFrom)))
	}
	want := []string{"2026-03-28T02:30:00+01:00  1", "2026-03-29T03:00:00+02:00 gap02:30:00 0"}
	if !slices.Equal(got, want) || more {
		t.Errorf("%q, want %q", got, want)
	}
	rule.Shift, rule.Jitter = "", 0
	all, _ = Instants(table(t, rule, map[string]string{"feasts": "2026-03-27 Feast\n"}), schedule.Mark{Through: dawn}, time.Time{}, 1)
	if x := all[0].Excluded; x == nil || *x != (rpc.Exclusion{Calendar: "feasts", Title: "Feast"}) {
		t.Errorf("%+v", all)
	}
}

// Instants up to an end, in pages of any size, are the same as all at once.
func TestPagesOfInstantsAreAllOfThem(t *testing.T) {
	of := table(t, schedule.Rule{Expression: "*/7 * * * *", Timezone: "Europe/Berlin"}, nil)
	rapid.Check(t, func(t *rapid.T) {
		until := dawn.Add(time.Duration(rapid.IntRange(0, 72*60).Draw(t, "minutes")) * time.Minute)
		whole, more := Instants(of, schedule.Mark{Through: dawn}, until, MaxCount)
		if more || len(whole) != int(until.Sub(dawn)/time.Minute/60)*9+minutesOfSeven(int(until.Sub(dawn)/time.Minute)%60) {
			t.Fatalf("%d instants until %v", len(whole), until)
		}
		count := rapid.IntRange(1, 400).Draw(t, "count")
		var pages []rpc.Instant
		for mark := (schedule.Mark{Through: dawn}); ; {
			page, more := Instants(of, mark, until, count)
			if pages = append(pages, page...); !more {
				break
			}
			mark.Through = page[len(page)-1].At
		}
		if !slices.EqualFunc(pages, whole, func(a, b rpc.Instant) bool { return a.At.Equal(b.At) }) {
			t.Fatalf("%d in pages of %d, %d at once", len(pages), count, len(whole))
		}
	})
}

// minutesOfSeven counts the instants of */7 in the first minutes of an hour, its
// beginning left to the hour before.
func minutesOfSeven(minutes int) int { return minutes / 7 }

func TestTheNextThatCountsIsFoundBehindThoseThatDoNot(t *testing.T) {
	rule := schedule.Rule{Expression: "0 12 * * *", Exclude: []string{"feasts"}}
	next, _ := Next(table(t, rule, map[string]string{"feasts": "2026-03-27..2026-04-30\n"}), schedule.Mark{Through: dawn})
	if next == nil || next.Wall != "2026-05-01T12:00:00Z" {
		t.Errorf("%+v", next)
	}
	if never, _ := Next(table(t, rule, map[string]string{"feasts": "mon..sun\n"}), schedule.Mark{Through: dawn}); never != nil {
		t.Errorf("%+v", never)
	}
	if never, _ := Next(table(t, schedule.Rule{Expression: "@at 2026-01-01T00:00"}, nil), schedule.Mark{Through: dawn}); never != nil {
		t.Errorf("%+v", never)
	}
}

// What is due each second is not looked at for a whole day of blackout.
func TestANextThatIsNotFoundIsNotCalledNone(t *testing.T) {
	rule := schedule.Rule{Expression: "* * * * * *", Exclude: []string{"feasts"}}
	next, until := Next(table(t, rule, map[string]string{"feasts": dawn.Format(time.DateOnly) + "\n"}), schedule.Mark{Through: dawn})
	if next != nil || until == nil || !until.Equal(dawn.Add(maxLooked*time.Second)) {
		t.Errorf("%+v, %v", next, until)
	}
	if next, until := Next(table(t, schedule.Rule{Expression: "@at 2026-01-01T00:00"}, nil), schedule.Mark{Through: dawn}); next != nil || until != nil {
		t.Errorf("%+v, %v", next, until)
	}
}

func TestOnlyWhatWaitsForABootIsDueThen(t *testing.T) {
	for expression, want := range map[string]bool{"@reboot": true, "@at 2026-01-01T00:00": false, "@daily": false} {
		rule := schedule.Rule{Expression: expression}
		if told := Schedule("nightly", "evening", &rule, table(t, rule, nil)); told.AtBoot != want {
			t.Errorf("%s: %+v", expression, told)
		}
	}
}

// Spans are the minutes that the calendar covers, each in one span.
func TestSpansAreTheMinutesThatACalendarCovers(t *testing.T) {
	lines := []string{"2026-03-28 A\n", "sat B\n", "2026-03-27T10:00..2026-03-27T11:30 C\n", "fri 18:00..mon 06:00 D\n", "2026-03-28T22:00Z..2026-03-29T03:00Z E\n", "03-29..03-30 F\n"}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(lines), 1, 4, rapid.ID).Draw(t, "lines"), "")
		c, err := calendar.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		from := dawn.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "from")) * time.Minute)
		to := from.Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(t, "length")) * time.Minute)
		spans := Spans(c, from, to, zone)
		k := 0
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			for k < len(spans) && !at.Before(spans[k].To) {
				k++
			}
			title, is := c.Covers(at, zone)
			in := k < len(spans) && !at.Before(spans[k].From)
			if in != is || in && spans[k].Title != title {
				t.Fatalf("%q at %v: covered %v by %q, in %+v", text, at, is, title, spans)
			}
		}
	})
}

func TestASpanOfWholeDaysAndOneToTheSecond(t *testing.T) {
	c, err := calendar.Parse("2026-03-29 The clocks change\n2026-03-31T10:00:30..2026-03-31T11:59:59 Odd\n")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range Spans(c, dawn, dawn.AddDate(0, 0, 7), zone) {
		got = append(got, fmt.Sprint(s.From.Format(time.RFC3339), " ", s.To.Format(time.RFC3339), " ", s.AllDay))
	}
	want := []string{"2026-03-29T00:00:00+01:00 2026-03-30T00:00:00+02:00 true", "2026-03-31T10:00:30+02:00 2026-03-31T11:59:59+02:00 false"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestATextIsAskedForItsSchedules(t *testing.T) {
	p := &config.Pipeline{Name: "nightly", Triggers: []config.Trigger{
		{Name: "evening", Kind: config.OnSchedule, Schedule: config.Schedule{Expression: "30 2 * * *", Timezone: "UTC", Exclude: []string{"weekend"}, Jitter: time.Hour, Random: true}},
		{Name: "often", Kind: config.OnSchedule, Schedule: config.Schedule{Expression: "@every 6h", Timezone: "UTC"}},
		{Name: "feasts", Kind: config.OnSchedule, Schedule: config.Schedule{Expression: "@daily", Timezone: "UTC", Include: []string{"feasts"}}},
		{Name: "after", Kind: config.AfterPipeline},
	}}
	evening, err := OfText(p, rpc.ScheduleNextRequest{Schedule: "evening", Count: 2}, dawn)
	if err != nil {
		t.Fatal(err)
	}
	one := evening.Schedules[0]
	if len(evening.Schedules) != 1 || len(one.Instants) != 2 || !one.More || one.Instants[0].Due != one.Instants[0].At || one.Schedule.Jitter != 3600 ||
		one.Instants[1].Excluded == nil || one.Schedule.Name != "nightly/evening" {
		t.Errorf("%+v", evening)
	}
	until := dawn.Add(13 * time.Hour)
	often, err := OfText(p, rpc.ScheduleNextRequest{Schedule: "often", Until: &until}, dawn)
	if err != nil || len(often.Schedules[0].Instants) != 2 || often.Schedules[0].More || !often.Schedules[0].Instants[0].At.Equal(dawn.Add(6*time.Hour)) {
		t.Errorf("%+v, %v", often, err)
	}
	for _, name := range []string{"feasts", "after", "nope"} {
		if answer, err := OfText(p, rpc.ScheduleNextRequest{Schedule: name}, dawn); err == nil {
			t.Errorf("%s: %+v", name, answer)
		}
	}
}
