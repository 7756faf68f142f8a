package host

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

func TestOutcomes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.open()
	tests := []struct {
		do, status, reason, message string
		effects                     int
	}{
		{"succeed", protocol.Success, "", "", 1},
		{"outputs", protocol.Success, "", "", 1},
		{"fail", protocol.Failed, protocol.ScriptFailure, "", 1},
		{"fall-silent", protocol.Failed, protocol.StuckOrTimeout, "", 1},
		{"crash", protocol.Failed, protocol.PluginFailure, "exit status 5; its last words: panic: out of cheese\\u001b", 1},
		{"die-after-result", protocol.Success, "", "", 1},
		{"die-once-before-go", protocol.Success, "", "", 1},
		{"die-before-go", protocol.Failed, protocol.PluginFailure, "exit status 4; its last words: dying early", 0},
		{"refuse", protocol.Failed, protocol.PluginFailure, `InvalidArgument: I do not like it\u001b[31m`, 0},
		{"let-go", protocol.Failed, protocol.PluginFailure, "without a result", 1},
		{"bad-result", protocol.Failed, protocol.PluginFailure, `is of attempt "somebody/else"`, 1},
	}
	for _, test := range tests {
		t.Run(test.do, func(t *testing.T) {
			a := w.attempt("out/"+test.do, "good", test.do)
			n := w.launch(h, a)
			o := n.end()
			if o.Status != test.status || o.FailureReason != test.reason || !strings.Contains(o.Message, test.message) {
				t.Errorf("outcome %s, %s, %q", o.Status, o.FailureReason, o.Message)
			}
			if got := w.effects(a); got != test.effects {
				t.Errorf("the work began %d times, want %d", got, test.effects)
			}
			if began := len(n.begun); began > test.effects {
				t.Errorf("%d begins reported, want at most %d", began, test.effects)
			}
			if test.do == "outputs" && o.Outputs["answer"] != "42" {
				t.Errorf("outputs %v", o.Outputs)
			}
			if test.do == "fail" && (o.ExitCode == nil || *o.ExitCode != 7) {
				t.Errorf("exit code %v", o.ExitCode)
			}
			if test.status == protocol.Success && (o.Plugin.Version != "1.2.3" || len(o.Plugin.SHA256) != 64 || o.LogSize != 7) {
				t.Errorf("plugin %+v, log size %d", o.Plugin, o.LogSize)
			}
		})
	}
}

func TestProcessThatCannotStartIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.start = 5 * time.Second
	h := w.open()
	tests := []struct{ kind, reason, message string }{
		{"absent", PluginMissing, "is not installed: no penstock-step-absent in "},
		{"silent", protocol.PluginFailure, "plugin silent did not start: it printed no go-plugin handshake within 5s\nfile: "},
		{"garbage", protocol.PluginFailure, `on stdout: "\x1b[31mhello\x00 world\nthis is no plugin\n"`},
		{"endless", protocol.PluginFailure, "no handshake in the first 65536 bytes"},
		{"broken", protocol.PluginFailure, "\non stdout: \"\"\non stderr: cannot find libfoo"},
		{"elsewhere", protocol.PluginFailure, "no socket in its directory"},
		{"future", protocol.PluginFailure, "incompatible API version"},
		{"impostor", protocol.PluginFailure, "listens on"},
		{"liar", protocol.PluginFailure, `it says that it is plugin "other"`},
		{"../good", protocol.PluginFailure, "a type has 1 to 63"},
	}
	for _, test := range tests {
		t.Run(test.kind, func(t *testing.T) {
			o := w.launch(h, w.attempt("start/"+test.kind, test.kind, "succeed")).end()
			if o.Status != protocol.Failed || o.FailureReason != test.reason || !strings.Contains(o.Message, test.message) {
				t.Errorf("%s: %q, want %s: %q", o.FailureReason, o.Message, test.reason, test.message)
			}
			if !o.BegunAt.IsZero() {
				t.Error("it says that the work began")
			}
		})
	}
	if entries, err := os.ReadDir(w.config.Runtime); err != nil || len(entries) != 0 {
		t.Errorf("left in the runtime directory: %v, %v", entries, err)
	}
}

func TestWarmProcessIsUsedAgain(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	for _, name := range []string{"a", "b", "c"} {
		if o := w.launch(h, w.attempt("warm/"+name, "good", "succeed")).end(); o.Status != protocol.Success {
			t.Fatalf("%+v", o)
		}
	}
	states, err := h.Plugins()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		if s.Type == "good" && (s.Processes != 1 || s.Attempts != 0 || s.Description.Version != "1.2.3") {
			t.Errorf("%+v", s)
		}
	}
}

