package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// marked is the processes, this one aside, that have mark in their environment
// or command line (proc(5)).
func marked(mark string) (pids []int, err error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err == nil && pid != os.Getpid() && mentions(dir, mark) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// mentions tells whether a process has mark. One that ended meanwhile has not,
// and neither has a zombie: its environment is gone.
func mentions(dir, mark string) bool {
	for _, name := range []string{"environ", "cmdline"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && bytes.Contains(text, []byte(mark)) {
			return true
		}
	}
	return false
}

// killAll kills all that is marked, and what they start meanwhile.
func killAll(mark string) error {
	for range 50 {
		pids, err := marked(mark)
		if err != nil || len(pids) == 0 {
			return err
		}
		for _, pid := range pids {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("kill %d: %w", pid, err)
			}
		}
	}
	return fmt.Errorf("processes of %s cannot be killed", mark)
}

// commandLine is how a process was started, for people.
func commandLine(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return err.Error()
	}
	return string(bytes.ReplaceAll(text, []byte{0}, []byte{' '}))
}
