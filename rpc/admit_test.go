package rpc_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/penstock/penstock/rpc"
)

func TestASocketIsOpenedToOthersAndClosed(t *testing.T) {
	dir, err := os.MkdirTemp("", "a") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	l, err := rpc.Listen(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if rpc.Admit(path, true) == nil {
		t.Error("others are admitted to a socket in a directory that is closed to them")
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for open, mode := range map[bool]os.FileMode{true: 0o666, false: 0o600} {
		if err := rpc.Admit(path, open); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("open %v: %v, %v", open, info.Mode(), err)
		}
	}
}
