package tree

import (
	"cmp"
	"os"
	"slices"
	"syscall"
	"time"
)

// Mark is the environment variable that tells whose a process is: the path of
// the attempt's outputs, which no other attempt on the machine has.
const Mark = "PENSTOCK_OUTPUT"

// Tree is the processes of one attempt.
type Tree struct {
	keeper   *Keeper
	mark     string
	cgroup   *cgroup      // guarded by keeper.mu
	sessions map[int]bool // of the commands started; guarded by keeper.mu
}

// Program is what to start. All fields are as in os.ProcAttr; Env must hold
// Mark.
type Program struct {
	Path  string
	Args  []string // with the name of the program as the first
	Dir   string
	Env   []string
	Files []*os.File
}

func (p Program) start(c *cgroup) (*os.Process, error) {
	sys := &syscall.SysProcAttr{Setsid: true}
	if c != nil {
		sys.UseCgroupFD, sys.CgroupFD = true, int(c.dir.Fd())
	}
	return os.StartProcess(p.Path, p.Args, &os.ProcAttr{Dir: p.Dir, Env: p.Env, Files: p.Files, Sys: sys})
}

// Start starts a command of the attempt as the leader of a session of its own.
// The caller waits for it with Wait.
func (t *Tree) Start(program Program) (*os.Process, error) { return t.keeper.start(t, program) }

// Wait waits for a command that Start returned.
func (t *Tree) Wait(process *os.Process) (*os.ProcessState, error) {
	state, err := process.Wait()
	t.keeper.forget(process.Pid)
	return state, err
}

// Sweep reaps the orphans that have exited. To call it now and then keeps a
// long attempt from gathering zombies.
func (t *Tree) Sweep() { t.keeper.Sweep() }

// Signal sends sig to the command with the given pid, to its session and to all
// that descends from it.
func (t *Tree) Signal(pid int, sig syscall.Signal) error {
	all, err := processes()
	if err != nil {
		return err
	}
	var tree []proc
	for _, p := range all {
		if descends(all, p, func(p proc) bool { return p.pid == pid || p.session == pid }) {
			tree = append(tree, p)
		}
	}
	parentsFirst(tree, pid)
	for _, p := range tree {
		fd, err := send(p, sig)
		if err != nil {
			return err
		}
		closePidfd(fd)
	}
	return nil
}

// parentsFirst sorts processes so that each comes after those it can descend
// from, main before all. A shell whose child dies of a signal before it hears
// of that signal itself takes it for the child's own end: its trap never runs.
func parentsFirst(tree []proc, main int) {
	slices.SortFunc(tree, func(a, b proc) int {
		return cmp.Or(first(b.pid == main)-first(a.pid == main), cmp.Compare(a.start, b.start), cmp.Compare(a.pid, b.pid))
	})
}

// first is 1 for the process that comes before all others.
func first(is bool) int {
	if is {
		return 1
	}
	return 0
}

// End ends all that is left of the attempt and returns it as "pid 123 sleep
// 600": TERM, and KILL after grace, at once where that is 0. It returns when
// the processes are gone, however long that takes; only those that it may
// not signal are named and left. The tree must not be used after it.
func (t *Tree) End(grace time.Duration) ([]string, error) {
	e := newEnding(t.find, t.path())
	defer func() { t.keeper.release(t, e.spent) }()
	if !t.used() || t.keeper.Sweep() {
		return nil, nil
	}
	err := e.run(grace, 0)
	return e.names(), err
}

// used says whether t ever started a command. Work that started none left
// none, whatever else goes on in the process.
func (t *Tree) used() bool {
	t.keeper.mu.Lock()
	defer t.keeper.mu.Unlock()
	return len(t.sessions) > 0
}

func (t *Tree) path() string {
	t.keeper.mu.Lock()
	defer t.keeper.mu.Unlock()
	if t.cgroup == nil {
		return ""
	}
	return t.cgroup.path
}

// find returns the processes of the attempt that live, and reaps those that
// ended and are nobody else's to wait for.
func (t *Tree) find() ([]proc, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	self, running, mine := os.Getpid(), t.keeper.running(), t.owns()
	var found []proc
	for _, p := range all {
		below := p.pid != self && descends(all, p, func(p proc) bool { return p.parent == self })
		if !below || !descends(all, p, func(p proc) bool { return p.pid != self && mine(p) }) {
			continue
		}
		if !p.zombie {
			found = append(found, p)
		} else if p.parent == self && !running[p.pid] {
			reap(p.pid)
		}
	}
	return found, nil
}

// owns returns the test whether a descendant of this process is the attempt's.
func (t *Tree) owns() func(proc) bool {
	grouped, alone := map[int]bool{}, t.keeper.alone()
	if path := t.path(); path != "" {
		grouped = pids(path)
	}
	return func(p proc) bool {
		if alone && p.session != t.keeper.session {
			return true
		}
		return grouped[p.pid] || t.leads(p.session) || marked(p.pid, t.mark)
	}
}

func (t *Tree) leads(session int) bool {
	t.keeper.mu.Lock()
	defer t.keeper.mu.Unlock()
	return t.sessions[session]
}
