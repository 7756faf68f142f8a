package render

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/rpc"
)

// after is a time so long after the present of the samples.
func after(d time.Duration) time.Time { return noon.Add(d) }

func sampleFreeze() *rpc.Freeze {
	until := after(4 * time.Hour)
	return &rpc.Freeze{At: before(time.Hour), Actor: "alice", Reason: "the disk is\nbeing moved", Until: &until}
}

func instant(at time.Time, offset string) rpc.Instant {
	zone, err := time.Parse("-07:00", offset)
	if err != nil {
		panic(err)
	}
	return rpc.Instant{At: at, Due: at, Wall: at.In(zone.Location()).Format(time.RFC3339)}
}

func sampleSchedules() []rpc.Schedule {
	next := instant(after(13*time.Hour+30*time.Minute), "+01:00")
	late := next
	late.Due = late.Due.Add(3 * time.Minute)
	here := instant(after(90*time.Second), "+00:00")
	ahead := after(90 * time.Minute)
	return []rpc.Schedule{
		{Name: "nightly/evening", Trigger: "evening", Description: "at 02:30 every day", Kind: "schedule", Timezone: "Europe/Berlin", Next: &next,
			Exclude: []string{"de-holidays", "weekend"},
			Last:    &rpc.Tick{Wall: "2026-03-14T02:30:00+01:00", Decision: "fired", Run: "nightly/41"}},
		{Name: "poll/schedule", Trigger: "schedule", Description: "every 90 s", Kind: "schedule", Timezone: "UTC", Next: &here,
			Pause: &rpc.Pause{At: before(2 * time.Hour), Actor: "bob", Reason: "broken"}, PauseOf: "poll",
			Last: &rpc.Tick{Wall: "2026-03-14T11:58:30Z", Decision: "skipped", Reason: "paused"}},
		{Name: "备份/once", Trigger: "once", Description: "once, at 2026-01-01 00:00", Kind: "schedule", Timezone: "UTC", Include: []string{"weekdays"}},
		{Name: "poll/asleep", Trigger: "asleep", Description: "every minute", Kind: "schedule", Timezone: "UTC", Next: &here,
			Last: &rpc.Tick{Wall: "2026-03-13T20:00:00Z", LastWall: "2026-03-14T11:57:00Z", Decision: "dropped", Reason: "superseded", Count: 958}},
		{Name: "poll/copied", Trigger: "copied", Description: "every second", Kind: "schedule", Timezone: "UTC", Next: &here,
			Last: &rpc.Tick{Wall: "2026-03-13T20:00:00Z", LastWall: "2026-03-14T11:59:59Z", Decision: "dropped", Reason: "restored", Count: -10001}},
		{Name: "poll/jitter", Trigger: "jitter", Description: "at 02:30 every day", Kind: "schedule", Timezone: "Europe/Berlin", Next: &late, RestsUntil: &ahead},
		{Name: "deploy/after", Trigger: "after", Kind: "after", Description: "after build (success)"},
		{Name: "deploy/github", Trigger: "github", Kind: "key", Description: "calls with the key github"},
		{Name: "intake/files", Trigger: "files", Kind: "files", Description: "files /in/*.csv", Trouble: "/in/a.csv cannot be moved to /claimed/a.csv at once"},
	}
}

