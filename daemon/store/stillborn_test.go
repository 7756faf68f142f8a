package store

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// Killed between making a log file and growing it, Badger leaves it empty.
func TestAStoreOpensOverLogFilesThatWereNeverBegun(t *testing.T) {
	for _, name := range []string{"00099.mem", "000099.vlog"} {
		dir := t.TempDir()
		before := reopen(t, dir)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if after := reopen(t, dir); after != before+1 {
			t.Errorf("with %s: generation %d follows %d", name, after, before)
		}
	}
}

// reopen opens and closes a store and gives its generation.
func reopen(t *testing.T, dir string) uint64 {
	t.Helper()
	s, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s.Meta.Generation
}
