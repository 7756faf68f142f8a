package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrDiskFull: the disk has no room to open the store.
var ErrDiskFull = errors.New("the disk is full")

// ballastFile is space that the daemon holds on to while all is well, and gives
// up to be able to start on a full disk.
const ballastFile = "ballast"

// Free is what an ordinary process may still write to the file system of
// dir (statvfs(3): f_bavail).
func Free(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", dir, err)
	}
	return st.Bavail * uint64(st.Bsize), nil
}

// MakeRoom sees that need bytes are free: on a disk too full for that it gives up
// the ballast, and where that is not enough it is ErrDiskFull.
func MakeRoom(dir string, need uint64) error {
	free, err := Free(dir)
	if err != nil || free >= need {
		return err
	}
	if err := os.Remove(filepath.Join(dir, ballastFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("give up the ballast: %w", err)
	}
	if free, err = Free(dir); err != nil || free >= need {
		return err
	}
	return fmt.Errorf("%w: %s has %s free and the store needs %s; remove something there and start again, nothing is lost",
		ErrDiskFull, dir, Bytes(free), Bytes(need))
}

// LayBallast takes the ballast again, of size bytes, where minFree stay free
// beside it and as much again. Size 0 is none.
func LayBallast(dir string, size int64, minFree uint64) error {
	path := filepath.Join(dir, ballastFile)
	if info, err := os.Stat(path); err == nil && info.Size() == size {
		return nil
	}
	free, err := Free(dir)
	if err != nil || size == 0 || free < minFree+2*uint64(size) {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("lay the ballast: %w", err)
	}
	err = unix.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, unix.EOPNOTSUPP) {
		err = os.Remove(path) // a sparse file would be no ballast
	}
	return errors.Join(err, f.Close())
}

// Bytes is a size as people read it.
func Bytes(n uint64) string {
	const unit = 1 << 10
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	size, exponent := float64(n)/unit, 0
	for size >= unit && exponent < 4 {
		size, exponent = size/unit, exponent+1
	}
	return fmt.Sprintf("%.1f %ciB", size, "KMGTP"[exponent])
}
