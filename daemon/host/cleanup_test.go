package host

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// awaitCleanup waits until only the cleanup of an attempt is left.
func awaitCleanup(a Attempt) {
	for !exists(a.Directory, protocol.CleanupFile) {
		<-time.After(time.Millisecond)
	}
}

// outlast waits until the host would have killed an attempt without a cleanup.
func (w *world) outlast(a Attempt) {
	<-time.After(a.Request.Grace + 2*w.limits.slack)
}

func TestACleanupHasItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.open()
	a := w.attempt("clean/time", "good", "clean")
	n := w.launch(h, a)
	n.begin()
	h.Stop(a.Request.Attempt, false)
	awaitCleanup(a)
	w.outlast(a)
	w.tell(a)
	if o := n.end(); o.Status != protocol.Canceled || o.Message != "" {
		t.Errorf("%+v", o)
	}
}

func TestTheTimeoutOfTheWorkEndsNoCleanup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.open()
	a := w.attempt("clean/timeout", "good", "clean-success")
	a.Request.Timeout = time.Millisecond
	n := w.launch(h, a)
	n.begin()
	awaitCleanup(a)
	w.outlast(a)
	w.tell(a)
	if o := n.end(); o.Status != protocol.Success || o.Message != "" {
		t.Errorf("%+v", o)
	}
}

func TestForceEndsACleanup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits = usualLimits()
	h := w.open()
	a := w.attempt("clean/force", "good", "clean")
	n := w.launch(h, a)
	n.begin()
	h.Stop(a.Request.Attempt, false)
	awaitCleanup(a)
	h.Stop(a.Request.Attempt, true)
	if o := n.end(); o.Status != protocol.Canceled || o.Message != "" {
		t.Errorf("%+v", o)
	}
}

func TestACleanupThatIsOverdueIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.open()
	a := w.attempt("clean/overdue", "good", "clean-overdue")
	n := w.launch(h, a)
	n.begin()
	h.Stop(a.Request.Attempt, false)
	if o := n.end(); o.Status != protocol.Canceled || !strings.Contains(o.Message, "cut short: it did not end in time, and was killed") {
		t.Errorf("%+v", o)
	}
}

// The daemon dies while the cleanup goes on; what the next one does, and what
// must come of it.
func TestACleanupOutlivesAKilledDaemon(t *testing.T) {
	tests := []struct {
		name    string
		end     func(w *world, h *Host, a Attempt)
		message string
	}{
		{"it ends", func(w *world, _ *Host, a Attempt) { w.tell(a) }, ""},
		{"it is stopped again", func(w *world, h *Host, a Attempt) {
			h.Stop(a.Request.Attempt, false)
			w.outlast(a)
			w.tell(a)
		}, ""},
		{"it is forced", func(_ *world, h *Host, a Attempt) { h.Stop(a.Request.Attempt, true) }, ""},
		{"its process is killed", func(w *world, h *Host, _ Attempt) {
			if err := h.left()[0].kill(); err != nil {
				w.t.Error(err)
			}
		}, "the work had ended; the cleanup after it was cut short: process"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.attempt("clean/adopted", "good", "clean")
			w.kill(order{Config: w.config, Attempts: []Attempt{a}, Stop: true})
			h := w.open()
			a.Canceled = true
			n := w.launch(h, a)
			n.begin()
			test.end(w, h, a)
			if o := n.end(); o.Status != protocol.Canceled || !strings.HasPrefix(o.Message, test.message) || test.message == "" && o.Message != "" {
				t.Errorf("%+v", o)
			}
			if got := w.effects(a); got != 1 {
				t.Errorf("it began %d times", got)
			}
		})
	}
}

func TestACleanupOfAnUnreachableProcessHasItsTime(t *testing.T) {
	t.Parallel()
	w, a, p := interrupted(t, "clean-success")
	awaitCleanup(a)
	if err := os.Remove(p.Address); err != nil {
		t.Fatal(err)
	}
	h := w.open()
	n := w.launch(h, a)
	n.begin()
	h.Stop(a.Request.Attempt, false)
	w.outlast(a)
	w.tell(a)
	if o := n.end(); o.Status != protocol.Success || o.Message != "" {
		t.Errorf("%+v", o)
	}
	end(t, p)
}

