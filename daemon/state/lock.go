package state

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ErrHeld: another daemon serves the state directory.
var ErrHeld = errors.New("another penstockd serves this state directory")

// CloseToOthers refuses a state directory that somebody else could change under us,
// and closes ours to everybody else.
func CloseToOthers(state string) error {
	var st unix.Stat_t
	if err := unix.Stat(state, &st); err != nil {
		return fmt.Errorf("the state directory %s: %w", state, err)
	}
	if int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("the state directory %s belongs to uid %d and must belong to uid %d, who runs the daemon: chown it, or choose another",
			state, st.Uid, os.Geteuid())
	}
	if st.Mode&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(state, 0o700); err != nil {
		return fmt.Errorf("close the state directory to others: %w", err)
	}
	return nil
}

// Lock takes the state directory for this process: flock(2) on a file in
// it, which the kernel lets go of whatever way the process ends. A daemon that
// was just killed may hold it for another moment.
func Lock(state string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(state, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the state directory: %w", err)
	}
	for deadline := time.Now().Add(2 * time.Second); ; {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f, writePid(f)
		}
		if !errors.Is(err, unix.EWOULDBLOCK) || time.Now().After(deadline) {
			return nil, errors.Join(lockError(state, f, err), f.Close())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func lockError(state string, f *os.File, err error) error {
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("lock the state directory %s: %w", state, err)
	}
	pid, _ := io.ReadAll(io.LimitReader(f, 32)) // advice for a person, no more
	return fmt.Errorf("%w: %s is held by pid %s; stop that one, or choose another directory", ErrHeld, state, strings.TrimSpace(string(pid)))
}

// writePid leaves our pid in the lock for people; nothing reads it to decide.
func writePid(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	if _, err := f.WriteAt([]byte(fmt.Sprintln(os.Getpid())), 0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	return nil
}
