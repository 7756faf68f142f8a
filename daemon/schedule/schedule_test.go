package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/daemon/schedule"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func compiled(t *testing.T, r schedule.Rule) schedule.Timetable {
	t.Helper()
	table, err := r.Compile(calendars)
	if err != nil {
		t.Fatal(err)
	}
	return table.Of(7, "evening")
}

func TestInstantsAreNoted(t *testing.T) {
	berlin := "Europe/Berlin"
	for _, c := range []struct {
		rule  schedule.Rule
		after string
		at    string
		note  string
	}{
		{schedule.Rule{Expression: "30 2 * * *", Timezone: berlin}, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "the clocks leave 02:30:00 out: it is due right after"},
		{schedule.Rule{Expression: "30 2 * * *", Timezone: berlin}, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "the clocks show 02:30:00 twice"},
		{schedule.Rule{Expression: "30 2 * * *", Timezone: berlin, Exclude: []string{"weekend"}}, "2026-10-23T12:00:00Z", "2026-10-24T00:30:00Z", "calendar weekend: Saturday"},
		{schedule.Rule{Expression: "30 2 * * *", Timezone: berlin, Include: []string{"weekdays", "never"}}, "2026-10-23T12:00:00Z", "2026-10-24T00:30:00Z", "it is not in weekdays, never"},
		{schedule.Rule{Expression: "30 2 * * *", Timezone: berlin, Exclude: []string{"weekend"}, Shift: "next"}, "2026-10-23T12:00:00Z", "2026-10-26T01:30:00Z",
			"moved from 2026-10-24T02:30:00+02:00, 2026-10-25T02:30:00+02:00"},
		{schedule.Rule{Expression: "30 2 * * sun", Timezone: berlin, Exclude: []string{"weekend"}, Shift: "previous"}, "2026-10-22T12:00:00Z", "2026-10-23T00:30:00Z",
			"moved from 2026-10-25T02:30:00+02:00"},
		{schedule.Rule{Expression: "30 2 * * *", Exclude: []string{"weekend", "fridays"}, Shift: "next"}, "2026-11-19T12:00:00Z", "2026-11-23T02:30:00Z",
			"moved from 2026-11-20T02:30:00Z, 2026-11-21T02:30:00Z, 2026-11-22T02:30:00Z"},
		{schedule.Rule{Expression: "30 2 * * *", Timezone: berlin, Exclude: []string{"weekend"}, Shift: "previous"}, "2026-10-22T12:00:00Z", "2026-10-23T00:30:00Z",
			"moved from 2026-10-24T02:30:00+02:00, 2026-10-25T02:30:00+02:00"},
		{schedule.Rule{Expression: "30 2 * * *", Exclude: []string{"always"}, Shift: "next"}, "2026-10-22T12:00:00Z", "2026-10-23T02:30:00Z", "calendar always: Friday"},
		{schedule.Rule{Expression: "@every 1h", Timezone: berlin}, "2026-10-22T12:00:00Z", "2026-10-22T13:00:00Z", ""},
	} {
		after := at(c.after)
		i, ok := compiled(t, c.rule).Next(schedule.Mark{Through: after, Anchor: after})
		if !ok || !i.At.Equal(at(c.at)) || i.Note() != c.note {
			t.Errorf("%+v after %s: %v %q", c.rule, c.after, i.At, i.Note())
		}
	}
}

func TestWhatIsMovedStaysWithinTheRule(t *testing.T) {
	weekly := schedule.Rule{Expression: "30 2 * * sat", Exclude: []string{"weekend"}, Shift: "next"}
	saturday, sunday := at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z")
	if i, _ := compiled(t, weekly).Next(schedule.Begin(sunday, "")); !i.At.Equal(at("2026-11-02T02:30:00Z")) {
		t.Errorf("what was due before the rule is moved to %v", i.At)
	}
	if i, _ := compiled(t, weekly).Next(schedule.Mark{Through: sunday, Anchor: at("2026-10-20T00:00:00Z")}); !i.At.Equal(at("2026-10-26T02:30:00Z")) {
		t.Errorf("what is due is moved to %v", i.At)
	}
	weekly.Until = sunday
	i, ok := compiled(t, weekly).Next(schedule.Begin(saturday.Add(-12*time.Hour), ""))
	if !ok || !i.At.Equal(at("2026-10-24T02:30:00Z")) || !i.Excluded.Any() {
		t.Errorf("it is moved beyond the last date: %+v", i)
	}
}

