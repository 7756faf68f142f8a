package cmd_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// relative is a process that belongs to a script.
type relative struct {
	pid  int
	line string // command line
}

// relatives is the processes that have the script's directory in their
// environment, command line or working directory (proc(5)), but for this one.
func (h *house) relatives() (found []relative, err error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() || !h.knows(dir) {
			continue
		}
		line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err == nil && len(line) > 0 { // else it has just ended
			found = append(found, relative{pid, string(bytes.ReplaceAll(line, []byte{0}, []byte{' '}))})
		}
	}
	return found, nil
}

func (h *house) knows(proc string) bool {
	mark := []byte(h.dir + "/")
	for _, name := range []string{"environ", "cmdline"} {
		text, err := os.ReadFile(filepath.Join(proc, name))
		if err == nil && bytes.Contains(text, mark) {
			return true
		}
	}
	cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
	return err == nil && strings.HasPrefix(cwd+"/", string(mark))
}

// killAll kills every relative but the daemon, and what those start meanwhile.
func (h *house) killAll() error {
	return until("the end of what is killed", func() (bool, error) {
		all, err := h.relatives()
		all = slices.DeleteFunc(all, func(r relative) bool {
			return h.daemon != nil && !h.daemon.ended() && r.pid == h.daemon.cmd.Process.Pid
		})
		for _, r := range all {
			if err := syscall.Kill(r.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return false, fmt.Errorf("kill %s: %w", r.line, err)
			}
		}
		return len(all) == 0, err
	})
}

// unmountAll unmounts what a script mounted below its directory (the fifth
// field of proc_pid_mountinfo(5)).
func (h *house) unmountAll() error {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 4 && strings.HasPrefix(fields[4], h.dir+"/") {
			if err := unix.Unmount(fields[4], unix.MNT_DETACH); err != nil {
				return fmt.Errorf("unmount %s: %w", fields[4], err)
			}
		}
	}
	return nil
}

// pid finds the one process whose command line matches, and waits for it.
func (h *house) pid(ts *testscript.TestScript, _ bool, args []string) error {
	if len(args) != 2 {
		return errArguments
	}
	re, err := regexp.Compile(args[1])
	if err != nil {
		return err
	}
	return until("one process "+args[1], func() (bool, error) {
		all, err := h.relatives()
		if err != nil {
			return false, err
		}
		var pids []int
		for _, r := range all {
			if re.MatchString(r.line) {
				pids = append(pids, r.pid)
			}
		}
		if len(pids) != 1 {
			return false, nil
		}
		ts.Setenv(args[0], strconv.Itoa(pids[0]))
		return true, nil
	})
}

// survivors looks for processes that ought to be gone: those of steps, or all
// but the daemon that runs.
func (h *house) survivors(_ *testscript.TestScript, _ bool, args []string) error {
	var left []relative
	err := until("the end of all processes", func() (bool, error) {
		all, err := h.relatives()
		left = left[:0]
		for _, r := range all {
			if !h.expected(r, len(args) > 0) {
				left = append(left, r)
			}
		}
		return len(left) == 0, err
	})
	if err != nil {
		err = fmt.Errorf("%w: %v", err, left)
	}
	return err
}

func (h *house) expected(r relative, all bool) bool {
	if h.daemon != nil && r.pid == h.daemon.cmd.Process.Pid {
		return true
	}
	return !all && strings.Contains(r.line, "/penstock-step-")
}

// alive tells whether a process that is named by its pid, or by a file with it,
// lives now. A zombie does not.
func (h *house) alive(ts *testscript.TestScript, neg bool, args []string) error {
	for _, arg := range args {
		pid, err := pidOf(ts, arg)
		if err != nil {
			return err
		}
		if lives(pid) == neg {
			return fmt.Errorf("process %d (%s) lives: %v", pid, arg, neg)
		}
	}
	return nil
}

func pidOf(ts *testscript.TestScript, arg string) (int, error) {
	if pid, err := strconv.Atoi(arg); err == nil {
		return pid, nil
	}
	return strconv.Atoi(strings.TrimSpace(ts.ReadFile(arg)))
}

// lives reads the state of a process, which follows its name (proc(5)).
func lives(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	i := bytes.LastIndexByte(stat, ')')
	return err == nil && i > 0 && !bytes.HasPrefix(stat[i:], []byte(") Z"))
}
