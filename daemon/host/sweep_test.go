package host

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/penstock/penstock/plugins/protocol"
)

// grouped opens a host that has a cgroup, or skips.
func (w *world) grouped() *Host {
	w.t.Helper()
	h := w.open()
	if h.cgroup == "" {
		w.t.Skip("this machine or user allows no cgroup")
	}
	return h
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func TestEmptyCgroupsOfForgottenProcessesAreSweptAtOpen(t *testing.T) {
	w := newWorld(t)
	h := w.grouped()
	n := w.launch(h, w.attempt("sweep/a", "good", "block"))
	n.begin()
	known := h.left()[0]
	empty, full, foreign := filepath.Join(h.cgroup, "aaaaaaaa"), filepath.Join(h.cgroup, "bbbbbbbb"), filepath.Join(h.cgroup, "other")
	for _, path := range []string{filepath.Join(empty, leafName), filepath.Join(full, leafName), foreign} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	defer os.Remove(foreign)
	inhabit(t, filepath.Join(full, leafName))
	h.Close()
	w.open()
	if isThere(empty) {
		t.Error("the empty cgroup of no process is still there")
	}
	for _, path := range []string{full, foreign, known.Cgroup} {
		if !isThere(path) {
			t.Errorf("%s was removed", path)
		}
	}
}

// inhabit puts a process into a cgroup until the test ends.
func inhabit(t *testing.T, path string) {
	t.Helper()
	sleeper := exec.Command("sleep", "1000")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sleeper.Process.Kill(); err != nil {
			t.Error(err)
		}
		if err := sleeper.Wait(); err == nil {
			t.Error("it ended by itself")
		}
	})
	if err := os.WriteFile(filepath.Join(path, "cgroup.procs"), []byte(strconv.Itoa(sleeper.Process.Pid)), 0); err != nil {
		t.Fatal(err)
	}
}

func TestCloseRemovesTheOwnCgroupOnceNothingIsAtWorkInIt(t *testing.T) {
	w := newWorld(t)
	h := w.grouped()
	if o := w.launch(h, w.attempt("close/idle", "good", "succeed")).end(); o.Status != protocol.Success {
		t.Fatalf("%+v", o)
	}
	n := w.launch(h, w.attempt("close/busy", "wide", "block"))
	n.begin()
	h.Close()
	if !isThere(h.cgroup) {
		t.Fatal("it was removed with a process in it")
	}
	h = w.open()
	a := w.attempt("close/busy", "wide", "block")
	n = w.launch(h, a)
	n.begin()
	h.Stop("close/busy", false)
	if o := n.end(); o.Status != protocol.Canceled {
		t.Fatalf("%+v", o)
	}
	h.Close()
	if isThere(h.cgroup) {
		entries, err := os.ReadDir(h.cgroup)
		t.Errorf("it is still there, with %v, %v", entries, err)
	}
}
