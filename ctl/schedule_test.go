package ctl

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

// scheduled is a row: a command, what is in its text, what its JSON is, what it
// asks for last.
type scheduled struct {
	args string
	want string
	json any
	asks any
}

func (d *fake) play(t *testing.T, rows []scheduled) {
	t.Helper()
	for _, c := range rows {
		args := strings.Fields(c.args)
		d.ctl(args...).wants(t, ExitOK, c.want, "")
		if asked := d.all(); !reflect.DeepEqual(asked[len(asked)-1], c.asks) {
			t.Errorf("%s asks %+v, want %+v", c.args, asked[len(asked)-1], c.asks)
		}
		if c.json != nil {
			strictJSON(t, d.ctl(append(args, "-o", "json")...), c.json)
		}
	}
}

func TestTheLedgerAndItsRunsAreShown(t *testing.T) {
	d := newFake(t)
	always[rpc.ScheduleAuditRequest](d, rpc.ScheduleAuditResponse{Ticks: []rpc.Tick{{Schedule: "nightly/evening", Decision: "skipped", Reason: "overlap"}}})
	always[rpc.ScheduleHistoryRequest](d, rpc.ScheduleHistoryResponse{Runs: []rpc.RunSummary{{Name: "nightly/41"}}})
	d.play(t, []scheduled{
		{"schedule audit nightly/evening", "skipped (overlap)", &rpc.ScheduleAuditResponse{}, &rpc.ScheduleAuditRequest{Schedule: "nightly/evening", Limit: 50}},
		{"schedule audit nightly --decision skipped,dropped --all", "skipped", nil,
			&rpc.ScheduleAuditRequest{Schedule: "nightly", Decisions: []string{"skipped", "dropped"}, Limit: 1000}},
		{"schedule audit nightly --since 2026-03-01T00:00:00Z --until 2026-04-01T00:00:00Z -n 3", "skipped", nil, &rpc.ScheduleAuditRequest{
			Schedule: "nightly", Since: utc(2026, 3, 1), Until: utc(2026, 4, 1), Limit: 3}},
		{"schedule history nightly/evening", "nightly/41", &rpc.ScheduleHistoryResponse{}, &rpc.ScheduleHistoryRequest{Schedule: "nightly/evening", Limit: 20}},
	})
}

func utc(year int, month time.Month, day int) *time.Time {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return &t
}

func TestShortPagesOfTheLedgerAreNotItsEnd(t *testing.T) {
	d := newFake(t)
	on(d, func(_ context.Context, q *rpc.ScheduleAuditRequest) (*rpc.ScheduleAuditResponse, error) {
		switch q.Before {
		case "":
			return &rpc.ScheduleAuditResponse{Next: "a"}, nil
		case "a":
			return &rpc.ScheduleAuditResponse{Ticks: []rpc.Tick{{Message: "the only one"}}, Next: "b"}, nil
		}
		return &rpc.ScheduleAuditResponse{}, nil
	})
	on(d, func(_ context.Context, q *rpc.ScheduleHistoryRequest) (*rpc.ScheduleHistoryResponse, error) {
		if q.Before == "" {
			return &rpc.ScheduleHistoryResponse{Next: "a"}, nil
		}
		return &rpc.ScheduleHistoryResponse{Runs: []rpc.RunSummary{{Name: "nightly/1"}}}, nil
	})
	d.ctl("schedule", "audit", "nightly").wants(t, ExitOK, "the only one", "")
	if got := requests[rpc.ScheduleAuditRequest](d); len(got) != 3 || got[2].Before != "b" || got[2].Limit != 49 {
		t.Errorf("asked %+v", got)
	}
	d.ctl("schedule", "history", "nightly").wants(t, ExitOK, "nightly/1", "")
	d.ctl("schedule", "audit", "nightly", "-n", "1", "-o", "json").wants(t, ExitOK, `"next":"b"`, "")
}

func TestEverythingIsFrozenAndThawed(t *testing.T) {
	d := newFake(t)
	f := rpc.Freeze{Actor: "alice", At: time.Now(), Reason: "the move"}
	always[rpc.FreezeSetRequest](d, f)
	always[freezeGet](d, rpc.FreezeResponse{Freeze: &f})
	always[freezeLift](d, rpc.FreezeResponse{Freeze: &f})
	d.play(t, []scheduled{
		{"freeze --reason move --until 2126-01-01T00:00:00Z", "frozen by alice now: the move", &rpc.Freeze{}, &rpc.FreezeSetRequest{Reason: "move", Until: utc(2126, 1, 1)}},
		{"freeze --show", "frozen by alice", &rpc.FreezeResponse{}, &freezeGet{}},
		{"unfreeze", "lifted: frozen by alice", &rpc.FreezeResponse{}, &freezeLift{}},
	})
	always[freezeGet](d, rpc.FreezeResponse{})
	d.ctl("freeze", "--show").wants(t, ExitOK, "", "Nothing is frozen")
}

