package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// handle pins a process: what it signals and waits for is that process and no
// other that has its pid later.
type handle struct {
	file *os.File
	raw  syscall.RawConn
}

func openHandle(pid int) (*handle, error) {
	fd, err := unix.PidfdOpen(pid, unix.O_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("pidfd of process %d: %w", pid, err)
	}
	file := os.NewFile(uintptr(fd), "pidfd")
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pidfd of process %d: %w", pid, err), file.Close())
	}
	return &handle{file: file, raw: raw}, nil
}

// wait returns nil when the process has ended, as a zombie or altogether, and
// an error when the handle is closed first. It holds no thread.
func (h *handle) wait() error {
	return h.raw.Read(func(fd uintptr) bool { return readable(int(fd)) })
}

// ended says whether the process has ended by now.
func (h *handle) ended() bool {
	gone := true
	if err := h.raw.Control(func(fd uintptr) { gone = readable(int(fd)) }); err != nil {
		return true
	}
	return gone
}

func readable(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}

// signal sends sig. A process that has ended is no error.
func (h *handle) signal(sig unix.Signal) error {
	var sent error
	if err := h.raw.Control(func(fd uintptr) {
		sent = unix.PidfdSendSignal(int(fd), sig, nil, 0)
	}); err != nil {
		return err
	}
	if errors.Is(sent, unix.ESRCH) {
		return nil
	}
	return sent
}

func (h *handle) close() error { return h.file.Close() }

// startTime is field 22 of /proc/PID/stat: clock ticks from the boot to the
// start of the process, see proc_pid_stat(5).
func startTime(pid int) (uint64, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	fields := statFields(stat)
	if len(fields) < 20 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields after the command", pid, len(fields))
	}
	return strconv.ParseUint(string(fields[19]), 10, 64)
}

// statFields are the fields of a stat line from the third one on: the second,
// the command in parentheses, may hold anything.
func statFields(stat []byte) [][]byte {
	return bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
}

// BootID identifies the present boot of the machine.
func BootID() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("boot id: %w", err)
	}
	return string(bytes.TrimSpace(id)), nil
}
