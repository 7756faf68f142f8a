package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Home is the identity of a directory or file: its inode and, where the file system
// keeps it, when it was made. It stays when the directory is moved, and a copy
// has another one.
func Home(dir string) (string, error) {
	var s unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, dir, 0, unix.STATX_INO|unix.STATX_BTIME, &s); err != nil {
		return "", fmt.Errorf("look at %s: %w", dir, err)
	}
	if s.Mask&unix.STATX_BTIME == 0 {
		return fmt.Sprintf("%d", s.Ino), nil
	}
	return fmt.Sprintf("%d@%d.%09d", s.Ino, s.Btime.Sec, s.Btime.Nsec), nil
}

// Mark is a file of the state directory that is made anew at every start. It
// says which file it is itself, and how often a daemon had started by then. A
// backup that is put back over the state, by whatever means, brings an old one
// with it, or an old store: the directory alone would not tell.
type Mark struct{ Path string }

// Old reports whether the mark, or the store beside it, is one of before. A mark
// that is not there, or cannot be read, tells nothing.
func (m Mark) Old(generation uint64) (bool, error) {
	text, err := os.ReadFile(m.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var was uint64
	var itself string
	if n, _ := fmt.Sscanf(string(text), "%d %s", &was, &itself); n != 2 {
		return false, nil
	}
	is, err := Home(m.Path)
	return is != itself || was >= generation, err
}

// Renew makes a new mark, which is durable when it returns.
func (m Mark) Renew(generation uint64) error {
	fresh := m.Path + ".new"
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	itself, err := Home(fresh)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(file, "%d %s\n", generation, itself); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(fresh, m.Path)
}
