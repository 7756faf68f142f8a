package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/penstock/penstock/rpc"
)

// process is a daemon that was started.
type process struct {
	cmd   *exec.Cmd
	said  int64         // where in the log it begins
	dies  bool          // it is to end by itself
	ready bool          // it answered
	done  chan struct{} // closed when it has ended
}

func (p *process) signal(s os.Signal) { _ = p.cmd.Process.Signal(s) } // it may be gone

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (h *house) daemonCommand(ts *testscript.TestScript, neg bool, args []string) error {
	if len(args) == 0 {
		return errArguments
	}
	if verb := args[0]; verb == "start" {
		return h.start(ts, neg, args[1:])
	} else if h.daemon == nil {
		return errors.New("there is no daemon")
	}
	switch args[0] {
	case "stop":
		return h.stop()
	case "kill":
		return h.kill()
	case "restart":
		return errors.Join(h.kill(), h.start(ts, neg, args[1:]))
	case "hangup":
		h.daemon.signal(syscall.SIGHUP)
		return nil
	case "died":
		return h.died(args[1:])
	}
	return errArguments
}

// start starts a daemon. With neg it must end before it answers.
func (h *house) start(ts *testscript.TestScript, neg bool, args []string) error {
	if h.daemon != nil && !h.daemon.ended() {
		return errors.New("there is a daemon already; exec one beside it")
	}
	cmd, dies, err := h.daemonCmd(args)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(h.path("daemon.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the daemon has its own descriptor
	p := &process{cmd: cmd, dies: dies, done: make(chan struct{})}
	if p.said, err = log.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // how it ended is in ProcessState
	}()
	h.daemon = p
	return h.settle(ts, neg)
}

// settle waits until the daemon answers or has ended, and judges that.
func (h *house) settle(ts *testscript.TestScript, neg bool) error {
	p := h.daemon
	err := until("the daemon to answer", func() (bool, error) {
		p.ready = h.answers(p.cmd.Process.Pid)
		return p.ready || p.ended(), nil
	})
	switch {
	case err != nil:
		return err
	case p.ready && neg:
		return errors.New("the daemon started, and ought not")
	case p.ready || p.dies:
		return nil
	}
	text, err := h.said()
	if err != nil {
		return err
	}
	if !neg {
		return fmt.Errorf("the daemon ended: %s", p.cmd.ProcessState)
	}
	_, err = ts.Stderr().Write(text)
	return err
}

// said is what the daemon wrote to its log.
func (h *house) said() ([]byte, error) {
	text, err := os.ReadFile(h.path("daemon.log"))
	if err != nil {
		return nil, err
	}
	return text[h.daemon.said:], nil
}

func (h *house) answers(pid int) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := rpc.Dial(ctx, h.socket())
	if err != nil {
		return false
	}
	info, err := c.DaemonInfo(ctx, &rpc.Empty{})
	return errors.Join(err, c.Close()) == nil && info.Pid == pid
}

// daemonCmd is the command of a daemon with our arguments taken out of args.
func (h *house) daemonCmd(args []string) (cmd *exec.Cmd, dies bool, err error) {
	program, env := filepath.Join(h.bin, "penstockd"), os.Environ()
	var wrap []string
	var files []*os.File
	for len(args) > 0 {
		switch args[0] {
		case "-crash":
			program, dies = filepath.Join(h.bin, "torture", "penstockd"), true
			env, args = append(env, "PENSTOCK_CRASH="+args[1]), args[1:]
		case "-program":
			program, args = args[1], args[1:]
		case "-boot":
			const script = `mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"`
			wrap, args = []string{"unshare", "-m", "sh", "-c", script, args[1]}, args[1:]
		case "-activate":
			file, err := h.activate()
			if err != nil {
				return nil, false, err
			}
			files, wrap = []*os.File{file}, []string{"sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`}
		case "-notify":
			if err := h.listenNotify(); err != nil {
				return nil, false, err
			}
			env = append(env, "NOTIFY_SOCKET="+h.path("n"), "WATCHDOG_USEC=100000")
		default:
			goto ours
		}
		args = args[1:]
	}
ours:
	line := append(wrap, program, "--state", h.path("state"), "--socket", h.socket(), "--config", h.path("penstockd.toml"))
	line = append(line, args...)
	cmd = exec.Command(line[0], line[1:]...)
	cmd.Env, cmd.ExtraFiles, cmd.Dir = env, files, h.dir
	return cmd, dies, nil
}

// activate listens as a socket unit does, and goes on when a daemon is gone.
func (h *house) activate() (*os.File, error) {
	if h.listener != nil {
		return h.listener.File()
	}
	if err := os.MkdirAll(filepath.Dir(h.socket()), 0o700); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: h.socket(), Net: "unix"})
	if err != nil {
		return nil, err
	}
	h.listener = l
	h.closers = append(h.closers, l.Close)
	return l.File()
}

// listenNotify takes what a daemon tells its service manager down in the file
// notify.
func (h *house) listenNotify() error {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: h.path("n"), Net: "unixgram"})
	if err != nil {
		return err
	}
	file, err := os.Create(h.path("notify"))
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	done := make(chan error, 1)
	go func() { done <- takeDown(conn, file) }()
	h.closers = append(h.closers, func() error { return errors.Join(conn.Close(), <-done) })
	return nil
}

func takeDown(conn net.Conn, file *os.File) error {
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return file.Close()
		}
		if err == nil {
			_, err = fmt.Fprintf(file, "%s\n", buffer[:n])
		}
		if err != nil {
			return errors.Join(err, file.Close())
		}
	}
}

// stop ends the daemon as a service manager does, which gives it 5 s.
func (h *house) stop() error {
	h.daemon.signal(syscall.SIGTERM)
	select {
	case <-h.daemon.done:
	case <-time.After(5 * time.Second):
		return errors.New("the daemon did not end within 5 s of SIGTERM")
	}
	return h.died([]string{"0"})
}

func (h *house) kill() error {
	h.daemon.signal(os.Kill)
	return h.died(nil)
}

// died waits for the end of the daemon and holds it against what is expected.
func (h *house) died(want []string) error {
	if err := until("the daemon to end", func() (bool, error) { return h.daemon.ended(), nil }); err != nil {
		return err
	}
	state := h.daemon.cmd.ProcessState
	status, _ := state.Sys().(syscall.WaitStatus)
	switch {
	case len(want) == 0 && status.Signaled() && status.Signal() == syscall.SIGKILL:
		return nil
	case len(want) == 1 && status.Exited() && strconv.Itoa(status.ExitStatus()) == want[0]:
		return nil
	}
	return fmt.Errorf("the daemon ended with %s", state)
}
