package cmd_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

func (h *house) dial() (*net.UnixConn, error) {
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: h.socket(), Net: "unix"})
	if err != nil {
		return nil, err
	}
	return c, c.SetDeadline(time.Now().Add(patience))
}

// ended tells the errors with which a daemon's end or refusal reaches us.
func ended(err error) bool {
	return errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE)
}

// talk says all of a file, then listens to the end.
func (h *house) talk(ts *testscript.TestScript, _ bool, args []string) error {
	if len(args) != 1 {
		return errArguments
	}
	c, err := h.dial()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(c, ts.ReadFile(args[0])); err != nil && !ended(err) {
		return errors.Join(err, c.Close())
	}
	return errors.Join(hear(c, ts.Stdout()), c.Close())
}

// hear half closes a connection and copies what comes.
func hear(c *net.UnixConn, to io.Writer) error {
	if err := c.CloseWrite(); err != nil && !errors.Is(err, unix.ENOTCONN) {
		return err
	}
	if _, err := io.Copy(to, c); err != nil && !ended(err) {
		return err
	}
	return nil
}

// endless says MiB after MiB of one line until the daemon has enough.
func (h *house) endless(ts *testscript.TestScript, _ bool, args []string) error {
	if len(args) != 1 {
		return errArguments
	}
	mib, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	c, err := h.dial()
	if err != nil {
		return err
	}
	piece := bytes.Repeat([]byte("a"), 1<<20)
	for range mib {
		if _, err = c.Write(piece); err != nil {
			break
		}
	}
	if err != nil && !ended(err) {
		return errors.Join(err, c.Close())
	}
	return errors.Join(hear(c, ts.Stdout()), c.Close())
}

// deaf asks and never listens. Its connection is open until the script ends.
func (h *house) deaf(ts *testscript.TestScript, _ bool, args []string) error {
	if len(args) != 2 {
		return errArguments
	}
	times, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	c, err := h.dial()
	if err != nil {
		return err
	}
	h.closers = append(h.closers, c.Close)
	if err := c.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	for range times {
		_, err := io.WriteString(c, ts.ReadFile(args[0]))
		if errors.Is(err, os.ErrDeadlineExceeded) || ended(err) {
			return nil // the daemon takes no more from us
		}
		if err != nil {
			return err
		}
	}
	return nil
}
