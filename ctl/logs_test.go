package ctl

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/steplog"
	"github.com/penstock/penstock/rpc"
)

// frames frames text: each line, the last partial where no newline ends it.
func frames(stream, text string) []byte {
	var b []byte
	for line := range strings.Lines(text) {
		body, full := strings.CutSuffix(line, "\n")
		b = steplog.Frame{Time: time.Unix(0, 0), Stream: stream, Partial: !full, Text: []byte(body)}.Append(b)
	}
	return b
}

// logsOf serves logs by the name of the step; pieces of a log are had one at a
// time.
func logsOf(d *fake, logs map[string][][]byte) logReader {
	serve := func(_ context.Context, q *rpc.LogReadRequest) (*rpc.LogReadResponse, error) {
		pieces := logs[q.Step]
		at := int(q.Offset)
		if at >= len(pieces) {
			return &rpc.LogReadResponse{Attempt: q.Attempt, Next: q.Offset, End: true}, nil
		}
		return &rpc.LogReadResponse{Attempt: q.Attempt, Data: pieces[at], Next: q.Offset + 1, End: at+1 == len(pieces)}, nil
	}
	on(d, serve)
	return serve
}

type logReader = func(context.Context, *rpc.LogReadRequest) (*rpc.LogReadResponse, error)

// twoSteps is a run with the steps build/compile and build/test, and a third
// that never began.
func twoSteps(status string) rpc.Run {
	test := compile(status)
	test.Name = "test"
	late := rpc.RunStep{Name: "late", Status: "skipped"}
	return rpc.Run{RunSummary: summary(status), Stages: []rpc.RunStage{
		{Name: "build", Status: status, Steps: []rpc.RunStep{compile(status), test, late}},
	}}
}

func TestLogOfAStepIsItsVeryBytes(t *testing.T) {
	d := newFake(t)
	always[rpc.RunGetRequest](d, twoSteps("success"))
	evil := "a\x1b]0;t\a\r\n\xff\x00"
	logsOf(d, map[string][][]byte{"compile": {frames("stdout", "one\n"), frames("stderr", "two\n"), frames("stdout", evil)}})
	for _, path := range []string{"nightly/42/build/compile", "nightly/42/compile", "1007/build/compile/1"} {
		r := d.ctl("logs", path)
		r.wants(t, ExitOK, "one", "")
		if r.stdout != "one\ntwo\n"+evil {
			t.Errorf("%s: stdout is %q", path, r.stdout)
		}
	}
}

func TestLogOfARunGoesStepByStep(t *testing.T) {
	d := newFake(t)
	always[rpc.RunGetRequest](d, twoSteps("success"))
	logsOf(d, map[string][][]byte{"compile": {frames("stdout", "one")}, "test": {frames("stdout", "two\n")}})
	r := d.ctl("logs", "nightly/42")
	want := "==> build/compile, attempt 1: success <==\none\n==> build/test, attempt 1: success <==\ntwo\n"
	if r.stdout != want {
		t.Errorf("stdout is %q, want %q", r.stdout, want)
	}
	if strings.Contains(r.stdout, "late") {
		t.Error("a step that never began has no log to show")
	}
}

func TestLogsSayWhatIsMissingOnStderr(t *testing.T) {
	d := newFake(t)
	always[rpc.RunGetRequest](d, twoSteps("success"))
	on(d, func(context.Context, *rpc.LogReadRequest) (*rpc.LogReadResponse, error) {
		data := append(frames("note", "3 bytes were dropped"), frames("stdout", "tail\n")...)
		return &rpc.LogReadResponse{Data: append(data, "garbage\n"...), Missing: 2048, End: true}, nil
	})
	r := d.ctl("logs", "nightly/42/compile")
	r.wants(t, ExitOK, "tail\n", "[2.0 KiB of output are missing here: the log outgrew its limit]\n[3 bytes were dropped]\n[the log is damaged here")
	if r.stdout != "tail\n" {
		t.Errorf("stdout is %q", r.stdout)
	}
}

