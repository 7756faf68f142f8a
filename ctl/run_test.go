package ctl

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock/penstock/rpc"
)

func summary(status string) rpc.RunSummary {
	return rpc.RunSummary{Name: "nightly/42", ID: 1007, Number: 42, Pipeline: "nightly", Status: status}
}

// compile is the one step of the run that these tests watch.
func compile(status string) rpc.RunStep {
	step := rpc.RunStep{Name: "compile", Uses: "shell", Status: status}
	if status == "created" || status == "pending" {
		return step
	}
	begun, ended := time.Now().Add(-2*time.Second), time.Now()
	attempt := rpc.RunAttempt{Number: 1, Status: status, StartedAt: &begun}
	if hasEnded(status) {
		attempt.FinishedAt = &ended
	}
	if status == "failed" {
		attempt.FailureReason = "script_failure"
	}
	step.Attempts = []rpc.RunAttempt{attempt}
	return step
}

func whole(status string) []rpc.RunStage {
	return []rpc.RunStage{{Name: "build", Status: status, Steps: []rpc.RunStep{compile(status)}}}
}

// passes makes a run go through statuses, one at each sequence number from 1.
func passes(d *fake, statuses ...string) {
	on(d, func(_ context.Context, q *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
		i := int(q.After)
		if q.UntilEnded {
			i = len(statuses) - 1
		}
		status := statuses[i]
		news := &rpc.RunWatchResponse{Run: summary(status), Sequence: q.After + 1, Ended: i == len(statuses)-1}
		if i == 0 {
			news.Whole = whole(status)
		} else {
			news.Steps = []rpc.StepChange{{Stage: "build", RunStep: compile(status)}}
		}
		return news, nil
	})
	last := statuses[len(statuses)-1]
	always[rpc.RunGetRequest](d, rpc.Run{RunSummary: summary(last), Stages: whole(last)})
}

func startable(d *fake) {
	always[rpc.RunStartRequest](d, rpc.RunStartResponse{Run: summary("created")})
}

func TestRunPrintsTheNameAlone(t *testing.T) {
	d := newFake(t)
	startable(d)
	r := d.ctl("run", "nightly", "--note", "why")
	r.wants(t, ExitOK, "nightly/42\n", "")
	if r.stdout != "nightly/42\n" {
		t.Errorf("stdout is %q", r.stdout)
	}
	d.ctl("run", "nightly", "-o", "json").wants(t, ExitOK, `{"run":{"name":"nightly/42",`, "")
	asked := requests[rpc.RunStartRequest](d)
	if asked[0].Pipeline != "nightly" || asked[0].Note != "why" || asked[0].Key == "" || asked[0].Key == asked[1].Key {
		t.Errorf("asked %+v: want a key, and another for each call", asked)
	}
}

func TestRunWithAKnownKeySaysSo(t *testing.T) {
	d := newFake(t)
	always[rpc.RunStartRequest](d, rpc.RunStartResponse{Run: summary("running"), Duplicate: true})
	d.ctl("run", "nightly", "--key", "k").wants(t, ExitOK, "nightly/42\n", "nothing was started")
	if got := requests[rpc.RunStartRequest](d)[0].Key; got != "k" {
		t.Errorf("the key was %q", got)
	}
}

func TestWaitingEndsWithTheRunsOutcome(t *testing.T) {
	for _, c := range []struct {
		status string
		code   int
		stderr string
	}{
		{"success", ExitOK, "nightly/42: success\n"},
		{"failed", ExitRun, "nightly/42: failed\nbuild/compile: script_failure\n"},
		{"canceled", ExitRun, "nightly/42: canceled\n"},
		{"skipped", ExitRun, "nightly/42: skipped\n"},
	} {
		d := newFake(t)
		startable(d)
		passes(d, "created", "running", c.status)
		d.ctl("run", "nightly", "--wait").wants(t, c.code, "nightly/42\n", c.stderr)
		d.ctl("watch", "nightly/42").wants(t, c.code, "build/compile: "+c.status, c.stderr)
	}
}

