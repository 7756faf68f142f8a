package host

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
)

// sweepCgroup removes the cgroups of processes that nobody knows of any more,
// the runtime directory having been lost before they were. One that something
// still lives in is left alone.
func (h *Host) sweepCgroup() error {
	if h.cgroup == "" {
		return nil
	}
	entries, err := os.ReadDir(h.cgroup)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(h.cgroup, entry.Name())
		if len(entry.Name()) != nameLength || !entry.IsDir() || h.knows(entry.Name()) || populated(path) {
			continue
		}
		err = errors.Join(err, removeCgroup(path))
	}
	return err
}

func (h *Host) knows(process string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.processes[process] != nil
}

// populated says whether something lives in or below a cgroup, or may.
func populated(path string) bool {
	events, err := os.ReadFile(filepath.Join(path, "cgroup.events"))
	return err != nil || !bytes.Contains(events, []byte("populated 0"))
}
