package tree

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// send signals p unless it has gone. It returns a pidfd that the caller
// closes; -1 where p has gone or may not be signaled.
func send(p proc, sig syscall.Signal) (int, error) {
	fd, err := unix.PidfdOpen(p.pid, 0)
	if err != nil {
		return -1, unlessGone(err)
	}
	if now, err := read(p.pid); err != nil || now.start != p.start {
		closePidfd(fd)
		return -1, nil
	}
	if err := unix.PidfdSendSignal(fd, sig, nil, 0); err != nil {
		closePidfd(fd)
		return -1, unlessGone(err)
	}
	return fd, nil
}

func unlessGone(err error) error {
	if isErrno(err, unix.ESRCH) {
		return nil
	}
	return fmt.Errorf("signal: %w", err)
}

// closePidfd closes a descriptor that nothing was written to: its close cannot
// lose anything.
func closePidfd(fd int) {
	if fd >= 0 {
		_ = unix.Close(fd)
	}
}

// awaitExit waits until the process behind a pidfd has exited, or until
// deadline.
func awaitExit(pidfd int, deadline time.Time) {
	for {
		left := time.Until(deadline)
		if left <= 0 {
			return
		}
		fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, int(left.Milliseconds())+1)
		if n > 0 || (err != nil && err != unix.EINTR) {
			return
		}
	}
}
