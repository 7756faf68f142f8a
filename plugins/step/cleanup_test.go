package step

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
	"github.com/penstock/penstock/plugins/step/tree"
	"github.com/penstock/penstock/plugins/steplog"
)

// cleaner is an attempt whose work is script and which then runs after.
func cleaner(t testing.TB, script, after string, change func(*protocol.Request)) *trial {
	t.Helper()
	return newTrial(t, map[string]any{"mode": "script", "script": script, "after": after}, change)
}

// record is cleanup.json.
func (a *trial) record() protocol.Cleanup {
	a.t.Helper()
	var c protocol.Cleanup
	text, err := os.ReadFile(filepath.Join(a.dir, protocol.CleanupFile))
	fatal(a.t, err)
	fatal(a.t, json.Unmarshal(text, &c))
	return c
}

func TestACleanupRunsAfterSuccessAndFailure(t *testing.T) {
	p := launch(t, "x")
	for text, want := range map[string]protocol.Result{
		"echo work":         {Status: protocol.Success},
		"echo work; exit 7": {Status: protocol.Failed, FailureReason: protocol.ScriptFailure},
	} {
		a := cleaner(t, text, `echo "after $PENSTOCK_STATUS"; exit 3`, nil)
		r := p.perform(a)
		if r.Status != want.Status || r.FailureReason != want.FailureReason || strings.Contains(r.Message, "3") {
			t.Errorf("%s: %+v", text, r)
		}
		if out := a.output(steplog.Stdout); out != "work\nafter "+want.Status+"\n" {
			t.Errorf("%s: output %q", text, out)
		}
		if said := a.output(steplog.Stderr); !strings.Contains(said, "the cleanup failed, which changes nothing for the step: sh ended with exit code 3") {
			t.Errorf("%s: the log says %q", text, said)
		}
		if info, err := os.Stat(filepath.Join(a.dir, steplog.Head)); err != nil || info.Size() != r.LogSize {
			t.Errorf("%s: log_size is %d, the file %v, %v", text, r.LogSize, info.Size(), err)
		}
	}
}

func TestACanceledStepIsCleanedUpWhenItIsGone(t *testing.T) {
	p := launch(t, "x")
	ready, wait := fifo(t)
	work := t.TempDir()
	a := cleaner(t, fmt.Sprintf(`setsid sh -c 'trap "" TERM; echo $$ > pid; echo > %s; while :; do sleep 1; done' & wait`, ready),
		`kill -0 $(cat pid) && echo alive >> status; echo "$PENSTOCK_STATUS" >> status`,
		func(r *protocol.Request) { r.Grace, r.Workspace = 300*time.Millisecond, work })
	stream := p.begin(a)
	wait()
	p.cancel(a, false)
	awaitState(t, stream, steppb.Progress_ENDED)
	if r := a.result(); r.Status != protocol.Canceled || len(r.Leftovers) == 0 {
		t.Errorf("%+v", r)
	}
	if text, err := os.ReadFile(filepath.Join(work, "status")); err != nil || string(text) != "canceled\n" {
		t.Errorf("it finds %q, %v", text, err)
	}
}

func TestOtherEndsHaveNoCleanup(t *testing.T) {
	p := launch(t, "x")
	for name, test := range map[string]struct {
		settings map[string]any
		change   func(*protocol.Request)
		reason   string
	}{
		"timeout": {map[string]any{"mode": "wait"}, func(r *protocol.Request) { r.Timeout = time.Millisecond }, protocol.StepTimeout},
		"silence": {map[string]any{"mode": "wait"}, func(r *protocol.Request) { r.SilenceTimeout = time.Millisecond }, protocol.StuckOrTimeout},
		"error":   {map[string]any{"mode": "error"}, nil, protocol.PluginFailure},
		"panic":   {map[string]any{"mode": "panic"}, nil, protocol.PluginFailure},
	} {
		test.settings["after"] = "echo cleaned"
		a := newTrial(t, test.settings, test.change)
		if r := p.perform(a); r.FailureReason != test.reason || a.has(protocol.CleanupFile) || strings.Contains(a.output(steplog.Stdout), "cleaned") {
			t.Errorf("%s: %+v, log %q", name, r, a.output(steplog.Stdout))
		}
	}
}