func sampleInstants() []rpc.ScheduleInstants {
	gap := instant(time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), "+02:00")
	gap.Anomaly, gap.Skipped = "gap", "02:30:00"
	repeat := instant(time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), "+02:00")
	repeat.Anomaly = "repeat"
	feast := instant(time.Date(2026, 12, 25, 1, 30, 0, 0, time.UTC), "+01:00")
	feast.Excluded = &rpc.Exclusion{Calendar: "de-holidays", Title: "Erster Weihnachtstag"}
	outside := instant(time.Date(2026, 12, 27, 1, 30, 0, 0, time.UTC), "+01:00")
	outside.Excluded = &rpc.Exclusion{Title: "it is not in weekdays"}
	moved := instant(time.Date(2026, 12, 28, 1, 30, 0, 0, time.UTC), "+01:00")
	from := time.Date(2026, 12, 24, 1, 30, 0, 0, time.UTC)
	moved.ShiftedFrom = []time.Time{from, from.AddDate(0, 0, 1), from.AddDate(0, 0, 2), from.AddDate(0, 0, 3)}
	moved.Due = moved.At.Add(90 * time.Second)
	return []rpc.ScheduleInstants{
		{Schedule: sampleSchedules()[0], Instants: []rpc.Instant{gap, repeat, feast, outside, moved}},
		{Schedule: sampleSchedules()[2]},
	}
}

func sampleTicks() []rpc.Tick {
	return []rpc.Tick{
		{Schedule: "nightly/evening", Wall: "2026-03-14T02:30:00+01:00", Decision: "fired", Run: "nightly/41"},
		{Schedule: "nightly/evening", Wall: "2026-03-13T14:11:07+01:00", Subject: "play", Actor: "alice", Decision: "fired", Run: "nightly/40"},
		{Schedule: "nightly/evening", Wall: "2026-03-13T02:30:00+01:00", Decision: "skipped", Reason: "overlap", Message: "run nightly/39 is\nnot over"},
		{Schedule: "nightly/evening", Wall: "2026-03-01T02:30:00+01:00", Decision: "dropped", Reason: "too_old", Count: 11},
		{Schedule: "nightly/evening", Wall: "2020-03-01T02:30:00+01:00", Decision: "dropped", Reason: "restored", Count: -1},
		{Schedule: "nightly/evening", Wall: "2020-02-01T02:30:00+01:00", Subject: "backfill/7", Decision: "caught_up", Run: "nightly/38"},
	}
}

func sampleCalendars() []rpc.Calendar {
	return []rpc.Calendar{
		{Name: "de-holidays", Bytes: 4096, PutAt: at(48 * time.Hour), PutBy: "alice", Note: "from the\nstate", UsedBy: []string{"a/x", "b/x", "c/x", "d/x", "e/x"}},
		{Name: "weekend", BuiltIn: true, UsedBy: []string{"a/x", "b/x", "c/x", "d/x"}, Users: 100_000},
	}
}

func sampleCalendar() rpc.CalendarGetResponse {
	day := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	return rpc.CalendarGetResponse{Calendar: sampleCalendars()[0], Year: 2026, Spans: []rpc.CalendarSpan{
		{From: day(1, 1), To: day(1, 2), AllDay: true, Title: "Neujahr"},
		{From: day(12, 25), To: day(12, 27), AllDay: true, Title: "Weihnachten\x1b[2J"},
		{From: day(12, 31).Add(22 * time.Hour), To: day(1, 1).AddDate(1, 0, 0).Add(6 * time.Hour)},
	}}
}

func samplePut() rpc.CalendarPutResponse {
	was, is := after(13*time.Hour), after(61*time.Hour)
	return rpc.CalendarPutResponse{Calendar: sampleCalendars()[0], Changed: true, Moved: []rpc.ScheduleMoved{
		{Schedule: "nightly/evening", Timezone: "UTC", Before: &was, After: &is}, {Schedule: "weekly/x", Timezone: "UTC", Before: &is},
	}, More: true}
}

func sampleBackfills() []rpc.Backfill {
	return []rpc.Backfill{
		{ID: 7, Schedule: "nightly/evening", From: before(72 * time.Hour), To: noon, Order: "forward", MaxParallel: 2, Status: "running",
			At: before(time.Minute), Actor: "alice", Done: 1, Total: 3,
			Waits: "limit", Message: "run nightly/41 is running; at most 1 of its runs live at a time"},
		{ID: 6, Schedule: "nightly/evening", From: before(96 * time.Hour), To: before(72 * time.Hour), Order: "reverse", MaxParallel: 1,
			Status: "canceled", At: before(time.Hour), Actor: "bob", Done: 0, Total: 1, Message: "canceled by bob"},
	}
}