func TestAKilledCleanupWithoutADaemonEndsAsItsWorkDid(t *testing.T) {
	w, a, p := interrupted(t, "clean-success")
	awaitCleanup(a)
	pinned, err := openHandle(p.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := pinned.signal(9); err != nil {
		t.Fatal(err)
	}
	if err := awaitHandle(pinned, patience); err != nil {
		t.Fatal(err)
	}
	o := w.launch(w.open(), a).end()
	if o.Status != protocol.Success || !strings.Contains(o.Message, "cut short: the plugin process ended while no daemon was watching") {
		t.Errorf("%+v", o)
	}
}

// afterScript is an attempt of the real shell: its after_script tells its begin
// and goes on until it is told.
func (w *world) afterScript(name, script string) Attempt {
	install(w.t, w.config.Directories[0], "shell", nil)
	a := w.attempt(name, "shell", "clean")
	a.Request.Settings = map[string]any{
		"script":       script,
		"after_script": `echo $PENSTOCK_STATUS >> after; read line < "` + a.Directory + `.finish" || echo done >> after`,
	}
	return a
}

func (w *world) after() string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.work, "after"))
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	return string(text)
}

func TestAfterScriptRunsOnceThroughADaemonsDeath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.afterScript("shell/adopted", "sleep 600")
	w.kill(order{Config: w.config, Attempts: []Attempt{a}, Stop: true})
	h := w.open()
	a.Canceled = true
	n := w.launch(h, a)
	n.begin()
	h.Stop(a.Request.Attempt, false)
	w.outlast(a)
	w.tell(a)
	if o := n.end(); o.Status != protocol.Canceled || w.after() != "canceled\ndone\n" {
		t.Errorf("%+v, after_script said %q", o, w.after())
	}
}

func TestForceEndsTheAfterScriptOfAFormerDaemon(t *testing.T) {
	w := newWorld(t)
	a := w.afterScript("shell/forced", "sleep 600")
	a.Request.Grace = time.Hour
	w.kill(order{Config: w.config, Attempts: []Attempt{a}, Stop: true})
	h := w.open()
	n := w.launch(h, a)
	n.begin()
	h.Stop(a.Request.Attempt, false)
	h.Stop(a.Request.Attempt, true)
	if o := n.end(); o.Status != protocol.Canceled || strings.Contains(w.after(), "done") {
		t.Errorf("%+v, after_script said %q", o, w.after())
	}
}

func TestARecordOfACleanupIsNotTrustedBlindly(t *testing.T) {
	good := protocol.Result{Attempt: "a", Status: protocol.Success, EndedAt: time.Now()}
	with := func(change func(*protocol.Result)) protocol.Result {
		r := good
		change(&r)
		return r
	}
	tests := []struct {
		name   string
		record any
		most   time.Duration // the host waits; 0: it does not
	}{
		{"good", protocol.Cleanup{Limit: time.Minute, Result: good}, time.Minute + time.Second},
		{"for ever", protocol.Cleanup{Limit: 1 << 62, Result: good}, protocol.MaxCleanup + time.Second},
		{"from the future", protocol.Cleanup{Limit: time.Minute, Result: with(func(r *protocol.Result) { r.EndedAt = r.EndedAt.Add(time.Hour) })}, time.Minute + time.Second},
		{"overdue", protocol.Cleanup{Limit: time.Minute, Result: with(func(r *protocol.Result) { r.EndedAt = r.EndedAt.Add(-time.Hour) })}, 0},
		{"negative", protocol.Cleanup{Limit: -time.Minute, Result: good}, 0},
		{"of another", protocol.Cleanup{Limit: time.Minute, Result: with(func(r *protocol.Result) { r.Attempt = "b" })}, 0},
		{"after a timeout", protocol.Cleanup{Limit: time.Minute, Result: with(func(r *protocol.Result) {
			r.Status, r.FailureReason = protocol.Failed, protocol.StepTimeout
		})}, 0},
		{"garbage", "garbage", 0},
	}
	for _, test := range tests {
		dir := t.TempDir()
		text, err := json.Marshal(test.record)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, protocol.CleanupFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		e := &entry{name: "a", attempt: Attempt{Directory: dir, Request: protocol.Request{Grace: time.Second}}}
		if left := e.cleaning(); left > test.most || test.most > 0 && left < test.most-10*time.Second {
			t.Errorf("%s: the host waits %v, want %v", test.name, left, test.most)
		}
		if e.forced = true; e.cleaning() > 0 {
			t.Errorf("%s: the host waits although it is forced", test.name)
		}
	}
}