func TestWaitingEndsWhereTheRunIsBlocked(t *testing.T) {
	d := newFake(t)
	startable(d)
	on(d, func(_ context.Context, q *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
		return &rpc.RunWatchResponse{Run: summary("manual"), Sequence: 3, Whole: []rpc.RunStage{
			{Name: "build", Status: "success", Steps: []rpc.RunStep{compile("success")}}}}, nil
	})
	deploy := rpc.RunStage{Name: "deploy", Status: "manual", Steps: []rpc.RunStep{
		{Name: "prod", Status: "manual"}, {Name: "docs", Status: "manual", AllowFailure: true}}}
	always[rpc.RunGetRequest](d, rpc.Run{RunSummary: summary("manual"), Stages: []rpc.RunStage{deploy}})
	logsOf(d, map[string][][]byte{"compile": {frames("stdout", "made\n")}})
	says := "nightly/42: manual\ndeploy/prod: penstockctl play nightly/42/deploy/prod\n"
	for _, how := range []string{"--wait", "--follow"} {
		r := d.ctl("run", "nightly", how)
		r.wants(t, ExitBlocked, "nightly/42\n", says)
		if strings.Contains(r.stderr, "docs") {
			t.Errorf("%s names a step that nothing waits for: %q", how, r.stderr)
		}
	}
	if q := requests[rpc.RunWatchRequest](d)[0]; !q.UntilEnded || !q.UntilBlocked {
		t.Errorf("asked %+v, want to hear of a run that is blocked", q)
	}
}

