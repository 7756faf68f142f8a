package state

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

func TestAPidThatWasLeftBehindHoldsNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "lock")
	// Of a process that lives, and longer than any of ours.
	if err := os.WriteFile(path, []byte("00000000000000000000001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		f, err := Lock(dir)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != strconv.Itoa(os.Getpid())+"\n" {
			t.Errorf("%q, %v", text, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheLockNeedsItsDirectory(t *testing.T) {
	if _, err := Lock(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestAStateDirectoryThatOthersCanChangeIsClosedOrRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := CloseToOthers(dir); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if err := CloseToOthers(dir); err == nil {
		t.Error("a directory of another user is taken")
	}
}