func TestSchedulesAreShownAndActedOn(t *testing.T) {
	d := newFake(t)
	one := rpc.Schedule{Name: "nightly/evening", Trigger: "evening", Kind: "schedule", Description: "at 02:30 every day", Timezone: "UTC",
		Next: &rpc.Instant{At: time.Now().Add(time.Hour), Due: time.Now().Add(time.Hour), Wall: "2026-03-14T02:30:00Z"}}
	several := rpc.SchedulesResponse{Schedules: []rpc.Schedule{one}}
	always[rpc.ScheduleListRequest](d, rpc.ScheduleListResponse{Schedules: several.Schedules, Freeze: &rpc.Freeze{Actor: "bob"}})
	always[rpc.ScheduleNextRequest](d, rpc.ScheduleNextResponse{Schedules: []rpc.ScheduleInstants{{Schedule: one, Instants: []rpc.Instant{*one.Next}}}})
	always[rpc.SchedulePlayRequest](d, rpc.SchedulePlayResponse{Run: rpc.RunSummary{Name: "nightly/42"}, Schedule: one})
	always[rpc.SchedulePauseRequest](d, several)
	always[rpc.ScheduleResumeRequest](d, several)
	always[rpc.ScheduleForecastRequest](d, rpc.Forecast{Runs: 3, Known: 2})
	always[rpc.PipelineApplyRequest](d, rpc.PipelineApplyResponse{Pipeline: "nightly", Revision: 1, Created: true, Schedules: several.Schedules})
	d.play(t, []scheduled{
		{"schedule list", "frozen by bob", &rpc.ScheduleListResponse{}, &rpc.ScheduleListRequest{Limit: 1000}},
		{"schedule list nightly/evening", "at 02:30 every day, UTC", nil, &rpc.ScheduleListRequest{Schedule: "nightly/evening", Limit: 1000}},
		{"schedule next nightly", "Sat 2026-03-14 02:30 +0000", &rpc.ScheduleNextResponse{}, &rpc.ScheduleNextRequest{Schedule: "nightly"}},
		{"schedule next nightly --count 3 --from 2026-03-01T00:00:00Z", "02:30", nil, &rpc.ScheduleNextRequest{Schedule: "nightly", Count: 3, From: utc(2026, 3, 1)}},
		{"schedule next nightly --until 2126-03-01T00:00:00Z", "02:30", nil, &rpc.ScheduleNextRequest{Schedule: "nightly", Count: 1000, Until: utc(2126, 3, 1)}},
		{"schedule play nightly/evening --note why", "nightly/42\n", &rpc.SchedulePlayResponse{}, &rpc.SchedulePlayRequest{Schedule: "nightly/evening", Note: "why"}},
		{"schedule pause nightly --reason why --until 2126-03-01T00:00:00Z", "next  Sat", &rpc.SchedulesResponse{},
			&rpc.SchedulePauseRequest{Schedule: "nightly", Reason: "why", Until: utc(2126, 3, 1)}},
		{"schedule resume nightly", "nightly/evening", &rpc.SchedulesResponse{}, &rpc.ScheduleResumeRequest{Schedule: "nightly"}},
		{"schedule forecast --from 2126-03-01T00:00:00Z --to 2126-03-02T00:00:00Z --top 3", "3 runs of 2 schedules", &rpc.Forecast{},
			&rpc.ScheduleForecastRequest{From: utc(2126, 3, 1), To: utc(2126, 3, 2), Top: 3}},
	})
	d.ctl("apply", writeFile(t, "n.toml", "")).wants(t, ExitOK, "  evening: at 02:30 every day, next Sat 2026-03-14", "")
	always[rpc.ScheduleListRequest](d, rpc.ScheduleListResponse{})
	d.ctl("schedule", "list", "-o", "json").wants(t, ExitOK, `"schedules":[]`, "There are no schedules")
}

func TestManySchedulesAreReadPageByPage(t *testing.T) {
	d := newFake(t)
	on(d, func(_ context.Context, q *rpc.ScheduleListRequest) (*rpc.ScheduleListResponse, error) {
		if q.After == "" {
			return &rpc.ScheduleListResponse{Schedules: []rpc.Schedule{{Name: "a/x"}}, Next: "a/x"}, nil
		}
		return &rpc.ScheduleListResponse{Schedules: []rpc.Schedule{{Name: "b/x"}}}, nil
	})
	d.ctl("schedule", "list").wants(t, ExitOK, "b/x", "")
	if got := requests[rpc.ScheduleListRequest](d); len(got) != 2 || got[1].After != "a/x" {
		t.Errorf("asked %+v", got)
	}
}

