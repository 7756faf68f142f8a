package ctl

import (
	"context"
	"errors"
	"time"

	"github.com/penstock/penstock/rpc"
)

// persist asks until the daemon answers: one that was there and went away (a
// restart, an upgrade, a kill), or has more to do than it takes, may stay so for
// as long as patience. The request must be one that may be made twice.
func persist[Q, A any](ctx context.Context, l *link, method func(*rpc.Client, context.Context, *Q) (*A, error), request *Q) (*A, error) {
	return persistFor(ctx, l, patience, func() (*A, error) { return call(ctx, l, method, request) })
}

func persistFor[A any](ctx context.Context, l *link, limit time.Duration, ask func() (*A, error)) (*A, error) {
	var out outage
	for {
		answer, err := ask()
		if err == nil || !passing(err) || !l.known() || ctx.Err() != nil {
			return answer, err
		}
		if err = out.note(err); time.Since(out.since) >= limit {
			return nil, err
		}
		if out.delay == tellDelay {
			l.absent(err, limit)
		}
		if stopped := pause(ctx, out.delay); stopped != nil {
			return nil, stopped
		}
	}
}

// tellDelay is the pause at which an absence is worth a word: a restart takes
// less.
const tellDelay = firstDelay << 4

// outage is a time in which the daemon does not serve us.
type outage struct {
	since time.Time
	delay time.Duration // the next pause
	busy  error         // the refusal of a daemon that is busy; nil where it is away
}

// note notes that the daemon has not served us, once more, and returns why: a
// connection that is refused as one too many is lost as well.
func (o *outage) note(err error) error {
	if o.since.IsZero() {
		o.since, o.delay = time.Now(), firstDelay
	} else {
		o.delay = min(2*o.delay, lastDelay)
	}
	switch {
	case isBusy(err):
		o.busy = err
	case o.busy != nil && errors.Is(err, rpc.ErrLost):
		return o.busy
	default:
		o.busy = nil
	}
	return err
}

func isBusy(err error) bool {
	var refusal *rpc.Error
	return errors.As(err, &refusal) && refusal.Code == rpc.CodeBusy
}

// passing tells errors that time may cure.
func passing(err error) bool {
	var refusal *rpc.Error
	if errors.As(err, &refusal) {
		return refusal.Code == rpc.CodeUnavailable || isBusy(err)
	}
	return away(err)
}
