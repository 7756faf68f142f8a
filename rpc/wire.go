package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/creachadair/jrpc2"
)

const (
	longestAnswer = 64 << 20 // bytes of a line that a client reads
	sendWithin    = 10 * time.Second
)

// wireChannel is the client's side of a connection, as a channel for jrpc2. To
// jrpc2 every end looks the same, for it would turn another into an error that
// looks as if the daemon had sent it.
type wireChannel struct {
	line  *line
	ended chan struct{} // closed when Recv has ended
	cause error         // why it has
}

func newWireChannel(conn net.Conn) *wireChannel {
	return &wireChannel{line: newLine(conn, longestAnswer, 64<<10), ended: make(chan struct{})}
}

// Recv returns the next answer. An answer to no request is the daemon's last
// word on the connection.
func (w *wireChannel) Recv() ([]byte, error) {
	text, err := w.line.read()
	if err == nil {
		err = lastWord(text)
	}
	if err != nil {
		w.cause = err
		close(w.ended)
		return nil, io.EOF
	}
	return text, nil
}

func lastWord(text []byte) error {
	if !bytes.HasPrefix(text, []byte(`{"jsonrpc":"2.0","id":null,`)) {
		return nil
	}
	var r struct {
		Error *jrpc2.Error `json:"error"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("an answer that is not JSON: %w", err)
	}
	if r.Error == nil {
		return errors.New("an answer to no request")
	}
	return received(r.Error)
}

// Send writes a request. Where it cannot, the daemon may have said why before
// it closed its end: Recv is given the time to read that.
func (w *wireChannel) Send(text []byte) error {
	err := w.line.write(text, sendWithin)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
		<-w.ended
		return err
	}
	return errors.Join(err, w.Close())
}

// Close ends the connection.
func (w *wireChannel) Close() error { return w.line.conn.Close() }
