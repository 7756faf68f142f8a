package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
)

var (
	// ErrLost is in the error of a call whose connection ended before the
	// answer came. Whether the daemon did what was asked is not known: ask with
	// the same cursor or key again, on a new Client.
	ErrLost = errors.New("the connection to the daemon was lost")

	errUnreachable = errors.New("no daemon answers")
)

// IsUnreachable reports whether an error of Dial means that there is no daemon
// to talk to, rather than one that refuses.
func IsUnreachable(err error) bool { return errors.Is(err, errUnreachable) }

// Client calls the daemon. Its methods may be called at the same time, as many
// as 64, and are answered in any order. An error is a *Error as the daemon gave
// it, with its Data as one of the Data types; or the context's; or it has
// ErrLost in it, and then every further call will have as well.
//
// A call whose context ends returns at once. The protocol has no word for
// giving up: the daemon goes on with the call until it is done or Close.
type Client struct {
	exchange *exchange
}

var _ Service = (*Client)(nil)

// Dial connects to the daemon on a Unix socket. It sends nothing, and starts
// one goroutine, which Close ends. The error is a *Error with CodePermission
// where the socket is closed to the caller, else see IsUnreachable.
func Dial(ctx context.Context, socket string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	switch {
	case err == nil:
		return &Client{newExchange(conn)}, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("connect to %s: %w", socket, ctx.Err())
	case errors.Is(err, fs.ErrPermission):
		return nil, Errorf(CodePermission, "connect to %s: the socket is closed to you: [access] of the daemon's configuration admits users", socket)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return nil, fmt.Errorf("connect to %s: %w: %w", socket, errUnreachable, err)
}

// Close ends the connection and every call on it, here and in the daemon. It
// may be called twice.
func (c *Client) Close() error {
	if err := c.exchange.close(); err != nil {
		return fmt.Errorf("close the connection to the daemon: %w", err)
	}
	return nil
}

// invoke performs a call and decodes its answer leniently: a newer daemon may
// say more.
func invoke[A any](ctx context.Context, c *Client, method string, request any) (*A, error) {
	result, err := c.exchange.call(ctx, method, request)
	if _, ok := errors.AsType[*Error](err); ok {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	a := new(A)
	if err := json.Unmarshal(result, a); err != nil {
		return nil, fmt.Errorf("%s: the daemon's answer: %w", method, err)
	}
	return a, nil
}

// Discover returns the daemon's description of its API, an OpenRPC document.
func (c *Client) Discover(ctx context.Context) (json.RawMessage, error) {
	d, err := invoke[json.RawMessage](ctx, c, Discover, nil)
	if err != nil {
		return nil, err
	}
	return *d, nil
}