func TestForceSkipsTheCleanup(t *testing.T) {
	p := launch(t, "x")
	ready, wait := fifo(t)
	a := cleaner(t, fmt.Sprintf(treeScript, ready), "echo cleaned", func(r *protocol.Request) { r.Grace = time.Hour })
	stream := p.begin(a)
	wait()
	p.cancel(a, false)
	p.cancel(a, true)
	awaitState(t, stream, steppb.Progress_ENDED)
	if r := a.result(); r.Status != protocol.Canceled || a.has(protocol.CleanupFile) || strings.Contains(a.output(steplog.Stdout), "cleaned") {
		t.Errorf("%+v, log %q", r, a.output(steplog.Stdout))
	}
}

func TestForceEndsACleanupAtOnce(t *testing.T) {
	p := launch(t, "x")
	for _, canceled := range []bool{true, false} {
		working, wait := fifo(t)
		cleaning, waitToo := fifo(t)
		a := cleaner(t, fmt.Sprintf("echo > %s; read line < %s", working, working), fmt.Sprintf(treeScript, cleaning),
			func(r *protocol.Request) { r.Grace = time.Hour })
		stream := p.begin(a)
		wait()
		want := protocol.Success
		if canceled {
			want = protocol.Canceled
			p.cancel(a, false)
		} else {
			fatal(t, os.WriteFile(working, []byte("x\n"), 0))
		}
		waitToo()
		p.cancel(a, false)
		p.cancel(a, true)
		awaitState(t, stream, steppb.Progress_ENDED)
		if r := a.result(); r.Status != want || len(a.alive()) > 0 {
			t.Errorf("%+v, alive: %v", r, a.alive())
		}
		if said := a.output(steplog.Stderr); !strings.Contains(said, "forced to end") {
			t.Errorf("the log says %q", said)
		}
	}
}

func TestACleanupHasALimitOfItsOwn(t *testing.T) {
	t.Parallel()
	p := launch(t, "x")
	ready, wait := fifo(t)
	a := newTrial(t, map[string]any{"mode": "script", "script": "true", "after": fmt.Sprintf(treeScript, ready), "limit": "3s"},
		func(r *protocol.Request) { r.Timeout, r.Grace = patience, 200*time.Millisecond })
	stream := p.begin(a)
	wait()
	awaitState(t, stream, steppb.Progress_ENDED)
	r := a.result()
	if r.Status != protocol.Success || len(r.Leftovers) == 0 || len(a.alive()) > 0 {
		t.Errorf("%+v, alive: %v", r, a.alive())
	}
	if said := a.output(steplog.Stderr); !strings.Contains(said, "had not ended after 3s") {
		t.Errorf("the log says %q", said)
	}
	if c := a.record(); c.Limit != 3*time.Second {
		t.Errorf("on record: %+v", c)
	}
}

// A cancel, the timeout of the work and its silence are nothing to a cleanup,
// and neither is the end of the daemon.
func TestACleanupGoesOn(t *testing.T) {
	t.Parallel()
	p := launch(t, "x")
	ready, wait := fifo(t)
	const limit = 2 * time.Second // the work must end within it
	a := cleaner(t, "true", fmt.Sprintf("echo > %s; read line < %s; echo cleaned", ready, ready),
		func(r *protocol.Request) { r.Timeout, r.SilenceTimeout = limit, limit })
	p.begin(a)
	wait()
	p.cancel(a, false)
	fatal(t, p.conn.Close())
	fatal(t, p.stdout.Close())
	<-time.After(2 * limit) // nothing tells what does not happen
	p.connect()
	stream := p.begin(a)
	fatal(t, os.WriteFile(ready, []byte("x\n"), 0))
	awaitState(t, stream, steppb.Progress_ENDED)
	if r := a.result(); r.Status != protocol.Success || a.output(steplog.Stdout) != "cleaned\n" {
		t.Errorf("%+v, output %q", r, a.output(steplog.Stdout))
	}
}

