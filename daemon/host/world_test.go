package host

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/plugins/protocol"
)

// world is a place for hosts that follow each other on one runtime directory.
type world struct {
	t      *testing.T
	config Config
	limits limits
	boot   string
	work   string
}

// brisk is patience for tests: long enough for a loaded machine where a test
// wants success, short where it waits for the end of it.
func brisk() limits {
	l := usualLimits()
	l.slack = 1500 * time.Millisecond
	return l
}

func newWorld(t *testing.T) *world {
	t.Helper()
	runtime, err := os.MkdirTemp("", "pen")
	if err != nil {
		t.Fatal(err)
	}
	boot, err := BootID()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, limits: brisk(), boot: boot, work: t.TempDir(), config: Config{
		Directories: []string{plugins(t)}, Runtime: filepath.Join(runtime, "p"),
		Idle: time.Minute, Cgroup: "auto",
	}}
	t.Cleanup(func() { w.clean(runtime) })
	return w
}

// plugins is a directory with this test's binary under the name of each fake.
func plugins(t *testing.T, kinds ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if len(kinds) == 0 {
		kinds = []string{"good", "wide", "liar", "silent", "garbage", "endless", "broken", "elsewhere", "future", "impostor"}
	}
	for _, kind := range kinds {
		install(t, dir, kind, nil)
	}
	return dir
}

// install puts a copy of this binary, with something appended to it, under the
// name of a plugin.
func install(t *testing.T, dir, kind string, more []byte) {
	t.Helper()
	path := filepath.Join(dir, protocol.BinaryPrefix+kind)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if more == nil && os.Link(self, path) == nil {
		if os.Chmod(path, 0o755) == nil {
			return
		}
	}
	source, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		t.Fatal(err)
	}
	if _, err := target.Write(more); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// clean ends what the last host left.
func (w *world) clean(runtime string) {
	w.config.Idle = time.Nanosecond
	h, err := open(context.Background(), w.config, w.limits)
	if err != nil {
		w.t.Error(err)
		return
	}
	for _, p := range h.left() {
		if err := p.kill(); err != nil {
			w.t.Error(err)
		}
		<-p.done
	}
	h.Close()
	if h.cgroup != "" {
		if err := killCgroup(context.Background(), h.cgroup); err != nil {
			w.t.Error(err)
		}
	}
	if err := os.RemoveAll(runtime); err != nil {
		w.t.Error(err)
	}
}

func (w *world) open() *Host {
	w.t.Helper()
	h, err := open(context.Background(), w.config, w.limits)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(h.Close)
	return h
}

// attempt is one that is to do something on a plugin.
func (w *world) attempt(name, kind, do string) Attempt {
	if do == "until-told" || strings.HasPrefix(do, "clean") {
		if err := unix.Mkfifo(filepath.Join(w.work, strings.ReplaceAll(name, "/", "-")+".finish"), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return Attempt{
		Directory: filepath.Join(w.work, strings.ReplaceAll(name, "/", "-")), Type: kind, BootID: w.boot,
		Request: protocol.Request{
			Attempt: name, Settings: map[string]any{"do": do}, Workspace: w.work, Grace: 50 * time.Millisecond,
		},
	}
}

// news collects the reports of one launch.
type news struct {
	t     *testing.T
	begun chan Outcome
	ended chan Outcome
}

func (w *world) launch(h *Host, a Attempt) *news {
	n := &news{t: w.t, begun: make(chan Outcome, 2), ended: make(chan Outcome, 2)}
	h.Launch(a, func(r Report) {
		if r.Attempt != a.Request.Attempt {
			w.t.Errorf("report of %q to the launcher of %q", r.Attempt, a.Request.Attempt)
		}
		switch r.Kind {
		case Begun:
			n.begun <- r.Outcome
		case Ended:
			n.ended <- r.Outcome
		}
	})
	return n
}

const patience = 60 * time.Second

func (n *news) end() Outcome {
	n.t.Helper()
	select {
	case o := <-n.ended:
		return o
	case <-time.After(patience):
		n.t.Fatal("no end is reported")
		return Outcome{}
	}
}

func (n *news) begin() Outcome {
	n.t.Helper()
	select {
	case o := <-n.begun:
		return o
	case o := <-n.ended:
		n.t.Fatalf("ended before it began: %+v", o)
	case <-time.After(patience):
		n.t.Fatal("no begin is reported")
	}
	return Outcome{}
}

// effects is how often the work of an attempt began.
func (w *world) effects(a Attempt) int {
	text, err := os.ReadFile(a.Directory + ".effects")
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	return len(text)
}
