package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Size is how many bytes the store takes of the disk: its tables with their
// write-ahead logs, and its value logs. Badger knows it only while it keeps
// metrics of its own, which cost something at each read.
func (s *Store) Size() (tables, values int64, err error) {
	entries, err := os.ReadDir(s.space.dir)
	if err != nil {
		return 0, 0, fmt.Errorf("look at the size of the store: %w", err)
	}
	for _, e := range entries {
		var st unix.Stat_t
		if unix.Lstat(filepath.Join(s.space.dir, e.Name()), &st) != nil {
			continue // flushed and removed meanwhile
		}
		taken := st.Blocks * 512 // they are made longer than they are
		switch filepath.Ext(e.Name()) {
		case ".sst", ".mem":
			tables += taken
		case ".vlog":
			values += taken
		}
	}
	return tables, values, nil
}

// space takes the blocks of Badger's write-ahead logs as soon as they are made.
// Badger makes them sparse and writes through a memory map, so a disk that
// fills up would kill the process with SIGBUS in the middle of a commit, at
// whatever time it comes to a page without a block.
type space struct {
	dir   string
	made  unix.Timespec // mtime of dir when it was last looked through
	taken map[string]bool
}

// take looks for logs that are new since the last call. The caller sees to it
// that there is room; where there is none this is an error.
func (s *space) take() error {
	var st unix.Stat_t
	if err := unix.Stat(s.dir, &st); err != nil {
		return fmt.Errorf("look for new logs: %w", err)
	}
	if st.Mtim == s.made {
		return nil
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("look for new logs: %w", err)
	}
	taken := map[string]bool{}
	for _, e := range entries {
		if name := e.Name(); filepath.Ext(name) == ".mem" {
			if !s.taken[name] {
				err = errors.Join(err, allocate(filepath.Join(s.dir, name)))
			}
			taken[name] = true
		}
	}
	s.made, s.taken = st.Mtim, taken
	return err
}

// allocate gives a sparse file all of its blocks; its content stays.
func allocate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // flushed and removed meanwhile
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return nil // Badger empties a log that it has flushed before it removes it
	}
	err = unix.Fallocate(int(f.Fd()), 0, 0, info.Size())
	if errors.Is(err, unix.EOPNOTSUPP) {
		return nil // the file system has no such thing; the free space in front of it must do
	}
	if err != nil {
		return fmt.Errorf("take space for %s: %w", path, err)
	}
	return nil
}