func TestTheFirstDateCountsAndTheLastDoesNot(t *testing.T) {
	rule := schedule.Rule{Expression: "0 1 * * *", From: at("2026-03-02T01:00:00Z"), Until: at("2026-03-04T01:00:00Z")}
	var days []int
	for i := range compiled(t, rule).After(schedule.Begin(at("2026-02-01T00:00:00Z"), "")) {
		days = append(days, i.At.Day())
	}
	if !slices.Equal(days, []int{2, 3}) {
		t.Errorf("it is due on the days %v", days)
	}
}

func TestRulesThatAreWrongAreRefused(t *testing.T) {
	for _, c := range []struct {
		rule schedule.Rule
		says string
	}{
		{schedule.Rule{Expression: "61 * * * *"}, "61"},
		{schedule.Rule{Expression: "@daily", Timezone: "Europe/Bern"}, "Europe/Bern"},
		{schedule.Rule{Expression: "@daily", Include: []string{"none"}}, `include: there is no calendar "none"`},
		{schedule.Rule{Expression: "@daily", Exclude: []string{"none"}}, `exclude: there is no calendar "none"`},
		{schedule.Rule{Expression: "@daily", CatchUp: "two"}, "want none, one or all"},
		{schedule.Rule{Expression: "@daily", Shift: "up"}, "want none, next or previous"},
		{schedule.Rule{Expression: "*/14 * * * *", Shift: "next"}, "more than 96 times a day"},
		{schedule.Rule{Expression: "@every 14m", Shift: "previous"}, "more than 96 times a day"},
		{schedule.Rule{Expression: "@reboot", Shift: "next"}, "a boot is not moved"},
	} {
		if _, err := c.rule.Compile(calendars); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.rule, err)
		}
	}
	for _, fits := range []schedule.Rule{{Expression: "*/15 * * * *", Shift: "next"}, {Expression: "@every 15m", Shift: "next"}, {Expression: "@at 2026-01-01T00:00", Shift: "next"}} {
		if _, err := fits.Compile(calendars); err != nil {
			t.Error(err)
		}
	}
}

func TestABootHasOneInstant(t *testing.T) {
	table := compiled(t, schedule.Rule{Expression: "@reboot"})
	begun := at("2026-03-01T00:00:00Z")
	mark := schedule.Begin(begun, "a")
	if all, _ := table.Decide(mark, begun.Add(time.Hour), schedule.Boot{ID: "a", At: begun}); len(all) != 0 {
		t.Errorf("a rule that was applied in this boot is due: %v", told(all))
	}
	boot := schedule.Boot{ID: "b", At: begun.Add(-time.Hour)} // by a clock that was set back
	due, ok := table.Due(mark, boot)
	if !ok || !due.Equal(boot.At) {
		t.Errorf("due at %v %v", due, ok)
	}
	all, next := table.Decide(mark, boot.At.Add(100*time.Hour), boot)
	if got := strings.Join(told(all), "; "); got != "2026-02-28T23:00:00Z fired " {
		t.Errorf("decided: %s", got)
	}
	if next.BootID != "b" || next.Through.Before(mark.Through) {
		t.Errorf("the mark is %+v", next)
	}
	if _, ok := table.Due(next, boot); ok {
		t.Error("it is due again")
	}
	dated := compiled(t, schedule.Rule{Expression: "@reboot", Until: begun.Add(-2 * time.Hour)})
	if _, ok := dated.Due(mark, boot); ok {
		t.Error("it is due after the last date")
	}
}

func TestACopyDropsAllThatItMissed(t *testing.T) {
	from, now := at("2026-03-01T00:00:00Z"), at("2026-03-03T12:00:00Z")
	boot := schedule.Boot{ID: "b", At: now}
	for _, c := range []struct {
		expression, want string
	}{
		{"0 1 * * *", "2026-03-01T01:00:00Z dropped restored 2026-03-03T01:00:00Z 3 false"},
		{"0 1 2 * *", "2026-03-02T01:00:00Z dropped restored"},
		{"0 1 9 * *", ""},
		{"@reboot", ""},
		{"@every 1s", "2026-03-01T00:00:01Z dropped restored 2026-03-03T12:00:00Z 10001 true"},
	} {
		table := compiled(t, schedule.Rule{Expression: c.expression, CatchUp: "all"})
		all, mark := table.Restore(schedule.Begin(from, "a"), now, boot)
		if got := strings.Join(told(all), "; "); got != c.want {
			t.Errorf("%s: %s, want %s", c.expression, got, c.want)
		}
		if !mark.Through.Equal(now) || !mark.Anchor.Equal(from) || mark.BootID != "b" {
			t.Errorf("%s: the mark is %+v", c.expression, mark)
		}
	}
	ahead := schedule.Begin(now.Add(time.Hour), "a")
	if _, mark := compiled(t, schedule.Rule{Expression: "@daily"}).Restore(ahead, now, boot); !mark.Through.Equal(ahead.Through) {
		t.Errorf("the mark went back to %v", mark.Through)
	}
}

