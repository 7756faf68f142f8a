package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/plugins/step/tree"
)

// Command is a child process of an attempt, as Task.Command prepares it.
type Command struct {
	Args   []string  // the first is the program: a path, or a name to be found in PATH of Env
	Dir    string    // where it runs; relative to the workspace
	Env    []string  // all of its environment; must hold PENSTOCK_OUTPUT
	Stdin  *os.File  // nil is /dev/null
	Stdout io.Writer // default: the attempt's log
	Stderr io.Writer // default: the attempt's log

	ctx  context.Context
	task *Task
}

// Command prepares a program to be run in the workspace with the environment
// of the attempt and its output in the log.
func (t *Task) Command(ctx context.Context, program string, args ...string) *Command {
	return &Command{
		Args:   append([]string{program}, args...),
		Dir:    t.Workspace(),
		Env:    t.Environment(),
		Stdout: t.stdout,
		Stderr: t.stderr,
		ctx:    ctx,
		task:   t,
	}
}

// Setenv makes c.Env the environment of the attempt with variables over those
// of the request. What Penstock itself sets cannot be replaced.
func (c *Command) Setenv(variables map[string]string) { c.Env = c.task.environment(variables) }

// Run runs the command and waits for it. It returns nil where the exit code is 0,
// and a *Failure with the exit code where it is not: 128+n where signal n
// killed it, and as a shell has it 127 where the program is not found, 126
// where it cannot be executed. When the context ends, the command and all
// below it get TERM, and KILL after the grace; Run then returns the error of the
// context once the command is gone.
//
// The command is over when its process ends: what it wrote until then is in the
// log, and a process that it left behind is ended with the attempt.
func (c *Command) Run() error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	process, pipes, err := c.start()
	if err != nil {
		return err
	}
	gone, stopped := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(c.ctx, func() { defer close(stopped); c.stop(process.Pid, gone) })
	copied := pipes.copy(process, c.task.tree.Sweep)
	state, err := c.task.tree.Wait(process)
	close(gone)
	if !stop() {
		<-stopped
		return c.ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("wait for %s: %w", c.name(), err)
	}
	return errors.Join(c.verdict(state), copied)
}

func (c *Command) name() string { return filepath.Base(c.Args[0]) }

// start starts the process with the write ends of the pipes.
func (c *Command) start() (*os.Process, *pipes, error) {
	if err := checkEnvironment(c.Env); err != nil {
		return nil, nil, err
	}
	dir := c.Dir
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(c.task.Workspace(), dir)
	}
	if err := checkDir(dir); err != nil {
		return nil, nil, err
	}
	path, err := find(c.Args[0], dir, lookup(c.Env, "PATH"))
	if err != nil {
		return nil, nil, err
	}
	stdin, err := c.stdin()
	if err != nil {
		return nil, nil, err
	}
	defer stdin.Close()
	pipes, err := newPipes(c.Stdout, c.Stderr)
	if err != nil {
		return nil, nil, err
	}
	defer pipes.closeWriters()
	process, err := c.task.tree.Start(tree.Program{
		Path: path, Args: c.Args, Dir: dir, Env: c.Env,
		Files: []*os.File{stdin, pipes.writers[0], pipes.writers[1]},
	})
	if err != nil {
		pipes.closeReaders()
		return nil, nil, c.refused(err)
	}
	return process, pipes, nil
}

// stdin returns the file for descriptor 0, which the caller closes.
func (c *Command) stdin() (*os.File, error) {
	if c.Stdin == nil {
		return os.Open(os.DevNull)
	}
	fd, err := unix.FcntlInt(c.Stdin.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("duplicate the standard input: %w", err)
	}
	return os.NewFile(uintptr(fd), c.Stdin.Name()), nil
}

func checkDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return Failf("the directory cannot be used: %v", err)
	}
	if !info.IsDir() {
		return Failf("%s is no directory", dir)
	}
	return nil
}

// refused explains why the kernel did not execute the program.
func (c *Command) refused(err error) error {
	for _, errno := range []syscall.Errno{unix.ENOEXEC, unix.EACCES, unix.EPERM, unix.ENOENT, unix.E2BIG} {
		if errors.Is(err, errno) {
			return exited(126, fmt.Sprintf("%s cannot be executed: %v", c.Args[0], explain(errno)))
		}
	}
	return fmt.Errorf("start %s: %w", c.Args[0], err)
}

func explain(errno syscall.Errno) string {
	switch errno {
	case unix.ENOEXEC:
		return "it is no program for this machine, and has no #! line"
	case unix.ENOENT:
		return "the interpreter of its #! line is missing"
	case unix.E2BIG:
		return "arguments and environment together are too long"
	}
	return errno.Error()
}

func exited(code int, message string) *Failure {
	return &Failure{ExitCode: &code, Message: message}
}

func (c *Command) verdict(state *os.ProcessState) error {
	status, ok := state.Sys().(syscall.WaitStatus)
	switch {
	case state.Success():
		c.task.ran.Store(true)
		return nil
	case ok && status.Signaled():
		sig := status.Signal()
		return exited(128+int(sig), fmt.Sprintf("%s was killed by %s (%v)", c.name(), unix.SignalName(sig), sig))
	}
	code := state.ExitCode()
	return &Failure{ExitCode: &code, program: c.name()}
}

// stop sends TERM to the command and all below it, and KILL after the grace,
// or at once when the attempt is forced. It returns when gone is closed.
func (c *Command) stop(pid int, gone <-chan struct{}) {
	timer := time.NewTimer(c.task.Grace())
	defer timer.Stop()
	c.signal(pid, unix.SIGTERM)
	c.signal(pid, unix.SIGCONT) // a stopped process sees TERM only then
	select {
	case <-gone:
		return
	case <-timer.C:
	case <-c.task.force:
	}
	c.signal(pid, unix.SIGKILL)
	<-gone
}

// signal reports what it cannot reach in the log: the attempt ends when the
// processes do, whoever makes them.
func (c *Command) signal(pid int, sig syscall.Signal) {
	if err := c.task.tree.Signal(pid, sig); err != nil {
		fmt.Fprintf(c.task.stderr, "cannot send %s to %s: %v\n", unix.SignalName(sig), c.name(), err)
	}
}

// find returns the path of a program as execvp(3) would, in the child's PATH and
// directory rather than the plugin's.
func find(name, dir, path string) (string, error) {
	if strings.ContainsRune(name, '/') {
		return executable(absolute(name, dir))
	}
	for _, part := range filepath.SplitList(path) {
		if found, err := executable(absolute(filepath.Join(part, name), dir)); err == nil {
			return found, nil
		}
	}
	return "", exited(127, fmt.Sprintf("command %q not found in PATH=%s", name, path))
}

func absolute(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func executable(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", exited(127, fmt.Sprintf("command %q not found", path))
	case info.IsDir():
		return "", exited(126, fmt.Sprintf("%s is a directory", path))
	}
	if err := unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS); err != nil {
		return "", exited(126, fmt.Sprintf("%s cannot be executed: %v", path, err))
	}
	return path, nil
}
