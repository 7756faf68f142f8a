package ctl

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/penstock/penstock/rpc"
)

const (
	// pollMS is how long a long poll waits for news.
	pollMS = 25_000
	// silence is how long an answer may take, polls included.
	silence = 60 * time.Second
	// patience is how long a daemon that was there may stay away.
	patience = 60 * time.Second
	// firstDelay and lastDelay bound the pauses between two attempts to reach it.
	firstDelay = 20 * time.Millisecond
	lastDelay  = time.Second
)

var errSilent = errors.New("the daemon did not answer within " + silence.String())

// link is the way to the daemon: a connection that is made for the first call
// and made again when it was lost. Calls may be made from many goroutines.
type link struct {
	socket string
	notice func(format string, args ...any)

	mu     sync.Mutex  // protects the fields below
	client *rpc.Client // nil while there is no connection
	met    bool        // a daemon was there once
	told   bool        // that it does not serve us now was said
}

func newLink(socket string, notice func(string, ...any)) *link {
	return &link{socket: socket, notice: notice}
}

// connect returns the connection, a new one where there is none.
func (l *link) connect(ctx context.Context) (*rpc.Client, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client != nil {
		return l.client, nil
	}
	if l.socket == "" {
		return nil, usagef("where the daemon's socket is cannot be told: set HOME or XDG_RUNTIME_DIR, or name it with --socket or PENSTOCK_SOCKET")
	}
	c, err := rpc.Dial(ctx, l.socket)
	if err != nil {
		return nil, err
	}
	l.client, l.met = c, true
	return c, nil
}

// drop forgets a connection that is of no use any more.
func (l *link) drop(c *rpc.Client) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c == nil || l.client != c {
		return nil
	}
	l.client = nil
	return c.Close()
}

func (l *link) close() error {
	l.mu.Lock()
	c := l.client
	l.mu.Unlock()
	return l.drop(c)
}

// absent says that the daemon is away, or busy: once, however many calls wait
// for it.
func (l *link) absent(why error, limit time.Duration) {
	l.mu.Lock()
	told := l.told
	l.told = true
	l.mu.Unlock()
	state := "the daemon is away"
	if isBusy(why) {
		state = "the daemon is busy: " + why.Error()
	}
	if !told {
		l.notice("penstockctl: %s; asking again for up to %s", state, strings.Replace(limit.String(), "m0s", "m", 1))
	}
}

// served notes that the daemon answered: a later absence is another.
func (l *link) served() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = false
}

// known tells whether a daemon was there once.
func (l *link) known() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.met
}

// call asks the daemon once.
func call[Q, A any](ctx context.Context, l *link, method func(*rpc.Client, context.Context, *Q) (*A, error), request *Q) (*A, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, silence, errSilent)
	defer cancel()
	c, err := l.connect(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := method(c, ctx, request)
	if err == nil {
		l.served()
		return answer, nil
	}
	if errors.Is(context.Cause(ctx), errSilent) {
		err = errSilent
	}
	var refusal *rpc.Error
	if !errors.As(err, &refusal) {
		err = errors.Join(err, l.drop(c))
	}
	return nil, err
}
