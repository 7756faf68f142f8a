package tree

import (
	"os"
	"time"
)

// Target says which processes of the machine to kill: those that match any of
// its fields, and all that descends from them.
type Target struct {
	Mark    string // PENSTOCK_OUTPUT in the environment; "" matches none
	Session int    // the session's id; 0 matches none
	Cgroup  string // path of a cgroup v2 directory; "" matches none
}

// Kill sends KILL to the processes of target, but never to the caller or process
// 1, until none is left or limit has passed, which is an error. It returns
// them as "pid 123 sleep 600". It is for the daemon, which ends what a dead
// plugin left behind; it does not reap.
func Kill(target Target, limit time.Duration) ([]string, error) {
	e := newEnding(target.find, target.Cgroup)
	err := e.run(0, limit)
	return e.names(), err
}

func (t Target) find() ([]proc, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	delete(all, 1)
	delete(all, os.Getpid())
	grouped := map[int]bool{}
	if t.Cgroup != "" {
		grouped = pids(t.Cgroup)
	}
	matches := t.match(all, grouped)
	var found []proc
	for _, p := range all {
		if !p.zombie && descends(all, p, matches) {
			found = append(found, p)
		}
	}
	return found, nil
}

// match returns the test for one process, each looked at once.
func (t Target) match(all map[int]proc, grouped map[int]bool) func(proc) bool {
	matching := make(map[int]bool, len(all))
	for pid, p := range all {
		matching[pid] = grouped[pid] ||
			t.Session != 0 && p.session == t.Session ||
			t.Mark != "" && marked(pid, t.Mark)
	}
	return func(p proc) bool { return matching[p.pid] }
}