func TestBackfillsAreStartedListedAndCanceled(t *testing.T) {
	d := newFake(t)
	one := rpc.Backfill{ID: 7, Schedule: "nightly/evening", Status: "running", Order: "reverse", MaxParallel: 2, Total: 3}
	always[rpc.BackfillStartRequest](d, rpc.BackfillStartResponse{Backfill: one})
	always[rpc.BackfillListRequest](d, rpc.BackfillListResponse{Backfills: []rpc.Backfill{one}})
	always[rpc.BackfillCancelRequest](d, one)
	const times = " --from 2026-03-01T00:00:00Z --to 2026-03-08T00:00:00Z"
	request := rpc.BackfillStartRequest{Schedule: "nightly", From: *utc(2026, 3, 1), To: *utc(2026, 3, 8), MaxParallel: 1, Order: "forward"}
	other := request
	other.MaxParallel, other.Order, other.DryRun = 2, "reverse", true
	d.play(t, []scheduled{
		{"backfill nightly" + times, "backfill 7: 3 runs of nightly/evening", &rpc.BackfillStartResponse{}, &request},
		{"backfill nightly --max-parallel 2 --order reverse --dry-run" + times, "would start 3 runs", nil, &other},
		{"backfill list", "0/3", &rpc.BackfillListResponse{}, &rpc.BackfillListRequest{}},
		{"backfill list nightly", "running", nil, &rpc.BackfillListRequest{Schedule: "nightly"}},
		{"backfill cancel 7", "nightly/evening", &rpc.Backfill{}, &rpc.BackfillCancelRequest{ID: 7}},
	})
}

func TestCalendarsArePutListedShownAndDeleted(t *testing.T) {
	d := newFake(t)
	one := rpc.Calendar{Name: "feasts", UsedBy: []string{"nightly/evening"}}
	always[rpc.CalendarPutRequest](d, rpc.CalendarPutResponse{Calendar: one, Created: true, Moved: []rpc.ScheduleMoved{{Schedule: "nightly/evening", After: utc(2026, 3, 1)}}})
	always[calendarList](d, rpc.CalendarListResponse{Calendars: []rpc.Calendar{one}})
	always[rpc.CalendarGetRequest](d, rpc.CalendarGetResponse{Calendar: one, Year: 2026, Text: "12-25 \x1b\n", Spans: []rpc.CalendarSpan{{From: *utc(2026, 12, 25), To: *utc(2026, 12, 26), AllDay: true, Title: "Feast"}}})
	always[rpc.CalendarDeleteRequest](d, rpc.Empty{})
	file := writeFile(t, "feasts", "12-25\n")
	d.play(t, []scheduled{
		{"calendar put feasts " + file + " --note why --dry-run", "feasts: would be created\n  nightly/evening: next Sun 2026-03-01", &rpc.CalendarPutResponse{},
			&rpc.CalendarPutRequest{Name: "feasts", Text: "12-25\n", File: file, Note: "why", DryRun: true}},
		{"calendar list", "nightly/evening", &rpc.CalendarListResponse{}, &calendarList{}},
		{"calendar show feasts --year 2026 --timezone Europe/Berlin", "Fri 2026-12-25  Feast", &rpc.CalendarGetResponse{},
			&rpc.CalendarGetRequest{Name: "feasts", Year: 2026, Timezone: "Europe/Berlin"}},
		{"calendar show feasts --text", "12-25 \x1b\n", nil, &rpc.CalendarGetRequest{Name: "feasts"}},
		{"calendar delete feasts", "feasts: deleted", &rpc.Empty{}, &rpc.CalendarDeleteRequest{Name: "feasts"}},
	})
	d.ctlWith(t.Context(), "01-01\n", nil, "calendar", "put", "feasts", "-").wants(t, ExitOK, "created", "")
	if got := requests[rpc.CalendarPutRequest](d); got[len(got)-1].Text != "01-01\n" || got[len(got)-1].File != "stdin" {
		t.Errorf("asked %+v", got[len(got)-1])
	}
	d.ctlWith(t.Context(), "\xff", nil, "calendar", "put", "feasts", "-").wants(t, ExitUsage, "", "not valid UTF-8")
}

