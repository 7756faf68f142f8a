package tree

import (
	"fmt"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// identity is what a process keeps from birth to death.
type identity struct {
	pid   int
	start uint64
}

func (p proc) identity() identity { return identity{p.pid, p.start} }

// ending brings a set of processes to an end.
type ending struct {
	find    func() ([]proc, error) // those that live now
	cgroup  string                 // that holds them and nothing else; "" for none
	spent   bool                   // the cgroup was killed
	seen    map[identity]string
	refused map[identity]bool // may not be signaled
}

func newEnding(find func() ([]proc, error), cgroup string) *ending {
	return &ending{find: find, cgroup: cgroup, seen: map[identity]string{}, refused: map[identity]bool{}}
}

// run sends TERM, where grace is not 0, and KILL after it until nothing is
// left, or until limit has passed since the first KILL where limit is not 0.
func (e *ending) run(grace, limit time.Duration) error {
	if grace > 0 {
		if done, err := e.round(unix.SIGTERM, grace); done || err != nil {
			return err
		}
	}
	for begun := time.Now(); ; {
		done, err := e.round(unix.SIGKILL, 100*time.Millisecond)
		if done || err != nil {
			return err
		}
		if limit > 0 && time.Since(begun) > limit {
			return fmt.Errorf("processes are left %v after KILL: %v", limit, e.names())
		}
	}
}

// round signals all that live and waits until they have exited, or for span.
// It says whether nothing is left.
func (e *ending) round(sig syscall.Signal, span time.Duration) (done bool, err error) {
	deadline := time.Now().Add(span)
	living, err := e.living()
	if err != nil || len(living) == 0 {
		return err == nil, err
	}
	if sig == unix.SIGKILL && e.cgroup != "" {
		// Where the kernel has no cgroup.kill, the signals below do the same slower.
		e.spent = killCgroup(e.cgroup) == nil || e.spent
	}
	for _, fd := range e.signal(living, sig) {
		awaitExit(fd, deadline)
		closePidfd(fd)
	}
	living, err = e.living()
	return err == nil && len(living) == 0, err
}

// living returns what find finds without those that may not be signaled.
func (e *ending) living() ([]proc, error) {
	found, err := e.find()
	for _, p := range found {
		if _, ok := e.seen[p.identity()]; !ok {
			e.seen[p.identity()] = describe(p)
		}
	}
	return slices.DeleteFunc(found, func(p proc) bool { return e.refused[p.identity()] }), err
}

// signal sends sig to each of living and returns a pidfd of each that it
// reached. A stopped process is continued: it could not see TERM.
func (e *ending) signal(living []proc, sig syscall.Signal) []int {
	var fds []int
	for _, p := range living {
		fd, err := send(p, sig)
		if err != nil {
			e.refused[p.identity()] = true
			e.seen[p.identity()] += " (left alive: " + err.Error() + ")"
		}
		if fd < 0 {
			continue
		}
		if err := unix.PidfdSendSignal(fd, unix.SIGCONT, nil, 0); err == nil || isErrno(err, unix.ESRCH) {
			fds = append(fds, fd)
			continue
		}
		closePidfd(fd)
	}
	return fds
}

// names lists all that was found, by pid.
func (e *ending) names() []string {
	ids := make([]identity, 0, len(e.seen))
	for id := range e.seen {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b identity) int { return a.pid - b.pid })
	names := make([]string, 0, min(len(ids), maxNames+1))
	for _, id := range ids[:min(len(ids), maxNames)] {
		names = append(names, e.seen[id])
	}
	if more := len(ids) - maxNames; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return names
}

// maxNames is how many processes are named one by one.
const maxNames = 20
