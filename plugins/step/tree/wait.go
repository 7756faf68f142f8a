package tree

import (
	"errors"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// siginfo is the siginfo_t that waitid(2) fills in; the union behind the three
// words is aligned to a pointer.
type siginfo struct {
	signo, errno, code int32
	child              struct {
		_   [0]uintptr
		pid int32
		_   [28]int32
	}
}

// exited returns a child that has exited and was not waited for, and leaves it
// so; 0 where all children live; ECHILD where there is none.
func exited() (int, error) {
	var info siginfo
	const options = unix.WEXITED | unix.WNOHANG | unix.WNOWAIT | unix.WALL
	for {
		_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(&info)), options, 0, 0)
		switch errno {
		case 0:
			return int(info.child.pid), nil
		case unix.EINTR:
			continue
		}
		return 0, errno
	}
}

// reap waits for an exited child, which then is gone.
func reap(pid int) {
	for {
		if _, err := unix.Wait4(pid, nil, unix.WNOHANG, nil); err != unix.EINTR {
			return // ECHILD: somebody else waited for it
		}
	}
}

func isErrno(err error, errno syscall.Errno) bool { return errors.Is(err, errno) }
