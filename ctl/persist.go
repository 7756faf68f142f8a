package ctl

import (
	"context"
	"errors"
	"time"

	"github.com/penstock/penstock/rpc"
)

// persist asks until the daemon answers: one that was there and went away (a
// restart, an upgrade, a kill) may stay away for as long as patience. The
// request must be one that may be made twice.
func persist[Q, A any](ctx context.Context, l *link, method func(*rpc.Client, context.Context, *Q) (*A, error), request *Q) (*A, error) {
	return persistFor(ctx, l, patience, func() (*A, error) { return call(ctx, l, method, request) })
}

func persistFor[A any](ctx context.Context, l *link, limit time.Duration, ask func() (*A, error)) (*A, error) {
	var away outage
	for {
		answer, err := ask()
		if err == nil || !passing(err) || !l.known() || ctx.Err() != nil {
			return answer, err
		}
		if away.begin(); time.Since(away.since) >= limit {
			return nil, err
		}
		if away.delay == tellDelay {
			l.absent(limit)
		}
		if stopped := pause(ctx, away.delay); stopped != nil {
			return nil, stopped
		}
	}
}

// tellDelay is the pause at which an absence is worth a word: a restart takes
// less.
const tellDelay = firstDelay << 4

// outage is a time without the daemon.
type outage struct {
	since time.Time
	delay time.Duration // the next pause
}

// begin notes that the daemon is away, once more.
func (o *outage) begin() {
	if o.since.IsZero() {
		o.since, o.delay = time.Now(), firstDelay
		return
	}
	o.delay = min(2*o.delay, lastDelay)
}

// passing tells errors that time may cure.
func passing(err error) bool {
	var refusal *rpc.Error
	if errors.As(err, &refusal) {
		return refusal.Code == rpc.CodeUnavailable || refusal.Code == rpc.CodeBusy
	}
	return away(err)
}
