package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/creachadair/jrpc2"
)

const (
	longestAnswer = 64 << 20 // bytes of a line that a client reads
	sendWithin    = 10 * time.Second
)

// exchange pairs calls with answers on a client's connection. It is not
// jrpc2's client, which hands each answer to a goroutine of its own and drops
// those that have not run when the connection ends: the last answers of a
// daemon that stops would be lost now and then.
type exchange struct {
	line  *line
	ended chan struct{} // closed when the reader has ended

	mu      sync.Mutex // guards the fields below
	last    uint64     // id
	waiting map[uint64]chan<- incoming
	cause   error // why the exchange has ended; nil while it goes on
}

// outgoing is a call as it is sent.
type outgoing struct {
	Version string `json:"jsonrpc"`
	ID      uint64 `json:"id"`
	Method  string `json:"method"`
	Params  any    `json:"params,omitempty"`
}

// incoming is an answer as it comes.
type incoming struct {
	ID     *uint64         `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *jrpc2.Error    `json:"error"`
}

func newExchange(conn net.Conn) *exchange {
	x := &exchange{
		line:    newLine(conn, longestAnswer, 64<<10),
		ended:   make(chan struct{}),
		waiting: map[uint64]chan<- incoming{},
	}
	go x.read()
	return x
}

// close ends the connection and waits for the reader.
func (x *exchange) close() error {
	err := x.line.conn.Close()
	<-x.ended
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// call sends a call and waits for its answer: the result, or the daemon's
// *Error, or the context's error, or one with ErrLost.
func (x *exchange) call(ctx context.Context, method string, params any) (json.RawMessage, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	answer := make(chan incoming, 1)
	id, err := x.expect(answer)
	if err != nil {
		return nil, err
	}
	defer x.forget(id)
	if err := x.send(outgoing{jrpc2.Version, id, method, params}); err != nil {
		return nil, err
	}
	select {
	case in, ok := <-answer:
		if !ok {
			return nil, x.lost()
		}
		if in.Error != nil {
			return nil, received(in.Error)
		}
		return in.Result, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// send writes a call. A connection that fails ends the exchange, and so the
// call; but where the daemon has closed its end, it may have said why before:
// the reader finds that, and its end.
func (x *exchange) send(o outgoing) error {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("encode the parameters: %w", err)
	}
	err = x.line.write(text, sendWithin)
	if err == nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return nil
	}
	x.end(err)
	return nil
}

// expect promises answer the answer to the returned id, or to be closed when
// the exchange ends.
func (x *exchange) expect(answer chan<- incoming) (id uint64, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.cause != nil {
		return 0, lost(x.cause)
	}
	x.last++
	x.waiting[x.last] = answer
	return x.last, nil
}

func (x *exchange) forget(id uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.waiting, id)
}

// read hands every answer to its call until the connection ends.
func (x *exchange) read() {
	defer close(x.ended)
	for {
		text, err := x.line.read()
		if err == nil {
			err = x.deliver(text)
		}
		if err != nil {
			x.end(err)
			return
		}
	}
}

// deliver hands an answer over. One to no request is the daemon's last word on
// the connection; one to a call that was given up is dropped.
func (x *exchange) deliver(text []byte) error {
	var in incoming
	switch err := json.Unmarshal(text, &in); {
	case err != nil:
		return fmt.Errorf("the daemon's answer: %w", err)
	case in.ID == nil && in.Error != nil:
		return received(in.Error)
	case in.ID == nil:
		return errors.New("the daemon answers no request")
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if answer, ok := x.waiting[*in.ID]; ok {
		delete(x.waiting, *in.ID)
		answer <- in
	}
	return nil
}

// end closes the connection and tells every call, of the first cause only.
func (x *exchange) end(cause error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.cause != nil {
		return
	}
	if err := x.line.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		cause = errors.Join(cause, err)
	}
	x.cause = cause
	for id, answer := range x.waiting {
		delete(x.waiting, id)
		close(answer)
	}
}

func (x *exchange) lost() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return lost(x.cause)
}

// lost is what a call gets after the end: the daemon's reason where it gave
// one.
func lost(cause error) error {
	if refused, ok := errors.AsType[*Error](cause); ok {
		return refused
	}
	return fmt.Errorf("%w: %w", ErrLost, cause)
}

func received(e *jrpc2.Error) *Error {
	code := Code(e.Code)
	return &Error{Code: code, Message: e.Message, Data: code.data(e.Data)}
}
