package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// memoryLine finds "VmRSS:   12345 kB" in a status file.
func memoryLine(text, name string) (int64, error) {
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		var kib int64
		if rest, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			_, err := fmt.Sscanf(rest, "%d kB", &kib)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("there is no %s in the status of the process", name)
}

// processorTime is what a process has used so far, in user and system mode.
func processorTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return processorTicks(string(text))
}

// processorTicks reads utime and stime of proc_pid_stat(5), which count in
// hundredths of a second on every Linux that there is. What comes before them
// may hold anything but a later parenthesis.
func processorTicks(text string) (time.Duration, error) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	const utime, stime = 11, 12
	if len(fields) <= stime {
		return 0, fmt.Errorf("%q is no status of a process", text)
	}
	user, err := strconv.ParseInt(fields[utime], 10, 64)
	system, failed := strconv.ParseInt(fields[stime], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err, failed)
}
