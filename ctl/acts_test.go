package ctl

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/rpc"
)

// wantsConfirmation makes a daemon play nothing that is not confirmed.
func wantsConfirmation(d *fake) {
	on(d, func(_ context.Context, q *rpc.RunPlayRequest) (*rpc.RunStepsResponse, error) {
		if !q.Confirm {
			return nil, &rpc.Error{Code: rpc.CodeConfirm, Message: "not confirmed", Data: rpc.ConfirmData{
				Steps: []rpc.Confirmation{{Step: "deploy/prod", Text: "Is the backup\x1b[2J done?"}}}}
		}
		return &rpc.RunStepsResponse{Run: summary("running"), Steps: []string{"deploy/prod"}}, nil
	})
}

func TestPlayWithoutATerminalPrintsWhatIsToBeConfirmed(t *testing.T) {
	d := newFake(t)
	wantsConfirmation(d)
	r := d.ctl("play", "nightly/42/deploy/prod")
	r.wants(t, ExitUsage, "", "nothing was played; add --yes to confirm:\ndeploy/prod: Is the backup done?\n")
	d.ctl("play", "nightly/42/deploy/prod", "--yes").wants(t, ExitOK, "nightly/42/deploy/prod: played\n", "")
	if asked := requests[rpc.RunPlayRequest](d); len(asked) != 2 || asked[0].Confirm || !asked[1].Confirm {
		t.Errorf("asked %+v", asked)
	}
}

func TestPlayAsksOnATerminal(t *testing.T) {
	for typed, c := range map[string]struct{ code, played int }{"y\n": {ExitOK, 1}, "n\n": {ExitUsage, 0}, "\n": {ExitUsage, 0}} {
		d := newFake(t)
		wantsConfirmation(d)
		code, shown := d.onTerminal(t, typed, nil, "play", "nightly/42/deploy/prod")
		asked := requests[rpc.RunPlayRequest](d)
		if code != c.code || len(asked) != 1+c.played || len(asked) == 2 && !asked[1].Confirm {
			t.Errorf("%q: exit code %d, asked %+v", typed, code, asked)
		}
		if !strings.Contains(shown, "deploy/prod: Is the backup done?\nPlay? [y/N]") {
			t.Errorf("%q: shown %q", typed, shown)
		}
	}
}

func TestRetryOfARunWithoutFailuresSaysSo(t *testing.T) {
	d := newFake(t)
	always[rpc.RunRetryRequest](d, rpc.RunStepsResponse{Run: summary("success"), Steps: []string{}})
	d.ctl("retry", "nightly/42").wants(t, ExitOK, "", "nightly/42: nothing to retry: no step failed or was canceled")
	d.ctl("retry", "nightly/42", "-o", "json").wants(t, ExitOK, `"steps":[]`, "nothing to retry")
}

func TestRetryOfASupersededAttemptIsRefused(t *testing.T) {
	d := newFake(t)
	refuses[rpc.RunRetryRequest](d, &rpc.Error{Code: rpc.CodeConflict, Message: "attempt 1 of build/compile is not the newest"})
	d.ctl("retry", "nightly/42/build/compile/1").wants(t, ExitRefused, "", "is not the newest")
}

func TestOneRefusalDoesNotKeepOthersFromBeingAskedFor(t *testing.T) {
	d := newFake(t)
	on(d, func(_ context.Context, q *rpc.RunCancelRequest) (*rpc.RunCancelResponse, error) {
		if q.Run == "a/2" {
			return &rpc.RunCancelResponse{Run: rpc.RunSummary{Name: "a/2"}}, nil
		}
		return nil, &rpc.Error{Code: rpc.CodeConflict, Message: q.Run + " is manual"}
	})
	r := d.ctl("cancel", "a/1", "a/2", "a/3/x")
	if r.wants(t, ExitRefused, "a/2: asked to end\n", "a/1 is manual\na/3 is manual\n"); len(requests[rpc.RunCancelRequest](d)) != 3 {
		t.Errorf("asked %+v", requests[rpc.RunCancelRequest](d))
	}
	d.kill()
	d.ctl("cancel", "a/1", "a/2").wants(t, ExitUnreachable, "", d.socket)
}

