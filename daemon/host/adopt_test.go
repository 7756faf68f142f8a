package host

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/penstock/penstock/plugins/protocol"
)

// order is what a daemon of the tests is to do, in a process of its own.
type order struct {
	Config   Config
	Attempts []Attempt
	Stop     bool // and wait for their cleanup
}

// runDaemon launches the attempts of an order, says when all have begun, or
// clean up, and waits to be killed.
func runDaemon(place string) {
	text, err := os.ReadFile(place)
	must(err)
	var o order
	must(json.Unmarshal(text, &o))
	h, err := Open(context.Background(), o.Config)
	must(err)
	begun := make(chan struct{}, len(o.Attempts))
	for _, a := range o.Attempts {
		h.Launch(a, func(r Report) {
			if r.Kind == Begun {
				begun <- struct{}{}
			}
		})
	}
	for range o.Attempts {
		<-begun
	}
	for _, a := range o.Attempts {
		if o.Stop {
			h.Stop(a.Request.Attempt, false)
			awaitCleanup(a)
		}
	}
	fmt.Println("ready")
	pauseForever()
}

// killedDaemon has a daemon begin the attempts and kills it.
func (w *world) killedDaemon(attempts []Attempt) {
	w.t.Helper()
	w.kill(order{Config: w.config, Attempts: attempts})
}

// kill has a daemon do what is ordered and kills it.
func (w *world) kill(o order) {
	w.t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		w.t.Fatal(err)
	}
	place := filepath.Join(w.t.TempDir(), "order")
	if err := os.WriteFile(place, text, 0o600); err != nil {
		w.t.Fatal(err)
	}
	daemon := exec.Command("/proc/self/exe")
	daemon.Env = append(os.Environ(), "PENSTOCK_TEST_DAEMON="+place)
	daemon.Stderr = os.Stderr
	out, err := daemon.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		w.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "ready\n" {
		w.t.Fatalf("the daemon says %q, %v", line, err)
	}
	if err := daemon.Process.Kill(); err != nil {
		w.t.Fatal(err)
	}
	if err := daemon.Wait(); err == nil {
		w.t.Fatal("the daemon was not killed")
	}
}

