package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/penstock/penstock/rpc"
)

// world is the directory in which it all happens. Its path is in the
// environment of every process that belongs to it.
type world struct {
	dir string
	log *os.File // of all the daemons, one after another
}

const settings = `[log]
level = "warn"
[steps]
max_running = %d
grace = "2s"
[storage]
min_free = 0
ballast = 0
[http]
listen = %q
`

// manyPlaces are as many steps as work at a time where that is not what matters.
const manyPlaces = 100

// newWorld makes one whose daemons let so many steps work at a time.
func newWorld(ctx context.Context, places int) (*world, error) {
	dir, err := os.MkdirTemp("", "torture")
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir}
	if err := os.Chmod(dir, 0o755); err != nil { // the socket of the listener lies in it
		return w, err
	}
	for _, dir := range []string{"in", "claimed"} {
		if err := os.Mkdir(w.path(dir), 0o700); err != nil {
			return w, err
		}
	}
	if w.log, err = os.Create(w.path("penstockd.log")); err != nil {
		return w, err
	}
	for name, text := range map[string]string{
		"penstockd.toml": fmt.Sprintf(settings, places, "unix:"+w.path("http")), "effects": "",
	} {
		if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
			return w, err
		}
	}
	return w, build(ctx, w.path("bin"))
}

func (w *world) path(elements ...string) string {
	return filepath.Join(append([]string{w.dir}, elements...)...)
}

func (w *world) socket() string { return w.path("r", "s") }

// daemon is one life of the daemon.
type daemon struct {
	cmd   *exec.Cmd
	begun time.Time
	done  chan struct{} // closed when it has ended
}

// start starts a daemon that kills itself where the point says, if any.
func (w *world) start(point string) (*daemon, error) {
	cmd := exec.Command(w.path("bin", "penstockd"),
		"--state", w.path("state"), "--socket", w.socket(), "--config", w.path("penstockd.toml"))
	cmd.Env = append(os.Environ(), "PENSTOCK_CRASH="+point)
	cmd.Stderr = w.log
	d := &daemon{cmd: cmd, begun: time.Now(), done: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(d.done)
		_ = cmd.Wait() // how it ended is in ProcessState
	}()
	return d, nil
}

// ready waits until the daemon answers and says how long that took since its
// start. It is false where the daemon ended before.
func (w *world) ready(ctx context.Context, d *daemon) (time.Duration, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for {
		if w.answers(ctx) {
			return time.Since(d.begun), true, nil
		}
		select {
		case <-ctx.Done():
			return 0, false, errors.New("the daemon did not answer within 30 s of its start")
		case <-d.done:
			return 0, false, nil
		case <-poll.C:
		}
	}
}

func (w *world) answers(ctx context.Context) bool {
	c, err := rpc.Dial(ctx, w.socket())
	if err != nil {
		return false
	}
	_, err = c.DaemonInfo(ctx, &rpc.Empty{})
	return errors.Join(err, c.Close()) == nil
}

// kill kills the daemon, if it is there still, and waits for its end. The
// error is for one that ended in any other way.
func (d *daemon) kill() error {
	_ = d.cmd.Process.Kill() // it may be gone already
	<-d.done
	return d.killed()
}

func (d *daemon) killed() error {
	status, ok := d.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("the daemon ended by itself: %s", d.cmd.ProcessState)
	}
	return nil
}

// terminate asks the daemon to end and says how long it took.
func (d *daemon) terminate() (time.Duration, error) {
	begun := time.Now()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	select {
	case <-d.done:
	case <-time.After(30 * time.Second):
		return 0, errors.Join(errors.New("the daemon did not end within 30 s of SIGTERM"), d.kill())
	}
	if !d.cmd.ProcessState.Success() {
		return 0, fmt.Errorf("after SIGTERM: %s", d.cmd.ProcessState)
	}
	return time.Since(begun), nil
}

// close ends what is left and, unless it is to be looked at, the directory.
func (w *world) close(keep bool) error {
	killed := killAll(w.dir)
	var err error
	if w.log != nil {
		err = w.log.Close()
	}
	if keep {
		return err
	}
	return errors.Join(killed, err, os.RemoveAll(w.dir))
}
