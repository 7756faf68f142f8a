package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/penstock/penstock/rpc"
)

func TestASecondDaemonIsToldWhoHoldsTheStateDirectory(t *testing.T) {
	h := newHouse(t)
	o := h.options()
	o.Config.Socket = filepath.Join(h.dir, "other", "s")
	_, err := Open(t.Context(), o)
	if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), "held by pid "+strconv.Itoa(os.Getpid())) ||
		!strings.Contains(err.Error(), h.config.State) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Dir(o.Config.Socket)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it touched more than the lock: %v", err)
	}
	must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{}))
}

func TestAPidThatWasLeftBehindHoldsNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "lock")
	// Of a process that lives, and longer than any of ours.
	if err := os.WriteFile(path, []byte("00000000000000000000001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		f, err := lockState(dir)
		if err != nil {
			t.Fatal(err)
		}
		if text := must[[]byte](t)(os.ReadFile(path)); string(text) != strconv.Itoa(os.Getpid())+"\n" {
			t.Errorf("%q", text)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheLockNeedsItsDirectory(t *testing.T) {
	if _, err := lockState(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