func TestAKilledCleanupLeavesHowTheWorkEnded(t *testing.T) {
	p := launch(t, "x")
	ready, wait := fifo(t)
	a := cleaner(t, "echo work; exit 7", fmt.Sprintf(treeScript, ready), nil)
	p.begin(a)
	wait()
	fatal(t, p.cmd.Process.Signal(syscall.SIGKILL))
	p.awaitExit()
	c := a.record()
	r := c.Result
	if c.Limit != defaultCleanup || r.Attempt != a.name || r.FailureReason != protocol.ScriptFailure || r.ExitCode == nil || *r.ExitCode != 7 ||
		r.BegunAt.IsZero() || r.EndedAt.Before(r.BegunAt) || r.Version != "1" || r.OutputSize != int64(len("work\n")) {
		t.Errorf("on record: %+v", c)
	}
	if a.has(protocol.ResultFile) {
		t.Error("there is a result")
	}
	if _, err := tree.Kill(tree.Target{Mark: filepath.Join(a.dir, protocol.OutputsFile)}, patience); err != nil || len(a.alive()) > 0 {
		t.Errorf("%v, alive: %v", err, a.alive())
	}
}

func TestOutputsThatACleanupSpoilsAreThoseOfTheWork(t *testing.T) {
	p := launch(t, "x")
	for after, want := range map[string]map[string]string{
		`echo more=2 >> $PENSTOCK_OUTPUT`:                         {"one": "1", "more": "2"},
		`echo garbage >> $PENSTOCK_OUTPUT`:                        {"one": "1"},
		`rm $PENSTOCK_OUTPUT; mkdir $PENSTOCK_OUTPUT`:             {"one": "1"},
		`rm $PENSTOCK_OUTPUT; ln -s /etc/passwd $PENSTOCK_OUTPUT`: {"one": "1"},
	} {
		a := cleaner(t, `echo one=1 > $PENSTOCK_OUTPUT`, after, nil)
		r := p.perform(a)
		got, err := protocol.ReadOutputs(a.dir)
		if r.Status != protocol.Success || err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, outputs %q, %v", after, r, got, err)
		}
	}
}

func TestACleanupThatIgnoresItsEndTakesTheProcessWithIt(t *testing.T) {
	t.Parallel()
	p := launch(t, "x")
	a := newTrial(t, map[string]any{"mode": "nothing", "after": "hang", "limit": "10ms"}, func(r *protocol.Request) { r.Grace = 0 })
	p.begin(a)
	p.awaitExit()
	if !strings.Contains(p.errors(), "ignores the end of its context") || a.has(protocol.ResultFile) || a.record().Result.Status != protocol.Success {
		t.Errorf("on record: %+v, result %v, it says %q", a.record(), a.has(protocol.ResultFile), p.errors())
	}
}

func TestARehearsalCleansUp(t *testing.T) {
	no := Failf("no")
	for name, test := range map[string]struct {
		err    error
		status string
	}{
		"success": {nil, protocol.Success},
		"failure": {no, protocol.Failed},
		"error":   {errors.New("broken"), ""},
	} {
		found := ""
		err := Rehearse(t.Context(), t.TempDir(), struct{}{}, func(_ context.Context, _ struct{}, task *Task) error {
			task.Cleanup(0, func(_ context.Context, task *Task) error {
				found = lookup(task.Environment(), protocol.EnvStatus)
				return errors.New("is nobody's business")
			})
			return test.err
		})
		if err != test.err || found != test.status {
			t.Errorf("%s: %v, the cleanup found %q", name, err, found)
		}
	}
}