func TestEraseErasesTheRunThatWasShown(t *testing.T) {
	d := newFake(t)
	on(d, func(_ context.Context, q *rpc.LogEraseRequest) (*rpc.LogEraseResponse, error) {
		return &rpc.LogEraseResponse{Run: "nightly/42", Step: "build/compile", Attempts: []int{1, 2}, LogBytes: 2048}, nil
	})
	d.ctl("erase", "nightly/latest/build/compile", "--dry-run").
		wants(t, ExitOK, "would erase the logs of 2 attempts of nightly/42/build/compile, 2.0 KiB\n", "")
	d.ctl("erase", "nightly/latest/build/compile/2", "--yes").wants(t, ExitOK, "erased the logs of 2 attempts", "")
	asked := requests[rpc.LogEraseRequest](d)
	want := rpc.LogEraseRequest{Run: "nightly/42", Stage: "build", Step: "compile", Attempt: 2}
	if len(asked) != 3 || !asked[0].DryRun || !asked[1].DryRun || asked[2] != want {
		t.Errorf("asked %+v", asked)
	}
}

func TestEraseAsksOnATerminal(t *testing.T) {
	for typed, c := range map[string]struct{ code, erasures int }{"y\n": {ExitOK, 1}, "\n": {ExitUsage, 0}} {
		d := newFake(t)
		always[rpc.LogEraseRequest](d, rpc.LogEraseResponse{Run: "nightly/42", Step: "build/compile", Attempts: []int{1}})
		code, shown := d.onTerminal(t, typed, nil, "erase", "nightly/42/build/compile")
		if n := len(requests[rpc.LogEraseRequest](d)); code != c.code || n != 1+c.erasures {
			t.Errorf("%q: exit code %d, asked %d times", typed, code, n)
		}
		if !strings.Contains(shown, "This erases the logs of 1 attempt of nightly/42/build/compile") {
			t.Errorf("%q: shown %q", typed, shown)
		}
	}
}

func TestLogsSayWhoErasedThem(t *testing.T) {
	d := newFake(t)
	now := time.Now()
	erased := compile("success")
	erased.Attempts[0].Erased = &rpc.Erasure{At: now, Actor: "dora"}
	other := compile("success")
	other.Name = "other"
	always[rpc.RunGetRequest](d, rpc.Run{RunSummary: summary("success"), Stages: []rpc.RunStage{
		{Name: "build", Status: "success", Steps: []rpc.RunStep{erased, other}}}})
	logsOf(d, map[string][][]byte{"other": {frames("stdout", "kept\n")}})
	d.ctl("logs", "nightly/42/build/compile").wants(t, ExitNotFound, "", "nightly/42/build/compile/1: the log was erased by dora, "+now.Format("2006"))
	d.ctl("logs", "nightly/42").wants(t, ExitOK, "kept\n", "[the log was erased by dora, ")
}

func TestLogsOfAMatrixAreThoseOfItsCells(t *testing.T) {
	d := newFake(t)
	cell := func(name, address string) rpc.RunStep {
		step := compile("success")
		step.Name, step.Address, step.Matrix = name, address, "test"
		return step
	}
	always[rpc.RunGetRequest](d, rpc.Run{RunSummary: summary("success"), Stages: []rpc.RunStage{
		{Name: "build", Status: "success", Steps: []rpc.RunStep{cell("test: [a/b]", "test@1"), cell("test: [c]", "test@2"), compile("success")}}}})
	logsOf(d, map[string][][]byte{
		"test: [a/b]": {frames("stdout", "first\n")}, "test: [c]": {frames("stdout", "second\n")}, "compile": {frames("stdout", "no\n")}})
	for path, want := range map[string]string{
		"nightly/42/test@1": "first\n", "nightly/42/build/test: [a/b]/1": "first\n", "nightly/42/build/test@2/1": "second\n",
	} {
		if r := d.ctl("logs", path); r.stdout != want || r.code != ExitOK {
			t.Errorf("%s: %+v, want %q", path, r, want)
		}
	}
	all := d.ctl("logs", "nightly/42/build/test")
	all.wants(t, ExitOK, "first\n", "")
	if all.wants(t, ExitOK, "second\n", ""); strings.Contains(all.stdout, "no\n") {
		t.Errorf("another step's: %q", all.stdout)
	}
	d.ctl("logs", "nightly/42/build/test/1").wants(t, ExitUsage, "", "is 2 steps: want the attempt of one of them, such as nightly/42/build/test@1/1")
}

