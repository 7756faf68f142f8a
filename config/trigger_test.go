package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestAllThatATriggerCanSayArrives(t *testing.T) {
	p := parse(t, string(read(t, "testdata/good/triggers.toml"))).Pipeline
	berlin := zoneOf(t, "Europe/Berlin")
	schedule := Schedule{Timezone: "UTC", Shift: ShiftNone, CatchUp: CatchUpOne, Window: 24 * time.Hour}
	with := func(change func(*Schedule)) Schedule {
		s := schedule
		change(&s)
		return s
	}
	want := []Trigger{
		{Name: "schedule", Kind: OnSchedule, Schedule: with(func(s *Schedule) { s.Expression = "30 2 * * *" })},
		{
			Name: "evening", Kind: OnSchedule,
			Schedule: Schedule{
				Expression: "0 18 * * mon-fri", Timezone: "Europe/Berlin",
				From: time.Date(2026, 1, 1, 0, 0, 0, 0, berlin), Until: time.Date(2027, 1, 1, 12, 0, 0, 0, berlin),
				Jitter: 5 * time.Minute, Include: []string{"business-hours"}, Exclude: []string{"weekend", "de-holidays"},
				Shift: ShiftNext, CatchUp: CatchUpAll, Window: 31 * day,
			},
			Inputs:    map[string]any{"branch": "{{ trigger.scheduled_at }}", "size": 3.0, "hosts": []any{"a", "{{ trigger.name }}"}},
			Variables: []Variable{{"A", "1.10"}, {"B", "{{ pipeline.name }}/{{ trigger.name }}"}},
			SubQueue:  "evening", Overlap: &Overlap{OverlapQueue, 2}, PauseOnFailure: true,
		},
		{Name: "often", Kind: OnSchedule, Schedule: with(func(s *Schedule) {
			s.Expression, s.CatchUp, s.Jitter, s.Random = "@every 6h", CatchUpNone, time.Hour, true
			s.From, s.Until = time.Date(2025, 12, 31, 22, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC)
		})},
		{Name: "boot", Kind: OnSchedule, Schedule: with(func(s *Schedule) { s.Expression, s.Jitter = "@reboot", time.Minute })},
		{
			Name: "once", Kind: OnSchedule, Overlap: &Overlap{OverlapSkip, 1},
			Schedule: with(func(s *Schedule) {
				s.Expression, s.Timezone, s.Window = "@at 2026-12-31T23:00", "America/New_York", time.Minute
			}),
		},
		{
			Name: "after", Kind: AfterPipeline, After: After{Pipeline: "build", Statuses: []string{"success"}},
			Inputs: map[string]any{"branch": "{{ upstream.outputs.pack.branch ?? upstream.run }}"},
		},
		{
			Name: "whatever", Kind: AfterPipeline, After: After{Pipeline: "build", Statuses: []string{"failed", "canceled"}, Labels: map[string]string{"kind": "tag", "major": "7"}},
			Variables: []Variable{{"HOW", "{{ upstream.status }} of {{ upstream.pipeline }}"}},
		},
		{
			Name: "files", Kind: OnFiles, Files: Files{Pattern: "/var/spool/in/*.csv", Settle: 2 * time.Second},
			Inputs: map[string]any{"branch": "{{ file.path }}", "size": "{{ file.size }}"},
		},
		{
			Name: "sized", Kind: OnFiles, Files: Files{Pattern: "/var/spool/in/*.tsv", Settle: 2 * time.Second},
			Inputs: map[string]any{"size": "{{ file.name }}"},
		},
		{
			Name: "deep", Kind: OnFiles, Files: Files{Pattern: "/srv/**/*.json", Settle: 5 * time.Second, Claim: "/var/claimed"},
			Variables: []Variable{{"NAME", "{{ file.name }}"}},
		},
		{
			Name: "key", Kind: OnKey, Key: "github",
			Inputs: map[string]any{
				"branch": "{{ replace(payload.ref, 'refs/heads/', '') }}", "draft": "{{ payload.pull_request.draft ?? false }}",
				"hosts": "{{ payload.hosts ?? [] }}",
			},
		},
	}
	for i := range max(len(want), len(p.Triggers)) {
		if i >= len(p.Triggers) || i >= len(want) {
			t.Fatalf("got %d triggers, want %d", len(p.Triggers), len(want))
		}
		got := p.Triggers[i]
		inUTC(&got)
		inUTC(&want[i])
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("trigger %d: got\n%+v\nwant\n%+v", i, got, want[i])
		}
	}
	if p.RunName != "{{ inputs.branch }} by {{ run.actor }}" ||
		!reflect.DeepEqual(p.Labels, []Variable{{"cost.center", "7"}, {"env", "{{ vars.SITE }}"}, {"team", "db"}}) {
		t.Errorf("runs are called %q and have %v", p.RunName, p.Labels)
	}
}

// inUTC makes instants comparable by reflect.DeepEqual.
func inUTC(t *Trigger) {
	t.Schedule.From, t.Schedule.Until = t.Schedule.From.UTC(), t.Schedule.Until.UTC()
}

