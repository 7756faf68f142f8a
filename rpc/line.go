package rpc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// keptBuffer is how much of a line's buffer outlives the line: an idle
// connection that once carried a long line costs no more than another.
const keptBuffer = 16 << 10

var errTooLong = errors.New("line too long")

// line is a connection cut into lines. One goroutine reads, any may write.
type line struct {
	conn net.Conn
	in   *bufio.Reader
	max  int    // bytes of a line that is read, its end not counted
	buf  []byte // the line being read
	cut  bool   // the last line was too long and its rest has not been read

	mu sync.Mutex // held while a line is written
}

func newLine(conn net.Conn, max, buffer int) *line {
	return &line{conn: conn, in: bufio.NewReaderSize(conn, buffer), max: max}
}

// await blocks until read would find a byte, and consumes none.
func (l *line) await() error {
	_, err := l.in.Peek(1)
	return err
}

// read returns the next line without its end and the space around it, valid
// until the next read. With a last line that has no end comes
// io.ErrUnexpectedEOF. A line of more than max bytes is errTooLong as soon as
// it is seen to be one; skip passes over the rest of it.
func (l *line) read() ([]byte, error) {
	if cap(l.buf) > keptBuffer {
		l.buf = nil
	}
	l.buf = l.buf[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		l.buf = append(l.buf, part...)
		if len(bytes.TrimSuffix(l.buf, []byte("\n"))) > l.max {
			l.cut = err != nil
			l.buf = nil
			return nil, errTooLong
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil:
			return bytes.TrimSpace(l.buf), nil
		case errors.Is(err, io.EOF) && len(l.buf) > 0:
			return bytes.TrimSpace(l.buf), io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}

// skip reads to the end of a line that was too long, and keeps nothing of it.
func (l *line) skip() error {
	for l.cut {
		_, err := l.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return err
		}
		l.cut = false
	}
	return nil
}

// write sends p as a line within the given time. After an error the connection
// is of no more use for writing: half a line may have been sent.
func (l *line) write(p []byte, within time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return fmt.Errorf("write a line of %d bytes: %w", len(p), err)
	}
	parts := net.Buffers{p, []byte("\n")}
	if _, err := parts.WriteTo(l.conn); err != nil {
		return fmt.Errorf("write a line of %d bytes: %w", len(p), err)
	}
	return nil
}