func TestTimestampsBeginEachLine(t *testing.T) {
	d := newFake(t)
	always[rpc.RunGetRequest](d, twoSteps("success"))
	logsOf(d, map[string][][]byte{"compile": {append(frames("stdout", "par"), frames("stdout", "tial\nx\n")...)}})
	r := d.ctl("logs", "nightly/42/compile", "-t")
	stamp := time.Unix(0, 0).Local().Format("2006-01-02T15:04:05.000Z07:00 ")
	if r.stdout != stamp+"partial\n"+stamp+"x\n" {
		t.Errorf("stdout is %q", r.stdout)
	}
}

func TestLogsOfWhatIsNotThere(t *testing.T) {
	d := newFake(t)
	always[rpc.RunGetRequest](d, twoSteps("success"))
	d.ctl("logs", "nightly/42/nope").wants(t, ExitNotFound, "", "no step nope")
	d.ctl("logs", "nightly/42/other/compile").wants(t, ExitNotFound, "", "no step other/compile")
	d.ctl("logs", "nightly/42/build/compile/2").wants(t, ExitNotFound, "", "no attempt 2")
	d.ctl("logs", "nightly/42/build/late").wants(t, ExitOK, "", "has no output: it is skipped")
}

func TestLogsOfARunOfWhichNothingHasBegunSaySo(t *testing.T) {
	d := newFake(t)
	run := twoSteps("skipped")
	for i := range run.Stages[0].Steps {
		run.Stages[0].Steps[i].Attempts = nil
	}
	always[rpc.RunGetRequest](d, run)
	d.ctl("logs", "nightly/42").wants(t, ExitOK, "", "nightly/42 has no output: it is skipped\n")
}

func TestLogsOfAStepThatStandsForARunNameTheRun(t *testing.T) {
	d := newFake(t)
	stands := func(run rpc.Downstream) {
		r := twoSteps("success")
		r.Stages[0].Steps[1].Attempts[0].Downstream = &run
		always[rpc.RunGetRequest](d, r)
	}
	stands(rpc.Downstream{Run: "site/7", Status: "success"})
	logsOf(d, map[string][][]byte{"compile": {frames("stdout", "one\n")}})
	d.ctl("logs", "nightly/42/test").wants(t, ExitOK, "", "nightly/42/build/test: it stands for a run: penstockctl logs site/7\n")
	r := d.ctl("logs", "nightly/42")
	r.wants(t, ExitOK, "==> build/test, attempt 1: success <==\n", "[it stands for a run: penstockctl logs site/7]\n")
	stands(rpc.Downstream{Run: "site/7", Status: "success", Deleted: true})
	d.ctl("logs", "nightly/42/test").wants(t, ExitOK, "", "it stood for site/7, which is deleted\n")
}

// live makes a run of two steps that ends when both logs were read to the end.
func live(d *fake) {
	always[rpc.RunGetRequest](d, twoSteps("running"))
	var read sync.WaitGroup
	read.Add(2)
	on(d, func(ctx context.Context, q *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
		if q.After == 0 {
			return &rpc.RunWatchResponse{Run: summary("running"), Sequence: 1, Whole: twoSteps("running").Stages}, nil
		}
		read.Wait()
		test := compile("failed")
		test.Name = "test"
		return &rpc.RunWatchResponse{Run: summary("failed"), Sequence: 2, Ended: true, Steps: []rpc.StepChange{
			{Stage: "build", RunStep: compile("success")}, {Stage: "build", RunStep: test},
		}}, nil
	})
	serve := logsOf(d, map[string][][]byte{
		"compile": {frames("stdout", "hel"), frames("stderr", "err\n"), frames("stdout", "lo\n")},
		"test":    {frames("stdout", "no newline")},
	})
	on(d, func(ctx context.Context, q *rpc.LogReadRequest) (*rpc.LogReadResponse, error) {
		a, err := serve(ctx, q)
		if a.End {
			read.Done()
		}
		return a, err
	})
}

func TestFollowedLogsOfSeveralStepsCarryTheirNames(t *testing.T) {
	d := newFake(t)
	live(d)
	r := d.ctl("logs", "nightly/42", "-f")
	for _, line := range []string{"build/compile | err\n", "build/compile | hello\n", "build/test | no newline\n"} {
		r.wants(t, ExitOK, line, "")
	}
	if strings.Count(r.stdout, "\n") != 3 {
		t.Errorf("stdout is %q", r.stdout)
	}
}