// tell ends the work of an attempt that waits until it is told.
func (w *world) tell(a Attempt) {
	w.t.Helper()
	fifo, err := os.OpenFile(a.Directory+".finish", os.O_WRONLY, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := fifo.Close(); err != nil {
		w.t.Fatal(err)
	}
}

func TestAttemptsOutliveAKilledDaemon(t *testing.T) {
	w := newWorld(t)
	var attempts []Attempt
	for i := range 12 {
		attempts = append(attempts, w.attempt(fmt.Sprintf("live/%d", i), "good", "until-told"))
	}
	w.killedDaemon(attempts)
	w.tell(attempts[0]) // ends while nobody watches, or soon after
	h := w.open()
	if got := len(h.left()); got != len(attempts) {
		t.Errorf("%d processes adopted, want %d", got, len(attempts))
	}
	var all []*news
	for _, a := range attempts {
		all = append(all, w.launch(h, a))
	}
	for i, n := range all {
		if i > 0 {
			n.begin()
		}
	}
	for i, a := range attempts {
		if i > 0 {
			w.tell(a)
		}
		if o := all[i].end(); o.Status != protocol.Success {
			t.Errorf("%s: %+v", a.Request.Attempt, o)
		}
		if got := w.effects(a); got != 1 {
			t.Errorf("%s began %d times", a.Request.Attempt, got)
		}
	}
	if o := w.launch(h, w.attempt("live/after", "good", "succeed")).end(); o.Status != protocol.Success {
		t.Errorf("an adopted process does not serve: %+v", o)
	}
}

func TestAdoptedAttemptCanBeStopped(t *testing.T) {
	for _, do := range []string{"block", "stubborn"} {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.attempt("adopted/"+do, "good", do)
			w.killedDaemon([]Attempt{a})
			h := w.open()
			n := w.launch(h, a)
			h.Stop(a.Request.Attempt, false)
			if o := n.end(); o.Status != protocol.Canceled {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestAdoptedProcessThatDiesFailsItsAttempt(t *testing.T) {
	w := newWorld(t)
	a := w.attempt("adopted/dies", "good", "block")
	w.killedDaemon([]Attempt{a})
	h := w.open()
	n := w.launch(h, a)
	n.begin()
	if err := h.left()[0].kill(); err != nil {
		t.Fatal(err)
	}
	if o := n.end(); o.FailureReason != protocol.PluginFailure {
		t.Errorf("%+v", o)
	}
}

// interrupted is a world whose host was closed with one busy process.
func interrupted(t *testing.T, do string) (*world, Attempt, *process) {
	t.Helper()
	w := newWorld(t)
	a := w.attempt("busy/"+do, "good", do)
	h := w.open()
	w.launch(h, a).begin()
	p := h.left()[0]
	h.Close()
	if !p.alive() {
		t.Fatal("Close ended a busy process")
	}
	return w, a, p
}

func TestProcessThatDiedUnwatchedLosesItsAttempt(t *testing.T) {
	w, a, p := interrupted(t, "block")
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
	h := w.open()
	o := w.launch(h, a).end()
	if o.Status != protocol.Failed || o.FailureReason != Lost || o.BegunAt.IsZero() {
		t.Errorf("%+v", o)
	}
	if exists(w.config.Runtime, p.Name) {
		t.Error("the directory of the dead process is still there")
	}
}

func TestSpawnedButNotRecordedProcessIsFound(t *testing.T) {
	w, a, p := interrupted(t, "until-told")
	bare := record{Name: p.Name, Type: p.Type, Path: p.Path, SHA256: p.SHA256, BootID: p.BootID, Cgroup: p.Cgroup}
	if err := bare.write(p.dir); err != nil {
		t.Fatal(err)
	}
	h := w.open()
	n := w.launch(h, a)
	n.begin()
	if got := h.left(); len(got) != 1 || got[0].record != p.record || got[0].client == nil {
		t.Errorf("%+v", got)
	}
	w.tell(a)
	if o := n.end(); o.Status != protocol.Success {
		t.Errorf("%+v", o)
	}
}

func TestAttemptOfAnUnreachableProcessIsWaitedFor(t *testing.T) {
	tests := []struct {
		name string
		hide func(w *world, p *process) error
	}{
		{"no socket", func(_ *world, p *process) error { return os.Remove(p.Address) }},
		{"no record", func(_ *world, p *process) error { return os.RemoveAll(p.dir) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, a, p := interrupted(t, "until-told")
			if err := test.hide(w, p); err != nil {
				t.Fatal(err)
			}
			h := w.open()
			n := w.launch(h, a)
			n.begin()
			w.tell(a)
			if o := n.end(); o.Status != protocol.Success {
				t.Errorf("%+v", o)
			}
			if got := w.effects(a); got != 1 {
				t.Errorf("it began %d times", got)
			}
			end(t, p)
		})
		t.Run(test.name+", stopped", func(t *testing.T) {
			t.Parallel()
			w, a, p := interrupted(t, "stubborn")
			if err := test.hide(w, p); err != nil {
				t.Fatal(err)
			}
			h := w.open()
			n := w.launch(h, a)
			h.Stop(a.Request.Attempt, false)
			if o := n.end(); o.Status != protocol.Canceled {
				t.Errorf("%+v", o)
			}
		})
	}
}

// end kills a process that no host knows.
func end(t *testing.T, p *process) {
	t.Helper()
	pinned, err := openHandle(p.Pid)
	if err != nil {
		return
	}
	defer pinned.close()
	if start, err := startTime(p.Pid); err == nil && start == p.StartTime {
		if err := pinned.signal(9); err != nil {
			t.Error(err)
		}
	}
}

func TestAnotherProcessWithTheRecordedPidIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(w.config.Runtime, "abcdefgh")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	victim := exec.Command("sleep", "1000")
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	forged := record{Name: "abcdefgh", Type: "good", BootID: w.boot, Pid: victim.Process.Pid, StartTime: 1, Protocol: 1, Address: filepath.Join(dir, "s")}
	if err := forged.write(dir); err != nil {
		t.Fatal(err)
	}
	h := w.open()
	if got := len(h.left()); got != 0 {
		t.Errorf("%d processes adopted", got)
	}
	h.Close()
	if state := stateOf(fmt.Sprint(victim.Process.Pid)); state == "" || state == "Z" {
		t.Error("the stranger was killed")
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := victim.Wait(); err == nil {
		t.Error("sleep ended well")
	}
}

func TestWhatTheDirectorySays(t *testing.T) {
	tests := []struct {
		name   string
		files  []string
		boot   string
		status string
		reason string
	}{
		{"made by a daemon that died then", nil, "", protocol.Success, ""},
		{"request, same boot", []string{protocol.RequestFile}, "", protocol.Success, ""},
		{"request, other boot", []string{protocol.RequestFile}, "other", protocol.Failed, Lost},
		{"go, same boot", []string{protocol.RequestFile, protocol.LockFile, protocol.GoFile}, "", protocol.Failed, Lost},
		{"go, other boot", []string{protocol.RequestFile, protocol.LockFile, protocol.GoFile}, "other", protocol.Failed, Lost},
	}
	w := newWorld(t)
	h := w.open()
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := w.attempt(fmt.Sprintf("dir/%d", i), "good", "succeed")
			if test.boot != "" {
				a.BootID = test.boot
			}
			if err := os.Mkdir(a.Directory, 0o700); err != nil {
				t.Fatal(err)
			}
			request, err := json.Marshal(a.Request)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range test.files {
				if err := os.WriteFile(filepath.Join(a.Directory, name), request, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if o := w.launch(h, a).end(); o.Status != test.status || o.FailureReason != test.reason {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestCloseLeavesNothingOfOursBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	w := newWorld(t)
	w.limits.start = 2 * patience // which Close does not wait for
	h := w.open()
	if o := w.launch(h, w.attempt("close/a", "good", "succeed")).end(); o.Status != protocol.Success {
		t.Fatalf("%+v", o)
	}
	w.launch(h, w.attempt("close/b", "silent", "succeed")) // is being started
	busy := w.launch(h, w.attempt("close/c", "wide", "block"))
	busy.begin()
	begun := time.Now()
	h.Close()
	if took := time.Since(begun); took > patience {
		t.Errorf("Close took %v", took)
	}
	goleak.VerifyNone(t, before)
	entries, err := os.ReadDir(w.config.Runtime)
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the runtime directory: %v, %v; want the busy process", entries, err)
	}
}

// The plugin process of an attempt dies while the host is being closed.
func TestCloseLetsGoOfAProcessThatDiesMeanwhile(t *testing.T) {
	before := goleak.IgnoreCurrent()
	w := newWorld(t)
	h := w.open()
	n := w.launch(h, w.attempt("close/dying", "good", "block"))
	n.begin()
	p := h.left()[0]
	h.shut()
	if err := p.kill(); err != nil {
		t.Fatal(err)
	}
	n.end()
	h.Close()
	goleak.VerifyNone(t, before)
}

// go-plugin ends what it does with a process as soon as nobody waits for that any
// more, and may be about to connect to it.
func TestAConnectionThatGoPluginFailsOnIsClosed(t *testing.T) {
	before := goleak.IgnoreCurrent()
	w := newWorld(t)
	h := w.open()
	n := w.launch(h, w.attempt("close/failing", "good", "block"))
	n.begin()
	p := h.left()[0]
	h.cancel()
	failed := 0
	for range 100 {
		again := &process{record: p.record, dir: p.dir, done: p.done, away: p.away}
		client, err := h.reattach(again)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Start(); err != nil {
			t.Fatal(err)
		}
		for !client.Exited() {
			runtime.Gosched()
		}
		if h.connect(t.Context(), again, client) != nil {
			failed++
		}
		if err := again.close(); err != nil {
			t.Error(err)
		}
	}
	if failed == 0 {
		t.Error("go-plugin failed on no connection: this test shows nothing any more")
	}
	h.Close()
	goleak.VerifyNone(t, before)
}
