package host

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

const recordFile = "process.json"

// record is process.json: what a later daemon must know of a process. Before
// the process is verified, Pid and what follows it are zero.
type record struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Path      string `json:"path"` // of the binary
	SHA256    string `json:"sha256"`
	BootID    string `json:"boot_id"`
	Cgroup    string `json:"cgroup,omitempty"`
	Pid       int    `json:"pid,omitempty"`
	StartTime uint64 `json:"start_time,omitempty"` // clock ticks since the boot
	Protocol  int    `json:"protocol,omitempty"`
	Version   string `json:"version,omitempty"` // of the plugin
	Capacity  int    `json:"capacity,omitempty"`
	Address   string `json:"address,omitempty"` // path of the socket
}

func (r record) write(dir string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, recordFile), text)
}

func readRecord(dir string) (record, error) {
	var r record
	text, err := readLimited(filepath.Join(dir, recordFile), 64<<10)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%s: %w", filepath.Join(dir, recordFile), err)
	}
	return r, nil
}

// replaceFile makes path hold text: a reader finds the old text or the new one
// and never a part. It survives a crash of the daemon, not one of the machine.
func replaceFile(path string, text []byte) error {
	draft := path + ".tmp"
	if err := os.WriteFile(draft, text, 0o600); err != nil {
		return err
	}
	return os.Rename(draft, path)
}
