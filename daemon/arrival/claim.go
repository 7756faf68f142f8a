package arrival

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrTaken: there is a file of that name already.
var ErrTaken = errors.New("there is a file of that name already")

// maxNames bounds how many names are tried for one file.
const maxNames = 1000

// Place is a path in a directory at which nothing lies, and which is not among
// those taken, for the file to be moved to: its name, or name~2.csv where that
// is not free. The directory is made where it is absent.
func Place(dir string, f File, taken map[string]bool) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("the directory of claimed files: %w", err)
	}
	name := filepath.Base(f.Path)
	extension := filepath.Ext(name)
	for n := 1; n <= maxNames; n++ {
		path := filepath.Join(dir, name)
		if n > 1 {
			path = filepath.Join(dir, fmt.Sprintf("%s~%d%s", strings.TrimSuffix(name, extension), n, extension))
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) && !taken[path] {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s holds %d files of the name %s: make room", dir, maxNames, name)
}

// ErrReplaced: another file has come to lie there, which has not settled.
var ErrReplaced = errors.New("another file lies there by now")

// Move moves a file at once to a path on the same file system. It replaces
// nothing: the error is ErrTaken then. What has taken the place of the file is put
// back: the error is ErrReplaced.
func Move(f File, to string) error {
	if err := rename(f.Path, to); err != nil {
		return err
	}
	moved, err := Stat(to)
	if err == nil && moved.Inode == f.Inode || err != nil && !errors.Is(err, ErrIrregular) {
		return nil // it may have been taken from there already
	}
	if err := rename(to, f.Path); err != nil {
		return fmt.Errorf("%s was replaced while it was claimed, and what took its place lies at %s now: %v", f.Path, to, err)
	}
	return ErrReplaced
}

// rename moves what lies at a path to another at which nothing lies.
func rename(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // not every file system can
		if err = os.Link(from, to); err == nil {
			err = os.Remove(from)
		}
	}
	switch {
	case errors.Is(err, unix.EEXIST):
		return ErrTaken
	case errors.Is(err, unix.EXDEV):
		return fmt.Errorf("%s cannot be moved to %s at once: they lie on different file systems", from, to)
	case err != nil:
		return fmt.Errorf("claim %s: %w", from, err)
	}
	return nil
}

// SyncDirectory makes what was moved into a directory survive a power loss.
func SyncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