func TestARuleThatEndsStartsNothing(t *testing.T) {
	from, now := at("2026-03-01T00:00:00Z"), at("2026-03-03T12:00:00Z")
	for _, c := range []struct {
		rule schedule.Rule
		want string
	}{
		{schedule.Rule{Expression: "0 12 3 * *", Jitter: time.Hour}, "2026-03-03T12:00:00Z dropped edited"}, // it passes at this moment
		{schedule.Rule{Expression: "0 1 * * *", Exclude: []string{"fridays"}, CatchUp: "none"},
			"2026-03-01T01:00:00Z dropped edited; 2026-03-02T01:00:00Z dropped edited; 2026-03-03T01:00:00Z dropped edited"},
		{schedule.Rule{Expression: "0 1 2 * *", Exclude: []string{"always"}}, "2026-03-02T01:00:00Z skipped blackout"},
		{schedule.Rule{Expression: "1 12 3 * *"}, ""},
		{schedule.Rule{Expression: "@reboot", Jitter: time.Hour, Random: true}, "2026-03-03T11:00:00Z dropped edited"},
		{schedule.Rule{Expression: "@every 1s", Jitter: 24 * time.Hour}, "2026-03-01T00:00:01Z dropped edited 2026-03-03T12:00:00Z 10002 true"},
	} {
		all := compiled(t, c.rule).End(schedule.Begin(from, "a"), now, schedule.Boot{ID: "b", At: now.Add(-time.Hour)})
		if got := strings.Join(told(all), "; "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.rule, got, c.want)
		}
	}
	decided := schedule.Mark{Through: now, BootID: "b"}
	for _, expression := range []string{"0 12 3 * *", "@reboot"} {
		if all := compiled(t, schedule.Rule{Expression: expression}).End(decided, now, schedule.Boot{ID: "b", At: from}); len(all) > 0 {
			t.Errorf("%s: %s is decided already", expression, told(all))
		}
	}
	if all := compiled(t, schedule.Rule{Expression: "@reboot"}).End(schedule.Begin(from, "a"), from, schedule.Boot{ID: "b", At: now}); len(all) > 0 {
		t.Errorf("a boot that the clock does not know yet is %s", told(all))
	}
}

func TestRulesHaveTheSameInstantsUnlessWhatSaysThemDiffers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *schedule.Rule)
		same   bool
	}{
		"expression": {func(r *schedule.Rule) { r.Expression = "@hourly" }, false},
		"zone":       {func(r *schedule.Rule) { r.Timezone = "Europe/Berlin" }, false},
		"from":       {func(r *schedule.Rule) { r.From = at("2026-03-01T00:00:00Z") }, false},
		"until":      {func(r *schedule.Rule) { r.Until = at("2026-03-01T00:00:00Z") }, false},
		"include":    {func(r *schedule.Rule) { r.Include = []string{"weekdays"} }, false},
		"exclude":    {func(r *schedule.Rule) { r.Exclude = []string{"weekend"} }, false},
		"shift":      {func(r *schedule.Rule) { r.Shift = "next" }, false},
		"jitter":     {func(r *schedule.Rule) { r.Jitter = time.Hour }, true},
		"random":     {func(r *schedule.Rule) { r.Random = true }, true},
		"catch up":   {func(r *schedule.Rule) { r.CatchUp = "all" }, true},
		"window":     {func(r *schedule.Rule) { r.Window = time.Hour }, true},
	} {
		one, other := schedule.Rule{Expression: "@daily"}, schedule.Rule{Expression: "@daily"}
		c.change(&other)
		if one.SameInstants(&other) != c.same || one.Equal(&other) {
			t.Errorf("rules that differ in %s: the same instants %v, want %v; equal %v", name, one.SameInstants(&other), c.same, one.Equal(&other))
		}
	}
}

