package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lockPatience is how long a store that nobody has open any more may still be
// locked: a process that was being started when it was closed, or its daemon
// killed, has the lock with the other descriptors until it executes its program.
const lockPatience = 2 * time.Second

// awaitLock waits until the directory of a store is not locked, which Badger does
// not: it refuses one that is, with flock(2), and lets go by closing. Where it
// stays locked, that is for Badger to tell.
func awaitLock(dir string) error {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the lock of the store: %w", err)
	}
	for begun := time.Now(); isLocked(f) && time.Since(begun) < lockPatience; {
		time.Sleep(5 * time.Millisecond)
	}
	return f.Close()
}

// isLocked says whether somebody else has f locked. It lets go at once, and not by
// closing: that would leave the lock to a process that is being started now.
func isLocked(f *os.File) bool {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return errors.Is(err, unix.EWOULDBLOCK)
	}
	return unix.Flock(int(f.Fd()), unix.LOCK_UN) != nil
}
