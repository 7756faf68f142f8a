package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/rpc"
)

// patience is how long a client asks again before it gives up.
const patience = time.Minute

// client is a connection to whatever daemon there is. It is for one goroutine.
type client struct {
	socket string
	conn   *rpc.Client // nil: none
}

// call is a method of rpc.Client.
type call[Q, A any] func(*rpc.Client, context.Context, *Q) (*A, error)

// ask performs a call until a daemon answers it: again, on a new connection,
// where the answer was lost.
func ask[Q, A any](ctx context.Context, c *client, method call[Q, A], q *Q) (answer *A, err error) {
	until := time.Now().Add(patience)
	for {
		if err = c.connect(ctx); err == nil {
			answer, err = method(c.conn, ctx, q)
		}
		if err == nil || !passing(err) || time.Now().After(until) {
			return answer, err
		}
		c.drop()
		select {
		case <-ctx.Done():
			return answer, ctx.Err()
		case <-time.After(3 * time.Millisecond):
		}
	}
}

func (c *client) connect(ctx context.Context) (err error) {
	if c.conn == nil {
		c.conn, err = rpc.Dial(ctx, c.socket)
	}
	return err
}

func (c *client) drop() {
	if c.conn != nil {
		_ = c.conn.Close() // its daemon is dead
		c.conn = nil
	}
}

// passing tells errors that a daemon's death explains.
func passing(err error) bool {
	if refusal, ok := errors.AsType[*rpc.Error](err); ok {
		return refusal.Code == rpc.CodeUnavailable || refusal.Code == rpc.CodeBusy
	}
	return rpc.IsUnreachable(err) || errors.Is(err, rpc.ErrLost)
}

// putAll applies the load's pipelines.
func putAll(ctx context.Context, c *client, all []*shape) error {
	for _, s := range all {
		q := &rpc.PipelineApplyRequest{Text: s.text.String(), File: s.name}
		if _, err := ask(ctx, c, (*rpc.Client).PipelineApply, q); err != nil {
			return fmt.Errorf("apply %s: %w", s.name, err)
		}
	}
	return nil
}