func TestAnEndCountsByItsStatusAndLabels(t *testing.T) {
	a := After{Statuses: []string{"success"}, Labels: map[string]string{"kind": "tag", "team": ""}}
	for _, c := range []struct {
		status string
		labels map[string]string
		want   bool
	}{
		{"success", map[string]string{"kind": "tag", "team": "", "more": "x"}, true},
		{"failed", map[string]string{"kind": "tag", "team": ""}, false},
		{"success", map[string]string{"kind": "branch", "team": ""}, false},
		{"success", map[string]string{"kind": "tag"}, false},
		{"success", nil, false},
	} {
		if got := a.Counts(c.status, c.labels); got != c.want {
			t.Errorf("%s with %v: %v", c.status, c.labels, got)
		}
	}
	if free := (After{Statuses: []string{"success"}}); !free.Counts("success", nil) {
		t.Error("without labels every run counts")
	}
}

func TestATriggerIsFoundByItsName(t *testing.T) {
	p := parse(t, string(read(t, "testdata/good/triggers.toml"))).Pipeline
	if got := p.Trigger("evening"); got != &p.Triggers[1] {
		t.Errorf("got %+v", got)
	}
	if got := p.Trigger("morning"); got != nil {
		t.Errorf("got %+v for a name that none has", got)
	}
}

func TestUnknownCalendarsAreToldWhereTheyStand(t *testing.T) {
	source := parse(t, `name = "p"
[[trigger]]
schedule = "@daily"
[[trigger]]
name = "other"
schedule = "@daily"
include = ["weekdays", "holliday"]
exclude = ["feasts"]
[[stage]]
name = "s"
[[stage.step]]
name = "a"
uses = "shell"
`)
	got := source.CheckCalendars([]string{"weekdays", "weekend", "holidays"})
	want := `p.toml:7:24: include: there is no calendar "holliday"; did you mean "holidays"?
p.toml:8:12: exclude: there is no calendar "feasts"; known are weekdays, weekend, holidays`
	if got.Error() != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := source.CheckCalendars([]string{"weekdays", "holliday", "feasts"}); len(got) != 0 {
		t.Errorf("all are known: %v", got)
	}
}

// A date is the first moment of the day where the schedule is, also where that
// is not midnight.
func TestALocalDateIsThatOfTheSchedule(t *testing.T) {
	for text, want := range map[string]string{
		`2026-03-29`:             "2026-03-28T23:00:00Z",
		`"2026-03-30"`:           "2026-03-29T22:00:00Z",
		`2026-03-30T01:30:00`:    "2026-03-29T23:30:00Z",
		`"2026-03-30T01:30"`:     "2026-03-29T23:30:00Z",
		`"2026-03-30 01:30"`:     "2026-03-29T23:30:00Z",
		`2026-03-30T01:30:00Z`:   "2026-03-30T01:30:00Z",
		`"2026-03-30T01:30:00Z"`: "2026-03-30T01:30:00Z",
	} {
		p := parse(t, `name = "p"
[[trigger]]
schedule = "@daily"
timezone = "Europe/Berlin"
from = `+text+`
[[stage]]
name = "s"
[[stage.step]]
name = "a"
uses = "shell"
`).Pipeline
		if got := p.Triggers[0].Schedule.From.UTC().Format(time.RFC3339); got != want {
			t.Errorf("from = %s is %s, want %s", text, got, want)
		}
	}
}

func TestAClaimIsRefusedWhereThePatternLooks(t *testing.T) {
	for _, tt := range []struct {
		pattern, claim string
		again          bool
	}{
		{"/in/*", "/in", true},
		{"/in/*", "/in/claimed", false},
		{"/in/*", "/claimed", false},
		{"/*/x", "/in", true},
		{"/*/x", "/in/y", false},
		{"/in/**/x", "/in", true},
		{"/in/**/x", "/in/a/b", true},
		{"/in/**/x", "/input", false},
		{"/in/**", "/in/a", true},
		{"/in/**", "/claimed", false},
		{"/in**", "/claimed", false},
		{"/in/{a,b}/*", "/in/b", true},
		{"/in/{a,b}/*", "/in/c", false},
		{"/**", "/x", true},
		{"/in/a.csv", "/in", true},
	} {
		if got := foundAgain(tt.pattern, tt.claim); got != tt.again {
			t.Errorf("files of %s in %s are found again: %v, want %v", tt.pattern, tt.claim, got, tt.again)
		}
	}
}

func TestAPipelineHasAtMostAHundredTriggers(t *testing.T) {
	var b strings.Builder
	b.WriteString("name = \"p\"\n")
	for i := range 101 {
		b.WriteString("[[trigger]]\nname = \"t" + strings.Repeat("x", i%50) + strings.Repeat("y", i/50) + "\"\nschedule = \"@daily\"\n")
	}
	b.WriteString("[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"a\"\nuses = \"shell\"\n")
	_, err := ParsePipeline("p.toml", []byte(b.String()))
	if want := "p.toml:302:1: there are 101 triggers; at most 100 are allowed"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
