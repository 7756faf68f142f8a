package rpc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

var (
	errIdle   = errors.New("idle for too long")
	errFaults = errors.New("too many lines that are no requests")
)

// session is the daemon's side of a connection, as a channel for jrpc2. Only
// lines that hold requests reach jrpc2, and never more calls than the limit;
// the rest is answered here. It knows how many answers are due, so that a
// client that has closed its sending side still gets them.
type session struct {
	line   *line
	lim    limits
	faults int // lines that were no requests; Recv's

	mu       sync.Mutex // guards the fields below and the read deadline
	calls    int        // given to jrpc2 and not answered
	since    time.Time  // the last line or answer
	stopping bool       // no further line is wanted
	draining bool       // Recv waits for the answers that are due
}

func newSession(conn net.Conn, lim limits) *session {
	return &session{line: newLine(conn, lim.line, 4<<10), lim: lim, since: time.Now()}
}

// Recv returns the next line that jrpc2 is to answer. io.EOF means that there
// will be none and that nothing is due any more.
func (s *session) Recv() ([]byte, error) {
	for s.faults < s.lim.faults {
		text, err := s.next()
		switch {
		case errors.Is(err, errTooLong):
			text, err = nil, s.tooLong()
		case errors.Is(err, io.EOF):
			s.drain()
			return nil, io.EOF
		}
		if err != nil {
			return nil, err
		}
		if len(text) == 0 {
			continue
		}
		pass, err := s.admit(text)
		if pass != nil || err != nil {
			return pass, err
		}
	}
	return nil, errFaults
}

// Send writes an answer of jrpc2's. One that cannot be written ends the
// connection, for jrpc2 would go on.
func (s *session) Send(text []byte) error {
	err := s.line.write(text, s.lim.write)
	if err != nil {
		err = errors.Join(err, s.Close())
	}
	s.answered(answers(text))
	return err
}

// Close ends the connection at once.
func (s *session) Close() error { return s.line.conn.Close() }

// Stop makes Recv return io.EOF as soon as no answer is due.
func (s *session) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	if !s.draining {
		s.expire()
	}
}

// next returns the next line, which may be blank.
func (s *session) next() ([]byte, error) {
	if err := s.await(); err != nil {
		return nil, err
	}
	s.arm(time.Now().Add(s.lim.frame))
	text, err := s.line.read()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return text, nil // a person's printf may well forget the end of the line
	}
	return text, s.late(err, "a line was not finished in time")
}

// await waits for the first byte of a line.
func (s *session) await() error {
	for {
		s.arm(s.patience())
		err := s.line.await()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if s.isStopping() {
			return io.EOF
		}
		if !time.Now().Before(s.patience()) {
			return errIdle
		}
	}
}

// late gives a missed deadline its meaning: the end where the session is being
// stopped, else what says.
func (s *session) late(err error, what string) error {
	switch {
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case s.isStopping():
		return io.EOF
	}
	return fmt.Errorf("%s: %w", what, err)
}

// tooLong answers a line as soon as it is known to be too long, then passes
// over the rest of it.
func (s *session) tooLong() error {
	err := s.fault(Errorf(CodeNotRequest, "the line is longer than %d bytes", s.lim.line))
	if err != nil {
		return err
	}
	return s.late(s.line.skip(), "a line was too long and had no end")
}

// admit returns what jrpc2 is to answer of a line, or answers it and returns
// nothing. A line of notifications gets neither an answer nor a deed: there is
// no method here whose outcome may stay unknown.
func (s *session) admit(text []byte) ([]byte, error) {
	text, requests, refused := parse(text, s.lim)
	if refused != nil {
		return nil, s.fault(refused)
	}
	calls, faulty := 0, false
	for _, r := range requests {
		if isCall(r) {
			calls++
		}
		faulty = faulty || r.Error != nil
	}
	if faulty {
		s.faults++
	}
	if calls == 0 {
		return nil, nil
	}
	if !s.begin(calls) {
		e := Errorf(CodeBusy, "%d calls are in flight on this connection, as many as may be; wait for answers", s.lim.calls)
		return nil, s.write(refusals(requests, e))
	}
	return text, nil
}

// fault answers a line that is no request.
func (s *session) fault(e *Error) error {
	s.faults++
	return s.write(refusal("", e))
}

func (s *session) write(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.line.write(text, s.lim.write)
}

// begin counts calls in, unless that makes too many.
func (s *session) begin(calls int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = time.Now()
	if s.calls+calls > s.lim.calls {
		return false
	}
	s.calls += calls
	return true
}

// answered counts calls out.
func (s *session) answered(calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = time.Now()
	s.calls -= calls
	if s.draining && s.calls == 0 {
		s.expire()
	}
}

// drain blocks until no answer is due, or nobody is left to read it, or the
// connection is closed on this side.
func (s *session) drain() {
	s.mu.Lock()
	s.draining = true
	due := s.calls > 0
	s.line.conn.SetReadDeadline(time.Time{})
	s.mu.Unlock()
	if due {
		awaitHangUp(s.line.conn)
	}
}

// patience returns when an idle session ends.
func (s *session) patience() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls > 0 {
		return time.Now().Add(s.lim.idle)
	}
	return s.since.Add(s.lim.idle)
}

// arm sets the read deadline, unless Stop has made it the past for good.
func (s *session) arm(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopping {
		s.line.conn.SetReadDeadline(t)
	}
}

// expire ends a read that waits. An error means that the connection is closed,
// which ends it as well.
func (s *session) expire() { s.line.conn.SetReadDeadline(time.Unix(1, 0)) }

func (s *session) isStopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}

// awaitHangUp blocks until the peer has closed both directions, the read
// deadline passes or conn is closed here. Of a connection that is no file the
// end of input is the end of both.
func awaitHangUp(conn net.Conn) {
	file, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return
	}
	// Read calls back at each change of the socket's state; its error says no
	// more than that the wait is over.
	raw.Read(func(fd uintptr) bool { return hungUp(int32(fd)) })
}

func hungUp(fd int32) bool {
	poll := []unix.PollFd{{Fd: fd}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n > 0 && poll[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0
}
