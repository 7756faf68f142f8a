package cmd_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// launch is how a daemon is started.
type launch struct {
	program string
	wrap    []string // a command that becomes the daemon
	env     []string
	files   []*os.File
	dies    bool // it is to end by itself
}

func (h *house) newLaunch() *launch {
	return &launch{program: filepath.Join(h.bin, "penstockd"), env: os.Environ()}
}

// take takes our own arguments off the front of args.
func (l *launch) take(h *house, args []string) (rest []string, err error) {
	for len(args) > 0 && err == nil {
		value := ""
		if len(args) > 1 {
			value = args[1]
		}
		switch args[0] {
		case "-crash":
			l.program, l.dies = filepath.Join(h.bin, "torture", "penstockd"), true
			l.env = append(l.env, "PENSTOCK_CRASH="+value)
			args = args[2:]
		case "-program":
			l.program, args = value, args[2:]
		case "-boot":
			const script = `mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"`
			l.wrap, args = []string{"unshare", "-m", "sh", "-c", script, value}, args[2:]
		case "-activate":
			err, args = l.activate(h), args[1:]
		case "-notify":
			l.env = append(l.env, "NOTIFY_SOCKET="+h.path("n"), "WATCHDOG_USEC=100000")
			err, args = h.listenNotify(), args[1:]
		default:
			return args, nil
		}
	}
	return args, err
}

func (l *launch) command(h *house, args []string) *exec.Cmd {
	line := append(l.wrap, l.program, "--state", h.path("state"), "--socket", h.socket(), "--config", h.path("penstockd.toml"))
	line = append(line, args...)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env, cmd.ExtraFiles, cmd.Dir = l.env, l.files, h.dir
	return cmd
}

// activate hands the daemon a socket as a socket unit does (sd_listen_fds(3)),
// which goes on when a daemon is gone.
func (l *launch) activate(h *house) error {
	if err := h.listen(); err != nil {
		return err
	}
	file, err := h.listener.File()
	l.files = []*os.File{file}
	l.wrap = []string{"sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`}
	return err
}

func (h *house) listen() (err error) {
	if h.listener != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(h.socket()), 0o700); err != nil {
		return err
	}
	h.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: h.socket(), Net: "unix"})
	if err == nil {
		h.closers = append(h.closers, h.listener.Close)
	}
	return err
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