func TestFollowedRunShowsStatesAndOutput(t *testing.T) {
	d := newFake(t)
	startable(d)
	live(d)
	r := d.ctl("run", "nightly", "--follow")
	r.wants(t, ExitRun, "nightly/42\n", "nightly/42: failed")
	for _, want := range []string{
		`(?s)build/compile \| hello\n.*build/compile: success in`,
		`(?s)build/test: running.*build/test: failed in 2\.0s, script_failure`,
	} {
		if !regexp.MustCompile(want).MatchString(r.stdout) {
			t.Errorf("stdout is %q, want %s", r.stdout, want)
		}
	}
}

func TestFollowingOneStepEndsWithIt(t *testing.T) {
	d := newFake(t)
	always[rpc.RunGetRequest](d, twoSteps("running"))
	on(d, func(ctx context.Context, q *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
		switch q.After {
		case 0:
			return &rpc.RunWatchResponse{Run: summary("running"), Sequence: 1, Whole: twoSteps("running").Stages}, nil
		case 1:
			return &rpc.RunWatchResponse{Run: summary("running"), Sequence: 2, Steps: []rpc.StepChange{{Stage: "build", RunStep: compile("success")}}}, nil
		}
		<-ctx.Done()
		return nil, ctx.Err()
	})
	logsOf(d, map[string][][]byte{"compile": {frames("stdout", "one\n"), frames("stdout", "two\n")}})
	r := d.ctl("logs", "nightly/42/compile", "-f")
	if r.wants(t, ExitOK, "one", ""); r.stdout != "one\ntwo\n" {
		t.Errorf("stdout is %q", r.stdout)
	}
}

func TestLogsAsJSONHaveAnObjectForEachFrame(t *testing.T) {
	d := newFake(t)
	always[rpc.RunGetRequest](d, twoSteps("success"))
	evil := "\xff\x1b]0;t\a"
	logsOf(d, map[string][][]byte{
		"compile": {frames("stdout", "é\n"), append(frames("stderr", "\n"), frames("note", "kept out")...)},
		"test":    {frames("stdout", evil+"\n")},
	})
	at := `"attempt":1,"time":"` + time.Unix(0, 0).UTC().Format(time.RFC3339) + `","stream":`
	want := `{"stage":"build","step":"compile",` + at + `"stdout","text":"é"}` + "\n" +
		`{"stage":"build","step":"compile",` + at + `"stderr","text":""}` + "\n" +
		`{"stage":"build","step":"compile",` + at + `"note","text":"kept out","partial":true}` + "\n" +
		`{"stage":"build","step":"test",` + at + `"stdout","base64":"` + base64.StdEncoding.EncodeToString([]byte(evil)) + `"}` + "\n"
	r := d.ctl("logs", "nightly/42", "-o", "json")
	if r.wants(t, ExitOK, "{", ""); r.stdout != want {
		t.Errorf("stdout is\n%s\nwant\n%s", r.stdout, want)
	}
}

func TestLogsAsJSONSayWhatIsMissing(t *testing.T) {
	d := newFake(t)
	always[rpc.RunGetRequest](d, twoSteps("success"))
	on(d, func(context.Context, *rpc.LogReadRequest) (*rpc.LogReadResponse, error) {
		return &rpc.LogReadResponse{Data: []byte("garbage\n"), Missing: 2048, End: true}, nil
	})
	r := d.ctl("logs", "nightly/42/compile", "-o", "json")
	r.wants(t, ExitOK, `{"stage":"build","step":"compile","attempt":1,"missing":2048}`+"\n", "the log is damaged here")
}

func TestFollowedLogsAsJSONAreWholeObjects(t *testing.T) {
	d := newFake(t)
	live(d)
	r := d.ctl("logs", "nightly/42", "-f", "-o", "json")
	texts := map[string]string{}
	for line := range strings.Lines(r.stdout) {
		var l LogLine
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Text == nil {
			t.Fatalf("%q: %v", line, err)
		}
		texts[l.Step+" "+l.Stream] += *l.Text
	}
	want := map[string]string{"compile stdout": "hello", "compile stderr": "err", "test stdout": "no newline"}
	if r.wants(t, ExitOK, "{", ""); !maps.Equal(texts, want) {
		t.Errorf("%v, want %v", texts, want)
	}
}