func dryBackfill() rpc.BackfillStartResponse {
	b := sampleBackfills()[1]
	b.ID = 0
	return rpc.BackfillStartResponse{Backfill: b, Instants: []rpc.Instant{instant(before(10*time.Hour), "+01:00")}}
}

func cutForecast() rpc.Forecast {
	f, asked := sampleForecast(2), after(92*24*time.Hour)
	f.Asked = &asked
	return f
}

func sampleForecast(hours int) rpc.Forecast {
	f := rpc.Forecast{From: noon, To: after(time.Duration(hours) * time.Hour), Runs: hours, Known: 3, Unknown: 1, Paused: 2,
		Crowds: []rpc.Crowd{{From: after(time.Hour), To: after(time.Hour + 12*time.Minute), Runs: 4, Schedules: []string{"a/x", "b/x", "c/x", "d/x"}}},
		Schedules: []rpc.ScheduleLoad{
			{Schedule: "nightly/evening", Runs: 4, Duration: took(5400), Busy: 21600, Overlaps: 2},
			{Schedule: "poll/schedule", Runs: 20},
		},
	}
	for i := range hours {
		f.Hours = append(f.Hours, rpc.ForecastHour{At: after(time.Duration(i) * time.Hour), Runs: i % 3, Busy: float64(i%7) / 2, Peak: i % 4})
	}
	return f
}

func TestABarIsNeverLongerThanItsPlaceAndSomeWorkIsSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Float64Range(0.001, 1e6).Draw(t, "most")
		n := rapid.Float64Range(0, most).Draw(t, "n")
		wide := rapid.IntRange(1, 60).Draw(t, "wide")
		got := Width(bar(n, most, float64(wide)))
		if got > wide || (got == 0) != (n == 0) {
			t.Fatalf("%v of %v has %d columns of %d", n, most, got, wide)
		}
		if c := column(n, most); (c == '·') != (n == 0) {
			t.Fatalf("%v of %v is %c", n, most, c)
		}
	})
}

func TestADayOfAForecastHasARowWithAColumnForEachHourOfTheClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.Repeat("█", 24)
	for _, c := range []struct {
		month      time.Month
		day, hours int
		want       string
	}{
		{10, 24, 24, whole}, {10, 25, 25, whole}, {3, 29, 23, "██ " + whole[3*len("█"):]},
	} {
		f := rpc.Forecast{From: time.Date(2026, c.month, c.day, 0, 0, 0, 0, berlin), Runs: 1}
		for i := range c.hours {
			f.Hours = append(f.Hours, rpc.ForecastHour{At: f.From.Add(time.Duration(i) * time.Hour), Busy: 1})
		}
		s := plainStyle()
		s.Zone = berlin
		if got := s.days(f.Hours); strings.Count(got, "\n") != 2 || !strings.Contains(got, "  "+c.want+"  ") {
			t.Errorf("%d hours:\n%s", c.hours, got)
		}
	}
}

func TestSchedulesReadWellAtEightyColumns(t *testing.T) {
	s := plainStyle()
	s.Width = 80
	for name, text := range map[string]string{
		"schedules": s.Schedules(sampleSchedules(), nil), "forecast": s.Forecast(sampleForecast(24)), "days": s.Forecast(sampleForecast(24 * 9)),
		"backfill": s.Backfill(dryBackfill(), true), "backfills": s.Backfills(sampleBackfills()), "calendars": s.Calendars(sampleCalendars()),
	} {
		for line := range strings.Lines(text) {
			if wide := Width(strings.TrimSuffix(line, "\n")); wide > 80 {
				t.Errorf("%s: %d columns: %s", name, wide, line)
			}
		}
	}
}

