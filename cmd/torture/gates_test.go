package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// gates are where the attempts of a run wait to be told how to end: a FIFO for
// each, which whoever comes first makes. Beside them each attempt leaves a mark
// of its begin. Nothing of this passes the daemon.
type gates struct {
	*testing.T
	dir  string
	open []*os.File // what was told stays in a FIFO while it is open
}

func newGates(t *testing.T) *gates {
	g := &gates{T: t, dir: t.TempDir()}
	if err := errors.Join(os.WriteFile(g.marks(), nil, 0o600), os.Mkdir(filepath.Join(g.dir, "in"), 0o700)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, f := range g.open {
			_ = f.Close() // nobody reads any more
		}
	})
	return g
}

func (g *gates) marks() string { return filepath.Join(g.dir, "marks") }

// tell tells an attempt its exit code and an output, if any.
func (g *gates) tell(attempt string, code int, output string) {
	g.Helper()
	path := filepath.Join(g.dir, strings.ReplaceAll(attempt, "/", "+"))
	if err := syscall.Mkfifo(path, 0o600); err != nil && !errors.Is(err, fs.ErrExist) {
		g.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) // never blocks
	if err != nil {
		g.Fatal(err)
	}
	g.open = append(g.open, f)
	if _, err := fmt.Fprintln(f, code, output); err != nil {
		g.Fatal(err)
	}
}

// begun is what the attempts that began were given: attempt → GOT and WORD.
// One that began twice has two.
func (g *gates) begun() map[string][]string {
	g.Helper()
	text, err := os.ReadFile(g.marks())
	if err != nil {
		g.Fatal(err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		attempt, given, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		all[attempt] = append(all[attempt], given)
	}
	return all
}
