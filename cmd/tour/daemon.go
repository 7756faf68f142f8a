package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// configuration is the daemon's: with a file of its own it reads no other, and
// a small disk will do.
const configuration = `[storage]
min_free = "256MiB"
ballast  = "0"
`

func (g *guide) configure() error {
	return os.WriteFile(g.dir+"/penstockd.toml", []byte(configuration), 0o600)
}

// start starts the daemon. Its session is its own, as under a service manager.
func (g *guide) start() error {
	g.paint.command("penstockd --config $T/penstockd.toml --state $T/state --socket $T/run/sock 2>> $T/penstockd.log &")
	log, err := os.OpenFile(g.dir+"/penstockd.log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	daemon := exec.Command(g.bin+"/penstockd", "--config", g.dir+"/penstockd.toml", "--state", g.state(), "--socket", g.socket())
	daemon.Stderr = log
	daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := daemon.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	g.daemon = daemon
	return log.Close()
}

// kill ends the daemon as the worst does.
func (g *guide) kill() error {
	g.paint.command(fmt.Sprintf("kill -9 %d", g.daemon.Process.Pid))
	return g.signal(syscall.SIGKILL)
}

// stop ends the daemon as a service manager does.
func (g *guide) stop() error {
	g.paint.command(fmt.Sprintf("kill %d", g.daemon.Process.Pid))
	if err := g.signal(syscall.SIGTERM); err != nil {
		return err
	}
	g.paint.good("the daemon ended with exit code 0")
	return nil
}

// signal ends the daemon with a signal and waits for its end.
func (g *guide) signal(s syscall.Signal) error {
	daemon := g.daemon
	g.daemon = nil
	if err := daemon.Process.Signal(s); err != nil {
		return fmt.Errorf("end the daemon: %w", err)
	}
	err := daemon.Wait()
	if s == syscall.SIGKILL {
		return nil // it cannot have ended well
	}
	if err != nil {
		return fmt.Errorf("the daemon ended badly: %w", err)
	}
	return nil
}
