package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func newTestGuide(t *testing.T) *guide {
	t.Helper()
	out, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := out.Close(); err != nil {
			t.Error(err)
		}
	})
	return &guide{dir: t.TempDir(), paint: painter(out)}
}

func TestABackgroundCommandIsWaitedForUntilItsFirstLine(t *testing.T) {
	g := newTestGuide(t)
	for _, fifo := range []string{"before", "after"} {
		if err := syscall.Mkfifo(filepath.Join(g.dir, fifo), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := g.background(t.Context(), "read x < $T/before; echo here; read x < $T/after", "test")
	if err != nil {
		t.Fatal(err)
	}
	release(t, filepath.Join(g.dir, "before"))
	if err := b.appear(); err != nil { // while it still runs
		t.Error(err)
	}
	release(t, filepath.Join(g.dir, "after"))
	if err := b.wait(); err != nil {
		t.Error(err)
	}
}

// release writes a line to a reader of a FIFO.
func release(t *testing.T, fifo string) {
	t.Helper()
	if err := os.WriteFile(fifo, []byte("on\n"), 0); err != nil {
		t.Fatal(err)
	}
}

func TestABackgroundCommandThatSaysNothingIsAnError(t *testing.T) {
	g := newTestGuide(t)
	b, err := g.background(t.Context(), "exit 0", "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.appear(); err == nil {
		t.Error("a command that ended without a line appeared")
	}
	if err := b.wait(); err != nil {
		t.Error(err)
	}
}
