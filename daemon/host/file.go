package host

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// errTooLarge is why readLimited refuses a file.
var errTooLarge = errors.New("file is too large")

// readLimited reads a regular file of at most limit bytes. A plugin may have
// put anything under the name: a link is not followed, a FIFO does not block.
func readLimited(path string, limit int64) ([]byte, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > limit {
		return nil, fmt.Errorf("%s: %w: %d bytes, at most %d", path, errTooLarge, size, limit)
	}
	return io.ReadAll(io.LimitReader(file, limit))
}

// readTail reads the last n bytes of a regular file.
func readTail(path string, n int64) ([]byte, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.NewSectionReader(file, max(0, size-n), min(n, size)))
}

func openRegular(path string) (*os.File, int64, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// trimFile gives back the space of all but the last keep bytes of a file that
// somebody goes on appending to; its size stays.
func trimFile(path string, limit, keep int64) error {
	file, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return err
	}
	if stat.Blocks*512 <= limit {
		return nil
	}
	err = unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, stat.Size-keep)
	if errors.Is(err, unix.EOPNOTSUPP) {
		err = file.Truncate(0)
	}
	return err
}
