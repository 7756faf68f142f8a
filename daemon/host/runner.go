package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/hashicorp/go-plugin"
	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/plugins/protocol"
)

// The files of a process's own output, and how much of each stays on disk.
const (
	stdoutFile    = "stdout"
	stderrFile    = "stderr"
	maxOwnOutput  = 1 << 20
	keptOwnOutput = 64 << 10
)

// attached is go-plugin's view of a process: enough to wait for it and to end it.
type attached struct{ process *process }

func (a attached) Wait(context.Context) error {
	select {
	case <-a.process.done:
	case <-a.process.away:
	}
	return nil
}

func (a attached) Kill(context.Context) error { return a.process.kill() }

func (a attached) ID() string { return a.process.Name }

func (attached) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

func (attached) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// birth starts a process for go-plugin. Its stdio are files, it leads a session
// of its own, and go-plugin sees nothing of its output but the handshake.
type birth struct {
	attached
	binary     binary
	leaf       *os.File // the cgroup to be born in; nil: ours
	env        []string
	line       *handshake
	adjustment bool // put oom_score_adj back to 0

	begun func() // called once the process runs and is being watched for
}

func (b *birth) Name() string { return b.binary.path }

func (b *birth) Diagnose(context.Context) string { return "" }

func (b *birth) Stdout() io.ReadCloser { return b.line }

func (b *birth) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Start starts the process and pins it.
func (b *birth) Start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file, err := b.binary.open()
	if err != nil {
		return err
	}
	defer file.Close()
	p := b.process
	p.command = b.command(file)
	err = b.launch(p.command, file)
	if err != nil && b.leaf != nil && !errors.Is(err, os.ErrNotExist) {
		b.leaf = nil // a container may refuse births into a cgroup, and nothing tells but trying
		p.command = b.command(file)
		err = b.launch(p.command, file)
	}
	if err != nil {
		return err
	}
	p.Pid = p.command.Process.Pid
	if p.handle, err = openHandle(p.Pid); err != nil {
		return errors.Join(err, p.command.Process.Kill(), p.command.Wait())
	}
	b.begun()
	return b.adjust(p.Pid)
}

// command is how the process is started: from the descriptor that was
// verified. The kernel resolves /proc/self/fd in the child before it closes
// what is closed on exec; a script's interpreter could not open it any more.
func (b *birth) command(file *os.File) *exec.Cmd {
	path := b.binary.path
	if !b.binary.script {
		path = "/proc/self/fd/" + strconv.Itoa(int(file.Fd()))
	}
	attr := &syscall.SysProcAttr{Setsid: true}
	if b.leaf != nil {
		attr.UseCgroupFD, attr.CgroupFD = true, int(b.leaf.Fd())
	}
	return &exec.Cmd{Path: path, Args: []string{b.binary.path}, Env: b.env, Dir: b.process.dir, SysProcAttr: attr}
}

// launch starts the command with files as its stdout and stderr.
//
// The child moves its own error pipe to a descriptor above those that it was
// told of (syscall.forkExec), which may be the very one that binary has: the
// exec would then fail. So stderr is given a descriptor above binary's.
func (b *birth) launch(command *exec.Cmd, binary *os.File) error {
	stdout, err := appendTo(filepath.Join(b.process.dir, stdoutFile))
	if err != nil {
		return err
	}
	defer stdout.Close()
	stderr, err := appendTo(filepath.Join(b.process.dir, stderrFile))
	if err != nil {
		return err
	}
	defer stderr.Close()
	above, err := unix.FcntlInt(stderr.Fd(), unix.F_DUPFD_CLOEXEC, int(binary.Fd())+1)
	if err != nil {
		return fmt.Errorf("duplicate stderr: %w", err)
	}
	high := os.NewFile(uintptr(above), stderr.Name())
	defer high.Close()
	command.Stdout, command.Stderr = stdout, high
	return command.Start()
}

func appendTo(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

// adjust takes back the protection from the OOM killer that a daemon may have.
func (b *birth) adjust(pid int) error {
	if !b.adjustment {
		return nil
	}
	err := os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("0"), 0)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil // it has ended already, which others will notice
	}
	return err
}

// environment is all that a plugin process gets: of ours the few variables
// that say where it is, and what go-plugin and the contract say.
func environment(spec []string, p *process) []string {
	env := []string{"PATH=" + orElse(os.Getenv("PATH"), "/usr/local/bin:/usr/bin:/bin"), "HOME=" + orElse(os.Getenv("HOME"), "/")}
	for _, name := range []string{"LANG", "LC_ALL", "TZ", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for _, variable := range spec {
		if !strings.HasPrefix(variable, plugin.EnvUnixSocketDir+"=") {
			env = append(env, variable)
		}
	}
	env = append(env, plugin.EnvUnixSocketDir+"="+p.dir, protocol.EnvProcess+"="+p.Name, protocol.EnvSHA256+"="+p.SHA256)
	if p.Cgroup != "" {
		env = append(env, protocol.EnvCgroup+"="+p.Cgroup)
	}
	return env
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
