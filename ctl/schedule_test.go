package ctl

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

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
	always[freezeLift](d, f)
	d.play(t, []scheduled{
		{"freeze --reason move --until 2126-01-01T00:00:00Z", "frozen by alice now: the move", &rpc.Freeze{}, &rpc.FreezeSetRequest{Reason: "move", Until: utc(2126, 1, 1)}},
		{"freeze --show", "frozen by alice", &rpc.FreezeResponse{}, &freezeGet{}},
		{"unfreeze", "lifted: frozen by alice", &rpc.Freeze{}, &freezeLift{}},
	})
	always[freezeGet](d, rpc.FreezeResponse{})
	d.ctl("freeze", "--show").wants(t, ExitOK, "", "Nothing is frozen")
}

func TestWrongUsageOfSchedulesExitsWithTwo(t *testing.T) {
	d := newFake(t)
	for args, stderr := range map[string]string{
		"schedule nope":                 `no command "nope"`,
		"schedule audit":                "audit wants 1 argument",
		"schedule audit /x":             "names no schedule",
		"schedule audit a/":             "names no schedule",
		"schedule audit a/b/c":          "names no schedule",
		"schedule audit a --since noon": "--since",
		"schedule audit a --until noon": "--until",
		"schedule audit a -n 0":         "want at least 1",
		"schedule history a/b/c":        "names no schedule",
		"schedule history a -n 0":       "want at least 1",
		"freeze now":                    "freeze wants 0 arguments",
		"freeze --until 2020-01-01":     "is past already",
	} {
		d.ctl(strings.Fields(args)...).wants(t, ExitUsage, "", stderr)
	}
	if asked := d.all(); len(asked) > 0 {
		t.Errorf("the daemon was asked %+v", asked)
	}
}
