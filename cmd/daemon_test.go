package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
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
	l := h.newLaunch()
	args, err := l.take(h, args)
	if err != nil {
		return err
	}
	cmd := l.command(h, args)
	log, err := os.OpenFile(h.path("daemon.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the daemon has its own descriptor
	p := &process{cmd: cmd, dies: l.dies, done: make(chan struct{})}
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

// stop ends the daemon as its unit does, which gives it 30 s.
func (h *house) stop() error {
	h.daemon.signal(syscall.SIGTERM)
	select {
	case <-h.daemon.done:
	case <-time.After(30 * time.Second):
		return errors.New("the daemon did not end within 30 s of SIGTERM")
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

// end ends the daemon if it is there, by SIGKILL where it does not go.
func (h *house) end() error {
	if h.daemon == nil || h.daemon.ended() {
		return nil
	}
	h.daemon.signal(syscall.SIGTERM)
	select {
	case <-h.daemon.done:
		return nil
	case <-time.After(patience):
		return errors.Join(errors.New("the daemon did not end when the script did"), h.kill(), h.killAll())
	}
}
