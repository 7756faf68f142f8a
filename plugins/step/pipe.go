package step

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

const (
	smallRead = 64 << 10 // the kernel's default capacity of a pipe
	largeRead = 1 << 20  // for a command that writes a lot; see pipe(7) on the limit for users
	tick      = 5000     // milliseconds between two sweeps of a long command
)

// pipes are the standard output and error of a command on their way to two
// writers. One goroutine reads both in the order in which the kernel shows
// that there is something.
type pipes struct {
	readers [2]int // -1 when closed
	writers [2]*os.File
	to      [2]io.Writer
	copied  [2]int64
	buf     []byte
	err     error // the first of a writer
}

func newPipes(stdout, stderr io.Writer) (*pipes, error) {
	p := &pipes{readers: [2]int{-1, -1}, to: [2]io.Writer{stdout, stderr}}
	for i, name := range []string{"stdout", "stderr"} {
		var ends [2]int
		err := unix.Pipe2(ends[:], unix.O_CLOEXEC)
		if err == nil {
			p.readers[i], p.writers[i] = ends[0], os.NewFile(uintptr(ends[1]), name)
			err = unix.SetNonblock(ends[0], true) // the child's end stays blocking
		}
		if err != nil {
			p.closeWriters()
			p.closeReaders()
			return nil, fmt.Errorf("make a pipe for %s: %w", name, err)
		}
	}
	return p, nil
}

// closeWriters closes the child's ends in this process.
func (p *pipes) closeWriters() {
	for _, w := range p.writers {
		if w != nil {
			_ = w.Close() // nothing was written to it here
		}
	}
}

func (p *pipes) closeReaders() {
	for i := range p.readers {
		p.close(i)
	}
}

// close closes a read end; a process that still writes gets SIGPIPE.
func (p *pipes) close(i int) {
	if p.readers[i] >= 0 {
		_ = unix.Close(p.readers[i])
		p.readers[i] = -1
	}
}

// copy copies until the process has ended, then what lies in the pipes at that
// moment, and closes them: who else holds them is no reason to wait. It calls
// sweep every few seconds.
func (p *pipes) copy(process *os.Process, sweep func()) error {
	defer p.closeReaders()
	var err error
	if handle := process.WithHandle(func(pidfd uintptr) { err = p.pump(int(pidfd), sweep) }); handle != nil {
		return fmt.Errorf("watch the command (Linux 5.4 or newer is needed): %w", handle)
	}
	return errors.Join(err, p.err)
}

func (p *pipes) pump(pidfd int, sweep func()) error {
	for {
		fds := [3]unix.PollFd{
			{Fd: int32(p.readers[0]), Events: unix.POLLIN},
			{Fd: int32(p.readers[1]), Events: unix.POLLIN},
			{Fd: int32(pidfd), Events: unix.POLLIN},
		}
		n, err := unix.Poll(fds[:], tick)
		switch {
		case err != nil && err != unix.EINTR:
			return fmt.Errorf("wait for output: %w", err)
		case err == nil && n == 0:
			sweep()
		}
		if n > 0 && fds[2].Revents != 0 {
			p.drain()
			return nil
		}
		for i := range p.readers {
			if n > 0 && fds[i].Revents != 0 {
				p.read(i, largeRead)
			}
		}
	}
}

// drain copies what lies in the pipes now. A process that goes on writing
// cannot make it longer.
func (p *pipes) drain() {
	for i, fd := range p.readers {
		if fd < 0 {
			continue
		}
		left, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
		for err == nil && left > 0 {
			n := p.read(i, left)
			if n <= 0 {
				break
			}
			left -= n
		}
	}
}

// read copies what one read(2) gives, at most most bytes, and returns how much
// that was.
func (p *pipes) read(i, most int) int {
	if p.buf == nil {
		p.buf = make([]byte, smallRead)
	}
	n, err := unix.Read(p.readers[i], p.buf[:min(most, len(p.buf))])
	switch {
	case n > 0:
		p.pass(i, p.buf[:n])
	case err != unix.EAGAIN && err != unix.EINTR: // the end, or a broken pipe
		p.close(i)
	}
	return n
}

func (p *pipes) pass(i int, b []byte) {
	if _, err := p.to[i].Write(b); err != nil {
		if p.err == nil {
			p.err = fmt.Errorf("copy the output of the command: %w", err)
		}
		p.close(i)
		return
	}
	p.copied[i] += int64(len(b))
	if p.copied[i] >= largeRead && len(p.buf) < largeRead/4 {
		p.widen(i)
	}
}

// widen makes the pipe of a talkative command as large as an ordinary user may
// have it. Where that is refused it stays as it is: only slower.
func (p *pipes) widen(i int) {
	_, _ = unix.FcntlInt(uintptr(p.readers[i]), unix.F_SETPIPE_SZ, largeRead)
	p.buf = make([]byte, largeRead/4)
}