func TestCompletionProposesSchedulesCalendarsAndBackfills(t *testing.T) {
	d := newFake(t)
	always[rpc.ScheduleListRequest](d, rpc.ScheduleListResponse{Schedules: []rpc.Schedule{{Name: "nightly/evening", Description: "at 02:30\nevery day"}}})
	always[calendarList](d, rpc.CalendarListResponse{Calendars: []rpc.Calendar{{Name: "feasts", Note: "of 2026"}}})
	always[rpc.BackfillListRequest](d, rpc.BackfillListResponse{Backfills: []rpc.Backfill{{ID: 7, Schedule: "a/x", Status: "running"}, {ID: 6, Status: "canceled"}}})
	for _, c := range []struct{ args, want string }{
		{"schedule next", "nightly/evening\tat 02:30 every day\n"},
		{"schedule audit", "nightly/evening\t"},
		{"backfill", "nightly/evening\t"},
		{"backfill cancel", "7\ta/x\n"},
		{"calendar show", "feasts\tof 2026\n"},
		{"calendar put", "feasts\tof 2026\n"},
	} {
		d.ctl(append(append([]string{"__complete"}, strings.Fields(c.args)...), "")...).wants(t, ExitOK, c.want, "Completion ended")
	}
	d.ctl("__complete", "schedule", "pause", "nightly/").wants(t, ExitOK, "nightly/evening", "Completion ended")
	if got := requests[rpc.ScheduleListRequest](d); got[len(got)-1].Schedule != "nightly" {
		t.Errorf("asked %+v", got[len(got)-1])
	}
}

func TestAFileIsAskedForItsTimesWithoutADaemon(t *testing.T) {
	d := newFake(t)
	d.kill()
	name := writeFile(t, "n.toml", "name = \"n\"\n[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"x\"\nuses = \"shell\"\nwith = { script = \"true\" }\n")
	var asked rpc.ScheduleNextRequest
	var stdout, stderr bytes.Buffer
	upcoming := func(p *config.Pipeline, q rpc.ScheduleNextRequest) (*rpc.ScheduleNextResponse, error) {
		asked = q
		return &rpc.ScheduleNextResponse{Schedules: []rpc.ScheduleInstants{{Schedule: rpc.Schedule{Name: p.Name + "/x"}}}}, nil
	}
	code := Main(t.Context(), Process{Args: []string{"schedule", "next", "--file", name, "x", "--count", "3"}, Stdout: &stdout, Stderr: &stderr, Upcoming: upcoming})
	if code != ExitOK || !strings.Contains(stdout.String(), "n/x") || asked.Schedule != "x" || asked.Count != 3 {
		t.Errorf("exit code %d, %q, %q, asked %+v", code, stdout.String(), stderr.String(), asked)
	}
	d.ctl("schedule", "next", "--file", writeFile(t, "bad.toml", "nope = 1\n")).wants(t, ExitUsage, "", "bad.toml:1:1")
	d.ctl("schedule", "next", "--file", "/does/not/exist").wants(t, ExitUsage, "", "no such file")
}

func TestWrongUsageOfSchedulesExitsWithTwo(t *testing.T) {
	d := newFake(t)
	for args, stderr := range map[string]string{
		"schedule nope":                         `no command "nope"`,
		"schedule audit":                        "audit wants 1 argument",
		"schedule audit /x":                     "names no schedule",
		"schedule audit a/":                     "names no schedule",
		"schedule audit a/b/c":                  "names no schedule",
		"schedule audit a --since noon":         "--since",
		"schedule audit a --until noon":         "--until",
		"schedule audit a -n 0":                 "want at least 1",
		"schedule history a/b/c":                "names no schedule",
		"schedule history a -n 0":               "want at least 1",
		"schedule next":                         "next wants 1 argument",
		"schedule next a/b/c":                   "names no schedule",
		"schedule next a --count 1001":          "want 1 to 1000",
		"schedule next a --count 0":             "want 1 to 1000",
		"schedule next a --until noon":          "--until",
		"schedule next a --from noon":           "--from",
		"schedule next --file a b c":            "next wants 0 to 1 arguments",
		"schedule list a/b/c":                   "names no schedule",
		"schedule play a/b/c":                   "names no schedule",
		"schedule pause a --for soon":           "want a length of time",
		"schedule resume a//":                   "names no schedule",
		"schedule forecast --top 0":             "want 1 to 100",
		"schedule forecast --to noon":           "--to",
		"schedule forecast --from noon":         "--from",
		"backfill a":                            "--from is missing",
		"backfill a/b/c --from 1d":              "names no schedule",
		"backfill a --from noon":                "--from",
		"backfill a --from 1d --to x":           "--to",
		"backfill a --from 1d --to 2d":          "is not before --to",
		"backfill a --from 1d --order x":        "want forward or reverse",
		"backfill a --from 1d --max-parallel 0": "want 1 to 100",
		"backfill cancel x":                     "is no backfill",
		"backfill cancel 0":                     "is no backfill",
		"calendar nope":                         `no command "nope"`,
		"calendar put a":                        "put wants 2 arguments",
		"calendar put a /no/such/file":          "no such file",
		"freeze now":                            "freeze wants 0 arguments",
		"freeze --until 2020-01-01":             "is past already",
	} {
		d.ctl(strings.Fields(args)...).wants(t, ExitUsage, "", stderr)
	}
	if asked := d.all(); len(asked) > 0 {
		t.Errorf("the daemon was asked %+v", asked)
	}
}