func TestRunTakesValues(t *testing.T) {
	d := newFake(t)
	startable(d)
	file := writeFile(t, "inputs.json", `{"keep": 7, "hosts": ["a"], "name": "old"}`)
	d.ctl("run", "nightly", "--input-file", file, "--input", "name=a=b", "--input", "empty=", "--var", "K=V",
		"--sub-queue", "eu", "--priority", "0").wants(t, ExitOK, "nightly/42\n", "")
	q := requests[rpc.RunStartRequest](d)[0]
	inputs := map[string]any{"keep": 7.0, "hosts": []any{"a"}, "name": "a=b", "empty": ""}
	if !reflect.DeepEqual(q.Inputs, inputs) || q.Variables["K"] != "V" || q.SubQueue != "eu" || q.Priority == nil || *q.Priority != 0 {
		t.Errorf("asked %+v", q)
	}
	d.ctl("run", "nightly").wants(t, ExitOK, "nightly/42\n", "")
	if q := requests[rpc.RunStartRequest](d)[1]; q.Priority != nil || q.Inputs != nil || q.Variables != nil {
		t.Errorf("without flags asked %+v", q)
	}
	for text, wrong := range map[string]string{"[1]": "want an object", "{": "want an object", strings.Repeat(" ", maxFile+1): "longer than"} {
		d.ctl("run", "nightly", "--input-file", writeFile(t, "wrong.json", text)).wants(t, ExitUsage, "", wrong)
	}
	if n := len(requests[rpc.RunStartRequest](d)); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestWaitInJSONEndsWithTheRun(t *testing.T) {
	d := newFake(t)
	startable(d)
	passes(d, "created", "failed")
	r := d.ctl("run", "nightly", "--wait", "-o", "json")
	r.wants(t, ExitRun, "{", "failed")
	lines := strings.Split(r.stdout, "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], `{"run":`) || !strings.Contains(lines[1], `"failure_reason":"script_failure"`) {
		t.Errorf("stdout is %q", r.stdout)
	}
}

func TestWatchShowsEachChangeOnce(t *testing.T) {
	d := newFake(t)
	passes(d, "created", "pending", "running", "success")
	r := d.ctl("watch", "nightly/latest")
	var seen []string
	for line := range strings.Lines(r.stdout) {
		_, rest, _ := strings.Cut(line, " ")
		seen = append(seen, strings.TrimSpace(rest))
	}
	want := "build/compile: pending;build/compile: running;build/compile: success in 2.0s"
	if got := strings.Join(seen, ";"); got != want {
		t.Errorf("saw %s, want %s", got, want)
	}
	asked := requests[rpc.RunWatchRequest](d)
	if asked[0].Run != "nightly/latest" || asked[1].Run != "1007" {
		t.Errorf("asked %+v: want the run that was latest at first to be kept to", asked)
	}
	if n := strings.Count(d.ctl("watch", "nightly/42", "-o", "json").stdout, "\n"); n != 4 {
		t.Errorf("%d lines of JSON, want one for each answer", n)
	}
}

// TestWatchingSurvivesARestart kills the daemon while a run is watched.
func TestWatchingSurvivesARestart(t *testing.T) {
	d := newFake(t)
	waiting := make(chan struct{})
	on(d, func(ctx context.Context, q *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
		if q.After == 0 {
			return &rpc.RunWatchResponse{Run: summary("running"), Sequence: 5, Whole: whole("running")}, nil
		}
		close(waiting)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	asked := restarted(t, d, waiting, "watch", "nightly/42")
	if last := asked[len(asked)-1]; last.After != 5 {
		t.Errorf("asked with the cursor %d after the restart, want 5", last.After)
	}
}

// TestWaitingSurvivesARestart kills the daemon while a run is waited for.
func TestWaitingSurvivesARestart(t *testing.T) {
	d := newFake(t)
	startable(d)
	waiting := make(chan struct{})
	on(d, func(ctx context.Context, _ *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
		close(waiting)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	for _, q := range restarted(t, d, waiting, "run", "nightly", "--wait") {
		if !q.UntilEnded || q.Run != "1007" {
			t.Errorf("asked %+v, want for the end of the run, by its id", q)
		}
	}
}

// restarted kills the daemon once a command waits for it, and answers with
// what the command asked until the next one told it of the end.
func restarted(t *testing.T, d *fake, waiting <-chan struct{}, args ...string) []rpc.RunWatchRequest {
	t.Helper()
	ended := make(chan result, 1)
	go func() { ended <- d.ctl(args...) }()
	<-waiting
	d.kill()
	on(d, func(_ context.Context, q *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
		return &rpc.RunWatchResponse{Run: summary("success"), Sequence: 6, Ended: true}, nil
	})
	d.start(t)
	(<-ended).wants(t, ExitOK, "\n", "success")
	return requests[rpc.RunWatchRequest](d)
}

// TestLostAnswerStartsNoSecondRun kills the daemon before run.start is
// answered.
func TestLostAnswerStartsNoSecondRun(t *testing.T) {
	d := newFake(t)
	asked := make(chan struct{})
	on(d, func(ctx context.Context, q *rpc.RunStartRequest) (*rpc.RunStartResponse, error) {
		close(asked)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	ended := make(chan result, 1)
	go func() { ended <- d.ctl("run", "nightly") }()
	<-asked
	d.kill()
	always[rpc.RunStartRequest](d, rpc.RunStartResponse{Run: summary("running"), Duplicate: true})
	d.start(t)
	(<-ended).wants(t, ExitOK, "nightly/42\n", "nothing was started")
	keys := requests[rpc.RunStartRequest](d)
	if len(keys) < 2 || keys[0].Key != keys[len(keys)-1].Key {
		t.Errorf("asked %+v, want one key", keys)
	}
}

func TestInterruptedWaitSaysThatTheRunGoesOn(t *testing.T) {
	d := newFake(t)
	startable(d)
	waiting := make(chan struct{})
	on(d, func(ctx context.Context, q *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
		close(waiting)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan result, 1)
	go func() { ended <- d.ctlWith(ctx, "", nil, "run", "nightly", "--wait") }()
	<-waiting
	interrupt()
	(<-ended).wants(t, ExitInterrupted, "nightly/42\n", "nightly/42 goes on")
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var words []string
		l := newLink("/no/such/socket", func(format string, _ ...any) { words = append(words, format) })
		gone := &rpc.Error{Code: rpc.CodeUnavailable, Message: "stopping"}
		tries := 0
		ask := func() (*rpc.Info, error) { tries++; return nil, gone }
		if _, err := persistFor(t.Context(), l, time.Minute, ask); !errors.Is(err, gone) || tries != 1 {
			t.Errorf("a daemon that was never there was asked %d times: %v", tries, err)
		}
		l.met = true
		if _, err := persistFor(t.Context(), l, 700*time.Millisecond, ask); !errors.Is(err, gone) || tries < 4 {
			t.Errorf("asked %d times: %v", tries, err)
		}
		if _, err := persistFor(t.Context(), l, 700*time.Millisecond, ask); !errors.Is(err, gone) {
			t.Errorf("another call that waits: %v", err)
		}
		if len(words) != 1 {
			t.Errorf("said %q, want one word on the absence, however many wait", words)
		}
	})
}

func TestABusyDaemonIsNotCalledAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var words []string
		l := newLink("/no/such/socket", func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) })
		l.met = true
		busy := &rpc.Error{Code: rpc.CodeBusy, Message: "uid 1 has 64 connections"}
		tries := 0
		ask := func() (*rpc.Info, error) { // each refusal costs the connection
			if tries++; tries%2 == 1 {
				return nil, busy
			}
			return nil, fmt.Errorf("daemon.info: %w", rpc.ErrLost)
		}
		_, err := persistFor(t.Context(), l, 700*time.Millisecond, ask)
		if exitCode(err) != ExitRefused {
			t.Errorf("at the end: %v, exit code %d", err, exitCode(err))
		}
		if len(words) != 1 || !strings.Contains(words[0], "the daemon is busy: uid 1 has 64 connections; asking again for up to 700ms") {
			t.Errorf("said %q", words)
		}
		l.absent(rpc.ErrLost, time.Minute)
		l.served()
		l.absent(rpc.ErrLost, time.Minute)
		if len(words) != 2 || words[1] != "penstockctl: the daemon is away; asking again for up to 1m" {
			t.Errorf("said %q", words)
		}
	})
}

func TestARunByHandHasAllThatItCanBeGiven(t *testing.T) {
	d := newFake(t)
	startable(d)
	d.ctl("run", "nightly/evening", "--as-scheduled", "2026-11-20T02:30:00Z", "--name", "again", "--label", "team=db", "--force", "--skip").
		wants(t, ExitOK, "nightly/42\n", "")
	q := requests[rpc.RunStartRequest](d)[0]
	at := time.Date(2026, 11, 20, 2, 30, 0, 0, time.UTC)
	if q.Pipeline != "nightly" || q.Trigger != "evening" || q.AsScheduled == nil || !q.AsScheduled.Equal(at) ||
		q.RunName != "again" || q.Labels["team"] != "db" || !q.DespiteFreeze || !q.Skip {
		t.Errorf("asked %+v", q)
	}
	for args, want := range map[string]string{
		"run nightly/evening":                     "schedule play nightly/evening",
		"run nightly/a/b --as-scheduled 02:30":    "one of its schedules",
		"run nightly --as-scheduled later":        "--as-scheduled",
		"run nightly --label team":                "KEY=VALUE",
		"run /evening --as-scheduled 2026-11-20T": "want a pipeline",
	} {
		d.ctl(strings.Fields(args)...).wants(t, ExitUsage, "", want)
	}
	if n := len(requests[rpc.RunStartRequest](d)); n != 1 {
		t.Errorf("%d runs were asked for", n)
	}
}

func TestARunIsAskedForLikeAnother(t *testing.T) {
	d := newFake(t)
	startable(d)
	d.ctl("rerun", "nightly/41", "--input", "keep=7", "--priority", "0", "--force").wants(t, ExitOK, "nightly/42\n", "")
	q := requests[rpc.RunStartRequest](d)[0]
	if q.Like != "nightly/41" || q.Pipeline != "" || q.Inputs["keep"] != "7" || q.Priority == nil || !q.DespiteFreeze || q.Key == "" {
		t.Errorf("asked %+v", q)
	}
	d.ctl("rerun", "nightly/41", "--key", "").wants(t, ExitUsage, "", "--key is empty")
	d.ctl("rerun").wants(t, ExitUsage, "", "rerun wants 1 argument,")
}
