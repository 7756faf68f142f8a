package tree

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroup is a cgroup v2 directory; see cgroups(7).
type cgroup struct {
	path string
	dir  *os.File
}

func makeCgroup(parent string, n int) (*cgroup, error) {
	path := filepath.Join(parent, "step"+strconv.Itoa(n))
	if err := os.Mkdir(path, 0o755); err != nil && !os.IsExist(err) {
		return nil, fmt.Errorf("make a cgroup: %w", err)
	}
	dir, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open a cgroup: %w", err)
	}
	return &cgroup{path, dir}, nil
}

// remove lets go of the directory. One that cannot go yet, for a process in it
// is not quite dead, goes with the plugin's own.
func (c *cgroup) remove() {
	_ = c.dir.Close() // it was only read
	_ = os.Remove(c.path)
}

// pids returns the processes in the cgroup at path and in those below it.
// Zombies are not among them. A cgroup that is gone has none.
func pids(path string) map[int]bool {
	found := map[int]bool{}
	// An error means that a cgroup went away while it was walked: it was empty.
	_ = filepath.WalkDir(path, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
		if err != nil {
			return nil
		}
		for field := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				found[pid] = true
			}
		}
		return nil
	})
	return found
}

// killCgroup sends KILL to all in the cgroup at once. A kernel before 5.14
// cannot, and the caller's own signals have to do.
func killCgroup(path string) error {
	return os.WriteFile(filepath.Join(path, "cgroup.kill"), []byte("1"), 0)
}
