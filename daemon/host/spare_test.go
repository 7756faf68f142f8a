package host

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/penstock/penstock/plugins/protocol"
)

// Many take and give at a time. None meets another in its directory, and what one
// leaves in it is gone for the next.
func TestASpareDirectoryHasOneOwnerAtATime(t *testing.T) {
	spares, err := openSpares(filepath.Join(t.TempDir(), "spare"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				path, err := spares.take("")
				if err == nil {
					err = os.Mkdir(filepath.Join(path, "own"), 0o700) // refused where another has made it
				}
				if err == nil {
					err = os.Remove(filepath.Join(path, "own"))
				}
				if err == nil {
					err = os.WriteFile(filepath.Join(path, protocol.GoFile), nil, 0o600)
				}
				if err == nil {
					err = spares.give(path)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if n := len(spares.free); n < 1 || n > 8 {
		t.Errorf("%d directories are left of those that 8 used", n)
	}
	for _, path := range spares.free {
		if isThere(filepath.Join(path, protocol.GoFile)) {
			t.Errorf("%s is not empty", path)
		}
	}
}

// What is too much is not kept.
func TestNoMoreSpareDirectoriesThanTheirBoundAreKept(t *testing.T) {
	dir := t.TempDir()
	spares, err := openSpares(filepath.Join(dir, "spare"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxSpares + 3 {
		path := filepath.Join(dir, strconv.Itoa(i))
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := spares.give(path); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || len(spares.free) != maxSpares {
		t.Errorf("%d are kept, %d places left beside them, %v", len(spares.free), len(left)-1, err)
	}
}
