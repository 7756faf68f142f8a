package rpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	cause error // why Recv ended; to be read after jrpc2's reader has ended
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

// Send writes a request.
func (w *wireChannel) Send(text []byte) error { return w.line.write(text, sendWithin) }

// Close ends the connection.
func (w *wireChannel) Close() error { return w.line.conn.Close() }
