package config

import (
	"reflect"
	"testing"
	"time"
)

func nightlyTests(t *testing.T) *Tests {
	t.Helper()
	tests, err := ParseTests("nightly.test.toml", read(t, "testdata/good/nightly.test.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

func code(n int) *int { return &n }

func TestATestMeansWhatIsWritten(t *testing.T) {
	tests := nightlyTests(t)
	got := tests.Tests[0]
	at := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
	start := Start{
		Inputs:    map[string]any{"keep": 3.0, "hosts": []any{"a", 2.0, true}, "dry": false},
		Variables: map[string]string{"PGHOST": "replica", "TRIES": "3"},
		Source:    "schedule", Actor: "alice", Trigger: "nightly", ScheduledAt: "2026-03-29T00:30:00Z", At: at,
	}
	if !reflect.DeepEqual(got.Start, start) {
		t.Errorf("start is %+v", got.Start)
	}
	scripts := []Script{
		{Step: "dump", Outcomes: []Outcome{
			{Status: "failed", Reason: "script_failure", ExitCode: code(3), Duration: 20 * time.Second},
			{Status: "success", Duration: 10 * time.Second, Outputs: map[string]string{"dir": "ab", "size": "120"}},
		}},
		{Step: "test: [linux]", Outcomes: []Outcome{
			{Status: "failed", Reason: "script_failure", ExitCode: code(1), Duration: time.Second},
			{Status: "canceled", Duration: time.Second}, {Status: "success", Duration: time.Second},
		}},
	}
	if !reflect.DeepEqual(got.Scripts, scripts) {
		t.Errorf("scripts are %+v", got.Scripts)
	}
	if tests.Pipeline != "nightly.toml" || len(tests.Tests) != 2 || got.Places != 2 || got.Position != (Position{3, 1}) {
		t.Errorf("got %+v", tests)
	}
}

func TestTheActsOfATestFollowTheirTimes(t *testing.T) {
	type act struct {
		at    time.Duration
		do    string
		steps int
		actor string
		from  bool
	}
	want := []act{
		{10 * time.Second, "", 0, "test", false},
		{30 * time.Second, "play", 1, "test", false},
		{40 * time.Second, "retry", 1, "test", true},
		{40 * time.Second, "cancel", 0, "bob", false},
	}
	var got []act
	for _, a := range nightlyTests(t).Tests[0].Acts {
		got = append(got, act{a.At, a.Do, len(a.Steps), a.Actor, a.From})
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestExpectationsAreReadAndFoundAgain(t *testing.T) {
	tests := nightlyTests(t)
	e := tests.Tests[0].Expect
	if e.Run != "success" || !*e.Warnings || e.Duration != 35*time.Second || e.Elapsed != time.Minute ||
		!reflect.DeepEqual(e.Absent, []string{"x"}) ||
		!reflect.DeepEqual(e.Order, [][]string{{"dump", "test: [linux]"}, {"store"}}) ||
		!reflect.DeepEqual(e.Steps, map[string]string{"dump": "success", "test: [linux]": "failed"}) ||
		!reflect.DeepEqual(e.Reasons, map[string]string{"test: [linux]": "script_failure"}) ||
		!reflect.DeepEqual(e.Attempts, map[string]int{"dump": 2}) ||
		!reflect.DeepEqual(e.With["upload"]["headers"], map[string]any{"a": 1.0}) ||
		e.Environment["upload"]["TRIES"] != "3" {
		t.Errorf("got %+v", e)
	}
	if tests.Tests[1].Expect.Refused != "keep.*number" {
		t.Errorf("got %+v", tests.Tests[1].Expect)
	}
	for _, c := range []struct {
		keys []string
		line int
	}{
		{[]string{"run"}, 47}, {[]string{"steps", "test: [linux]"}, 59}, {[]string{"steps", "none"}, 57},
		{[]string{"with", "upload", "url"}, 68}, {[]string{"nothing"}, 46}, {nil, 46},
	} {
		if got := e.Locate(c.keys...); got.Line != c.line {
			t.Errorf("%v is at line %d, want %d", c.keys, got.Line, c.line)
		}
	}
	if at := tests.Tests[0].Acts[1].Expect.Locate("steps", "deploy"); at != (Position{29, 40}) {
		t.Errorf("an event's expectation is at %v", at)
	}
}
