// Package tree owns the processes that a step starts, all of them: children,
// grandchildren, and those that forked twice and left their session. It starts
// them, signals them, ends them and reaps them; the SDK uses it while it
// lives, the daemon for what a dead plugin left behind (Kill).
//
// # How a process is found
//
// Each command of a step is the leader of its own session and, where the
// machine gives the plugin a cgroup v2 directory, is born in a cgroup below it
// that only this attempt uses. The plugin's process is a subreaper
// (PR_SET_CHILD_SUBREAPER, prctl(2)): what a command leaves behind becomes its
// child and cannot leave its tree. Of the descendants, those belong to an
// attempt that are in its cgroup, in the session of one of its commands, carry
// its name in their environment, or descend from one of these. Where only
// one attempt is at work, every descendant outside the plugin's own
// session is its.
//
// # How it is ended
//
// Processes are signaled through a pidfd that was opened before they were looked
// at a last time, so a reused pid is never hit. KILL is repeated until
// none is found. A process that may not be signaled (another user's)
// is left and named. What cannot be known: a process of a dead
// plugin that cleared its environment, outside a cgroup.
//
// # What it costs
//
// An attempt that leaves nothing costs one waitid(2): no child at all, so no
// descendant. /proc is read only where something is left or must be signaled.
package tree

import (
	"fmt"
	"maps"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Keeper owns the processes of all attempts in this process. Children that the
// process starts itself, in its own session, are not its business.
type Keeper struct {
	session int // this process's

	mu     sync.Mutex // also held while a process is being started
	cgroup string     // "" where there is none
	slots  []*cgroup  // free ones
	made   int        // slots made so far
	trees  map[*Tree]bool
	mains  map[int]bool // started and not yet waited for
}

// NewKeeper makes this process the subreaper of all below it. Cgroup is the
// path of a cgroup v2 directory that is this process's alone; "", or one in which
// nothing can be made, is none.
func NewKeeper(cgroup string) (*Keeper, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("become a subreaper: %w", err)
	}
	session, err := unix.Getsid(0)
	if err != nil {
		return nil, fmt.Errorf("find the own session: %w", err)
	}
	return &Keeper{
		session: session,
		cgroup:  cgroup,
		trees:   map[*Tree]bool{},
		mains:   map[int]bool{},
	}, nil
}

// Tree returns the tree of an attempt, still without a process. Mark is
// the attempt's name, as its processes carry it in their environment. The
// caller ends the tree.
func (k *Keeper) Tree(mark string) *Tree {
	t := &Tree{keeper: k, mark: mark, sessions: map[int]bool{}}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.trees[t] = true
	return t
}

// Sweep reaps the orphans that have exited and says whether this process has
// no child left.
func (k *Keeper) Sweep() (childless bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for {
		pid, err := exited()
		if err != nil {
			return err == unix.ECHILD
		}
		if pid == 0 || !k.orphan(pid) {
			return false
		}
		reap(pid)
	}
}

// orphan says whether the child pid fell to this process when its parent
// died: nobody else will wait for it.
func (k *Keeper) orphan(pid int) bool {
	if k.mains[pid] {
		return false
	}
	p, err := read(pid)
	return err == nil && p.session != k.session
}

func (k *Keeper) forget(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.mains, pid)
}

// running returns the pids that somebody waits for.
func (k *Keeper) running() map[int]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.mains)
}

// alone says whether t is the only tree.
func (k *Keeper) alone() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.trees) <= 1
}

// start runs program in the cgroup of t, where there is one. A machine that
// refuses the cgroup is not asked again.
func (k *Keeper) start(t *Tree, program Program) (*os.Process, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.place(t)
	process, err := program.start(t.cgroup)
	if err != nil && t.cgroup != nil && refused(err) {
		k.cgroup, t.cgroup = "", nil
		process, err = program.start(nil)
	}
	if err != nil {
		return nil, err
	}
	k.mains[process.Pid] = true
	t.sessions[process.Pid] = true
	return process, nil
}

// refused says whether a cgroup rather than the program is the cause of err.
func refused(err error) bool {
	for _, errno := range []syscall.Errno{unix.EACCES, unix.EPERM, unix.EBUSY, unix.EOPNOTSUPP, unix.ENODEV, unix.ENOSYS, unix.EINVAL, unix.EBADF} {
		if isErrno(err, errno) {
			return true
		}
	}
	return false
}

// place gives t a cgroup if it has none yet.
func (k *Keeper) place(t *Tree) {
	if t.cgroup != nil || k.cgroup == "" {
		return
	}
	if n := len(k.slots); n > 0 {
		t.cgroup, k.slots = k.slots[n-1], k.slots[:n-1]
		return
	}
	slot, err := makeCgroup(k.cgroup, k.made)
	if err != nil {
		k.cgroup = ""
		return
	}
	k.made++
	t.cgroup = slot
}

// release takes t from the keeper. Its cgroup serves the next one unless it is
// spent: Linux since 6.14 kills at birth what clone3(2) puts into a cgroup in
// which cgroup.kill was ever used.
func (k *Keeper) release(t *Tree, spent bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.trees, t)
	switch {
	case t.cgroup == nil:
	case spent:
		t.cgroup.remove()
	default:
		k.slots = append(k.slots, t.cgroup)
	}
	t.cgroup = nil
}
