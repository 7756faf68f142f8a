package host

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
)

// clear removes what a dead process left.
func (h *Host) clear(p *process) error {
	err := p.close()
	if p.Cgroup != "" {
		ctx, cancel := context.WithTimeout(context.Background(), h.limits.death)
		defer cancel()
		err = errors.Join(err, killCgroup(ctx, p.Cgroup))
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// processesNamed lists the pids of those that were started as the process of
// that name.
func processesNamed(name string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && isProcess(pid, name) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// protocolOf is the version in a handshake line; 0 where there is none.
func protocolOf(line string) int {
	fields := strings.Split(line, "|")
	if len(fields) < 2 {
		return 0
	}
	version, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return version
}