func TestIdleProcessEnds(t *testing.T) {
	w := newWorld(t)
	w.config.Idle = 20 * time.Millisecond
	h := w.open()
	n := w.launch(h, w.attempt("idle/a", "good", "block"))
	n.begin()
	p := h.left()[0]
	h.Stop("idle/a", false)
	if o := n.end(); o.Status != protocol.Canceled {
		t.Fatalf("%+v", o)
	}
	await(t, p.done, "the end of the idle process")
	if p.status != "exit status 0" {
		t.Errorf("it ended with %s", p.status)
	}
}

func await(t *testing.T, done <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
}

func TestManyAttemptsShareAWideProcess(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	if _, err := h.Describe(t.Context(), "wide"); err != nil {
		t.Fatal(err)
	}
	var all []*news
	for i := range 50 {
		all = append(all, w.launch(h, w.attempt("wide/"+string(rune('A'+i)), "wide", "block")))
	}
	for _, n := range all {
		n.begin()
	}
	if got := len(h.left()); got != 1 {
		t.Errorf("%d processes for 50 attempts of a plugin with room for 100", got)
	}
	for i := range 50 {
		h.Stop("wide/"+string(rune('A'+i)), false)
	}
	for _, n := range all {
		if o := n.end(); o.Status != protocol.Canceled {
			t.Errorf("%+v", o)
		}
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	tests := []struct {
		do      string
		force   bool
		message string
	}{
		{"block", false, ""},
		{"obey-force", true, ""},
		{"obey-force", false, ""}, // force comes when the slack is half over
		{"stubborn", false, "it was killed"},
		{"stubborn", true, "it was killed"},
	}
	w := newWorld(t)
	h := w.open()
	for _, test := range tests {
		t.Run(test.do, func(t *testing.T) {
			name := "stop/" + t.Name()
			n := w.launch(h, w.attempt(name, "good", test.do))
			n.begin()
			h.Stop(name, test.force)
			if o := n.end(); o.Status != protocol.Canceled || o.FailureReason != "" || !strings.Contains(o.Message, test.message) {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestStopBeforeAProcessIsThere(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	a := w.attempt("stop/early", "silent", "succeed")
	n := w.launch(h, a)
	h.Stop("stop/early", false)
	if o := n.end(); o.Status != protocol.Canceled || !o.BegunAt.IsZero() {
		t.Errorf("%+v", o)
	}
}

func TestPluginThatIgnoresTheDeadlineIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.open()
	a := w.attempt("deadline/a", "good", "stubborn")
	a.Request.Timeout = 50 * time.Millisecond
	if o := w.launch(h, a).end(); o.Status != protocol.Failed || o.FailureReason != protocol.StepTimeout || !strings.Contains(o.Message, "timeout of 50ms") {
		t.Errorf("%+v", o)
	}
}

func TestMuteProcessIsReplacedAndThenGivenUp(t *testing.T) {
	w := newWorld(t)
	w.limits.first = 100 * time.Millisecond
	h := w.open()
	a := w.attempt("mute/a", "good", "mute")
	o := w.launch(h, a).end()
	if o.FailureReason != protocol.PluginFailure || !strings.Contains(o.Message, "did not answer within 100ms") {
		t.Errorf("%+v", o)
	}
	if got := w.effects(a); got != 0 {
		t.Errorf("the work began %d times", got)
	}
}

func TestCrashLeavesNoProcessOfTheStep(t *testing.T) {
	for _, cgroup := range []string{"auto", "off"} {
		t.Run(cgroup, func(t *testing.T) {
			w := newWorld(t)
			w.config.Cgroup = cgroup
			h := w.open()
			a := w.attempt("fork/"+cgroup, "good", "fork")
			o := w.launch(h, a).end()
			if o.FailureReason != protocol.PluginFailure {
				t.Fatalf("%+v", o)
			}
			text, err := os.ReadFile(a.Directory + ".pid")
			if err != nil {
				t.Fatal(err)
			}
			if state := stateOf(strings.TrimSpace(string(text))); state != "" && state != "Z" {
				t.Errorf("process %s of the dead attempt is in state %s", text, state)
			}
		})
	}
}

// stateOf is a process's state, "" when there is none.
func stateOf(pid string) string {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return ""
	}
	return string(statFields(stat)[0])
}

func TestLaunchedTwiceWorksOnceAndTellsBoth(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	a := w.attempt("twice/a", "good", "block")
	first := w.launch(h, a)
	first.begin()
	second := w.launch(h, a)
	second.begin()
	h.Stop("twice/a", false)
	if f, s := first.end(), second.end(); f.Status != protocol.Canceled || s.Status != f.Status {
		t.Errorf("%+v, %+v", f, s)
	}
	if third := w.launch(h, a).end(); third.Status != protocol.Canceled {
		t.Errorf("after the end: %+v", third)
	}
	if got := w.effects(a); got != 1 {
		t.Errorf("the work began %d times", got)
	}
}

func TestDescribeAndCheck(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	d, err := h.Describe(t.Context(), "wide")
	if err != nil || d.Capacity != 100 || d.Version != "1.2.3" || len(d.SHA256) != 64 {
		t.Errorf("%+v, %v", d, err)
	}
	if p, err := h.Check(t.Context(), "good", map[string]any{"do": "fine"}); err != nil || len(p) != 0 {
		t.Errorf("%v, %v", p, err)
	}
	p, err := h.Check(t.Context(), "good", map[string]any{"do": "wrong"})
	if err != nil || len(p) != 1 || p[0] != (Problem{"do", `is wrong\u001b`}) {
		t.Errorf("%v, %v", p, err)
	}
	if _, err := h.Describe(t.Context(), "absent"); err == nil || !strings.Contains(err.Error(), "is not installed") {
		t.Errorf("%v", err)
	}
}

func TestChangedBinaryServesNewAttemptsAndOldProcessFinishes(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	old := w.launch(h, w.attempt("swap/old", "good", "block"))
	was := old.begin().Plugin.SHA256
	p := h.left()[0]
	install(t, w.config.Directories[0], "good", []byte("new"))
	fresh := w.launch(h, w.attempt("swap/new", "good", "succeed")).end()
	if fresh.Status != protocol.Success || fresh.Plugin.SHA256 == was {
		t.Errorf("%+v", fresh)
	}
	h.Stop("swap/old", false)
	if o := old.end(); o.Status != protocol.Canceled || o.Plugin.SHA256 != was {
		t.Errorf("%+v", o)
	}
	await(t, p.done, "the end of the old binary's process")
}

func TestBinaryThatOthersCouldChangeIsRefused(t *testing.T) {
	tests := []struct {
		name, message string
		spoil         func(dir, path string) error
	}{
		{"writable file", "can be written by others (mode 0777)", func(_, path string) error { return os.Chmod(path, 0o777) }},
		{"writable directory", "its directory", func(dir, _ string) error { return os.Chmod(dir, 0o777) }},
		{"not executable", "not an executable file", func(_, path string) error { return os.Chmod(path, 0o644) }},
		{"link out of the directory", "is refused", func(dir, path string) error {
			out := filepath.Join(dir, "..", filepath.Base(dir)+"-out")
			if err := os.Rename(path, out); err != nil {
				return err
			}
			return os.Symlink(out, path)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			dir := w.config.Directories[0]
			install(t, dir, "good", []byte("x")) // a file of its own: the others are links to this binary
			if err := test.spoil(dir, filepath.Join(dir, protocol.BinaryPrefix+"good")); err != nil {
				t.Fatal(err)
			}
			_, err := w.open().Describe(t.Context(), "good")
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("%v, want %q", err, test.message)
			}
		})
	}
}

func TestPinIsChecked(t *testing.T) {
	w := newWorld(t)
	w.config.Pins = map[string]string{"good": strings.Repeat("0", 64)}
	h := w.open()
	if _, err := h.Describe(t.Context(), "good"); err == nil || !strings.Contains(err.Error(), "is pinned") {
		t.Errorf("%v", err)
	}
	h.Reload(time.Minute, nil)
	if _, err := h.Describe(t.Context(), "good"); err != nil {
		t.Error(err)
	}
}

func TestRuntimeDirectoryTooLongForASocket(t *testing.T) {
	_, err := Open(context.Background(), Config{Runtime: "/" + strings.Repeat("x", 90)})
	if err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("%v", err)
	}
}

func TestOwnOutputOfAProcessStaysSmall(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	if o := w.launch(h, w.attempt("print/a", "good", "print")).end(); o.Status != protocol.Success {
		t.Fatalf("%+v", o)
	}
	h.trim()
	info, err := os.Stat(filepath.Join(h.left()[0].dir, stderrFile))
	if err != nil {
		t.Fatal(err)
	}
	if kept := info.Sys().(*syscall.Stat_t).Blocks * 512; kept > keptOwnOutput+8<<10 {
		t.Errorf("%d bytes are kept of its stderr", kept)
	}
}