func TestPausesAreShownBesideTheText(t *testing.T) {
	d := newFake(t)
	until := time.Now().Add(time.Hour)
	pauses := []rpc.Pause{{At: time.Now(), Actor: "bob", Reason: "full", Until: &until}}
	always[rpc.PipelineGetRequest](d, rpc.PipelineRevision{Pipeline: "nightly", Text: "name = \"nightly\"\n", Pauses: pauses})
	always[rpc.PipelineListRequest](d, rpc.PipelineListResponse{Pipelines: []rpc.Pipeline{{Name: "nightly", Pauses: pauses}}})
	r := d.ctl("show", "nightly")
	if r.wants(t, ExitOK, "name", "nightly: paused by bob now until "); r.stdout != "name = \"nightly\"\n" {
		t.Errorf("stdout is %q: want the text alone", r.stdout)
	}
	d.ctl("list").wants(t, ExitOK, "nightly: paused by bob now until ", "")
	d.ctl("list", "-o", "json").wants(t, ExitOK, `"pauses":[{"at":`, "")
}

func TestAPauseEndsWhenItIsSaidTo(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		p    pausing
		want time.Time
	}{
		{pausing{length: "2h30m"}, now.Add(150 * time.Minute)},
		{pausing{length: "3d"}, now.Add(72 * time.Hour)},
		{pausing{until: "18:00"}, now.Add(6 * time.Hour)},
	} {
		if got, err := c.p.end(now); err != nil || got == nil || !got.Equal(c.want) {
			t.Errorf("%+v ends %v (%v), want %v", c.p, got, err, c.want)
		}
	}
	if got, err := (pausing{}).end(now); got != nil || err != nil {
		t.Errorf("ends %v (%v), want never", got, err)
	}
}

func TestDeleteByForceSaysSo(t *testing.T) {
	d := newFake(t)
	always[rpc.PipelineDeleteRequest](d, rpc.PipelineDeleteResponse{Revisions: 1, Runs: 3, LiveRuns: 2})
	d.ctl("delete", "nightly", "--force", "--yes").wants(t, ExitOK, "3 runs (2 not ended)", "")
	always[rpc.RunDeleteRequest](d, rpc.RunDeleteResponse{Run: summary("running"), Steps: 1})
	d.ctl("delete", "nightly/42", "--force", "--yes").wants(t, ExitOK, "deleted run nightly/42", "")
	pipelines, runs := requests[rpc.PipelineDeleteRequest](d), requests[rpc.RunDeleteRequest](d)
	if !pipelines[1].Force || !runs[1].Force || runs[1].DryRun {
		t.Errorf("asked %+v, %+v", pipelines, runs)
	}
}

func TestWhatIsSoAlreadyIsSaidAndNoError(t *testing.T) {
	d := newFake(t)
	over := summary("canceled")
	always[rpc.RunCancelRequest](d, rpc.RunCancelResponse{Run: over, Steps: []string{}, Unchanged: true})
	d.ctl("cancel", "nightly/42").wants(t, ExitOK, "nightly/42: over already: canceled\n", "")
	going := summary("canceling")
	always[rpc.RunCancelRequest](d, rpc.RunCancelResponse{Run: going, Steps: []string{}, Unchanged: true})
	d.ctl("cancel", "nightly/42").wants(t, ExitOK, "nightly/42: asked to end before\n", "")
	always[rpc.RunUnscheduleRequest](d, rpc.RunStepsResponse{Run: over, Steps: []string{}})
	d.ctl("unschedule", "nightly/42/deploy/prod").wants(t, ExitOK, "nightly/42/deploy/prod: manual already\n", "")
	always[rpc.PipelineResumeRequest](d, rpc.PipelinePausesResponse{Pipeline: "nightly", Unchanged: true})
	d.ctl("resume", "nightly/deploy").wants(t, ExitOK, "nightly/deploy: was not paused\n", "")
	always[rpc.ScheduleResumeRequest](d, rpc.SchedulesResponse{Unchanged: true, Schedules: []rpc.Schedule{{Name: "nightly/x"}}})
	d.ctl("schedule", "resume", "nightly/x").wants(t, ExitOK, "nightly/x", "nightly/x was not paused.\n")
	always[rpc.ScheduleResumeRequest](d, rpc.SchedulesResponse{Unchanged: true, Schedules: []rpc.Schedule{{Name: "nightly/x", PauseOf: "nightly"}}})
	d.ctl("schedule", "resume", "nightly/x").wants(t, ExitOK, "nightly/x", "nightly/x was not paused by itself; nightly is: resume that.\n")
	always[freezeLift](d, rpc.FreezeResponse{})
	d.ctl("unfreeze").wants(t, ExitOK, "", "Nothing was frozen.\n")
	d.ctl("unfreeze", "-o", "json").wants(t, ExitOK, `{"freeze":null}`, "Nothing was frozen.\n")
}