func TestAMarkAdvancesAsFarAsNothingIsUndecided(t *testing.T) {
	from := at("2026-03-01T00:00:00Z")
	for _, c := range []struct{ now, want string }{
		{"2026-03-01T00:30:00Z", "2026-03-01T00:30:00Z"},
		{"2026-03-01T01:00:00Z", "2026-03-01T00:59:59.999999999Z"},
		{"2026-03-04T00:00:00Z", "2026-03-01T00:59:59.999999999Z"},
		{"2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
	} {
		table := compiled(t, schedule.Rule{Expression: "0 1 * * *", Jitter: time.Hour})
		if got := table.Advance(schedule.Begin(from, "a"), at(c.now)); !got.Through.Equal(at(c.want)) {
			t.Errorf("at %s: %v, want %s", c.now, got.Through, c.want)
		}
	}
}

func TestJitterKeepsTheOrderAndIsDrawnOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := drawRule(t, true)
		rule.Jitter = time.Duration(rapid.Int64Range(1, int64(24*time.Hour)).Draw(t, "jitter"))
		shared, err := rule.Compile(calendars)
		if err != nil {
			t.Fatal(err)
		}
		pipeline := rapid.Uint64().Draw(t, "pipeline")
		from := schedule.Begin(drawTime(t, "from"), "")
		table, again := shared.Of(pipeline, "evening"), shared.Of(pipeline, "evening")
		var last schedule.Instant
		n := 0
		for i := range table.After(from) {
			late := i.Due.Sub(i.At)
			switch {
			case late < 0 || late > rule.Jitter:
				t.Fatalf("%v is due at %v", i.At, i.Due)
			case n > 0 && (!i.At.After(last.At) || !i.Due.After(last.Due)):
				t.Fatalf("%+v overtakes %+v", i, last)
			case n > 0 && !rule.Random && late != last.Due.Sub(last.At):
				t.Fatalf("the delay changes from %+v to %+v", last, i)
			}
			restarted := schedule.Mark{Through: i.At.Add(-1), Anchor: from.Anchor}
			if same, _ := again.Next(restarted); rule.Shift != "next" && !same.Due.Equal(i.Due) {
				t.Fatalf("%v is due at %v, after a restart at %v", i.At, i.Due, same.Due)
			}
			if last = i; n == 30 {
				return
			}
			n++
		}
	})
}

func TestJitterSpreads(t *testing.T) {
	for _, random := range []bool{false, true} {
		shared := compiled(t, schedule.Rule{Expression: "0 0 * * *", Jitter: 10 * time.Minute, Random: random})
		tenths := make([]int, 10)
		for pipeline := range uint64(10_000) {
			i, _ := shared.Of(pipeline, "schedule").Next(schedule.Begin(at("2026-03-01T12:00:00Z"), ""))
			tenths[min(9, int(i.Due.Sub(i.At)/time.Minute))]++
		}
		if slices.Min(tenths) < 850 || slices.Max(tenths) > 1150 {
			t.Errorf("random %v: %v of 10,000 in each tenth", random, tenths)
		}
	}
}

// A decision costs a bounded amount of work, whatever was missed.
func TestALongAbsenceCostsLittle(t *testing.T) {
	for _, catchUp := range []string{"one", "all", "none"} {
		table := compiled(t, schedule.Rule{Expression: "* * * * * *", CatchUp: catchUp, Window: 31 * 24 * time.Hour})
		from := at("2016-03-01T00:00:00Z")
		began := time.Now()
		all, mark := table.Decide(schedule.Begin(from, ""), at("2026-03-01T00:00:00Z"), schedule.Boot{})
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: %v", catchUp, took)
		}
		starts := 0
		for _, d := range all {
			if d.Starts() {
				starts++
			}
		}
		want := map[string]int{"one": 61, "all": 1061, "none": 61}[catchUp] // 61 are in time
		if starts != want || len(all) > starts+3 || !mark.Through.Equal(at("2026-03-01T00:00:00Z")) {
			t.Errorf("%s: %d records, %d of them start, through %v: %s", catchUp, len(all), starts, mark.Through, fmt.Sprint(told(all)[:3]))
		}
	}
}