func TestAScheduleWithoutATimeSaysWhy(t *testing.T) {
	next := instant(after(time.Hour), "+00:00")
	for _, c := range []struct {
		one           rpc.Schedule
		stands, lists string
	}{
		{rpc.Schedule{Kind: "schedule", AtBoot: true}, "next  when the machine boots\n", "when the machine boots: "},
		{rpc.Schedule{Kind: "schedule"}, "next  never: it has no further time\n", "no time is left\n"},
		{rpc.Schedule{Kind: "schedule", NoneUntil: &next.At}, "next  none until 2026-03-14 13:00:00 +0000: calendars take all away\n", "no time lies between\n"},
		{rpc.Schedule{Kind: "schedule", Next: &next}, "next  " + wall(next.Wall) + ", in 1h00m\n", "no time lies between; the next is " + wall(next.Wall) + "\n"},
	} {
		if text := plainStyle().Schedules([]rpc.Schedule{c.one}, nil); !strings.Contains(text, c.stands) {
			t.Errorf("%+v stands as %q", c.one, text)
		}
		if text := plainStyle().Instants([]rpc.ScheduleInstants{{Schedule: c.one}}); !strings.Contains(text, c.lists) {
			t.Errorf("the times of %+v are %q", c.one, text)
		}
	}
}

func TestALongNameHidesNoColumnBehindIt(t *testing.T) {
	s := plainStyle()
	s.Width = 80
	text := s.Runs([]rpc.RunSummary{{Name: "nightly/42", ID: 1007, RunName: strings.Repeat("long ", 50), Status: "success", CreatedAt: noon, Cause: rpc.Cause{Source: "schedule"}}})
	if !strings.Contains(text, "success  schedule  now") {
		t.Errorf("the list is\n%s", text)
	}
}

func TestATimeIsToldAsOnTheClockOfTheReaderOnlyWhereThatShowsAnother(t *testing.T) {
	for _, c := range []struct{ wall, want string }{
		{"2026-03-14T12:00:00Z", ""},
		{"2026-03-14T13:00:00+01:00", " (12:00 here)"},
		{"2026-03-15T01:00:00+13:00", " (Sat 12:00 here)"},
		{"no time", ""},
	} {
		i := rpc.Instant{At: noon, Wall: c.wall}
		if got := plainStyle().here(i); got != c.want {
			t.Errorf("%s: %q, want %q", c.wall, got, c.want)
		}
	}
	for d, want := range map[time.Duration]string{0: "now", time.Hour: "in 1h00m", -time.Minute: "due since 1m00s"} {
		if got := plainStyle().until(noon.Add(d)); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	for text, want := range map[string]string{
		"2026-03-14T12:00:00Z": "Sat 2026-03-14 12:00 +0000", "2026-03-14T12:00:07Z": "Sat 2026-03-14 12:00:07 +0000", "x\x1by": "x^[y",
	} {
		if got := wall(text); strings.ContainsRune(got, '\x1b') || text[0] == '2' && got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestACauseNamesTheTriggerThatMadeTheRun(t *testing.T) {
	for want, c := range map[string]rpc.Cause{
		"schedule evening":                 {Source: "schedule", Trigger: "evening"},
		"schedule evening by alice: a try": {Source: "schedule", Trigger: "evening", Actor: "alice", Note: "a try"},
		"command by alice as evening":      {Source: "command", Trigger: "evening", Actor: "alice"},
		"schedule":                         {Source: "schedule", Trigger: "schedule"},
		"file":                             {Source: "file", Trigger: "files"},
		"trigger schedule":                 {Source: "trigger", Trigger: "schedule"},
		"command by alice":                 {Source: "command", Actor: "alice"},
	} {
		if got := cause(c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	r := rpc.Run{RunSummary: rpc.RunSummary{Name: "nightly/42", Cause: rpc.Cause{Source: "schedule", Trigger: "evening", ScheduledAt: at(time.Hour)}}}
	if text := plainStyle().Run(r); !strings.Contains(text, "instant   2026-03-14 11:00:00 +0000\n") {
		t.Errorf("the instant is not told:\n%s", text)
	}
}
