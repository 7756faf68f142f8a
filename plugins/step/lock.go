package step

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/plugins/protocol"
)

// errElsewhere says that another process works on the attempt.
var errElsewhere = errors.New("another process holds the attempt")

// lockPatience is how long readers that look whether an attempt is alive may
// keep its lock from us; each of them lets go at once.
const lockPatience = 2 * time.Second

// acquire takes the lock of the attempt directory and writes the holder into
// it. It is held until the file is closed. Where another process has it the
// error is errElsewhere.
func acquire(directory string, holder protocol.Holder) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(directory, protocol.LockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := take(int(file.Fd())); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if err := sign(file, holder); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// take locks fd exclusively. A shared lock in the way is a reader that looks
// whether the attempt lives: it is waited for. An exclusive one is another
// worker.
func take(fd int) error {
	for begun := time.Now(); ; time.Sleep(time.Millisecond) {
		err := flock(fd, unix.LOCK_EX)
		if err == nil || err != unix.EWOULDBLOCK {
			return wrapLock(err)
		}
		if flock(fd, unix.LOCK_SH) == unix.EWOULDBLOCK || time.Since(begun) > lockPatience {
			return errElsewhere
		}
		if err := flock(fd, unix.LOCK_UN); err != nil {
			return wrapLock(err)
		}
	}
}

func flock(fd, how int) error {
	for {
		if err := unix.Flock(fd, how|unix.LOCK_NB); err != unix.EINTR {
			return err
		}
	}
}

func wrapLock(err error) error {
	if err != nil {
		return fmt.Errorf("take the lock: %w", err)
	}
	return nil
}

// sign writes the holder into the lock file in one write. What an earlier one
// left there is covered with spaces rather than cut off: ext4 writes a file
// that was cut to nothing to the disk as soon as it is closed (ext4(5), auto_da_alloc).
func sign(file *os.File, holder protocol.Holder) error {
	line, err := json.Marshal(holder)
	if err != nil {
		return fmt.Errorf("write the lock: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("write the lock: %w", err)
	}
	if gap := int(info.Size()) - len(line) - 1; gap > 0 {
		line = append(line, bytes.Repeat([]byte{' '}, gap)...)
	}
	if _, err := file.WriteAt(append(line, '\n'), 0); err != nil {
		return fmt.Errorf("write the lock: %w", err)
	}
	return nil
}

// self is the holder that this process is.
func self() (protocol.Holder, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return protocol.Holder{}, fmt.Errorf("read the boot id: %w", err)
	}
	return protocol.Holder{
		Process: os.Getenv(protocol.EnvProcess),
		Pid:     os.Getpid(),
		BootID:  string(bytes.TrimSpace(boot)),
	}, nil
}
