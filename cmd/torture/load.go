package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/penstock/penstock/rpc"
)

// load is the clients and what they were told.
type load struct {
	socket string
	meter  *meter
	drain  chan struct{} // closed: start no more runs

	calls *shape // that is started over HTTP
	files string // directory in which they are waited for
	seed  uint64 // of what its clients draw

	attempts string      // directory of those that are not recorded to the end
	behind   atomic.Bool // there are too many of them

	// What its clients did; to be read after run.
	delivered int // files
	backfills []*backfill
	editions  []*edition

	mu    sync.Mutex // protects the field below
	acked map[string]*shape
}

func newLoad(w *world, m *meter, all []*shape, seed uint64) *load {
	l := &load{
		socket: w.socket(), meter: m, drain: make(chan struct{}), acked: map[string]*shape{}, files: w.path("in"), seed: seed,
		attempts: w.path("state", "attempts"),
	}
	for _, s := range all {
		if s.name == "called" {
			l.calls = s
		}
	}
	return l
}

// run keeps every client busy until drain, and then until its run has ended.
func (l *load) run(ctx context.Context, all []*shape) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range all {
		for i := range s.clients {
			group.Go(func() error { return l.drive(ctx, s, fmt.Sprintf("%s-%d", s.name, i)) })
		}
	}
	for _, more := range []func(context.Context) error{l.disturb, l.deliver, l.call, l.fill, l.edit, l.pace} {
		group.Go(func() error { return more(ctx) })
	}
	return group.Wait()
}

// drive runs one pipeline again and again.
func (l *load) drive(ctx context.Context, s *shape, name string) error {
	c := &client{socket: l.socket}
	defer c.drop()
	for n := 1; ; n++ {
		select {
		case <-l.drain:
			return nil
		default:
		}
		for l.behind.Load() && l.during(ctx, 20*time.Millisecond) {
		}
		q := &rpc.RunStartRequest{Pipeline: s.name, Key: fmt.Sprintf("%s-%d", name, n)}
		started, err := l.start(ctx, c, q)
		if err != nil {
			return fmt.Errorf("start %s: %w", s.name, err)
		}
		l.acknowledge(started.Run.Name, s)
		if err := l.watch(ctx, c, s, started.Run.Name); err != nil {
			return fmt.Errorf("%s: %w", started.Run.Name, err)
		}
	}
}

// maxBehind is how many attempts may wait to be recorded to the end before clients
// start no more.
const maxBehind = 1000

// pace holds the clients back while the daemons are behind with the logs. A slow disk, with a
// kill each second, would let them fall further and further: in the end a life
// would be over before it has read what the last ones left.
func (l *load) pace(ctx context.Context) error {
	defer l.behind.Store(false)
	for l.during(ctx, 100*time.Millisecond) {
		left, err := os.ReadDir(l.attempts)
		if err != nil {
			return err
		}
		l.behind.Store(len(left) > maxBehind)
	}
	return nil
}

// start starts a run, once that is allowed.
func (l *load) start(ctx context.Context, c *client, q *rpc.RunStartRequest) (*rpc.RunStartResponse, error) {
	for {
		started, err := ask(ctx, c, (*rpc.Client).RunStart, q)
		if refusal, ok := errors.AsType[*rpc.Error](err); !ok || refusal.Code != rpc.CodeConflict {
			return started, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (l *load) acknowledge(run string, s *shape) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[run] = s
}

// watch follows a run to its end, plays and cancels the steps that its shape
// names, and cancels the run where its shape says so, once a step of it runs.
func (l *load) watch(ctx context.Context, c *client, s *shape, run string) error {
	seen, did := statuses{}, map[string]bool{}
	q := &rpc.RunWatchRequest{Run: run, WaitMS: 60000}
	for asked := false; ; {
		news, err := ask(ctx, c, (*rpc.Client).RunWatch, q)
		if err != nil {
			return err
		}
		l.meter.add(seen.take(news))
		if news.Ended {
			return nil
		}
		q.After = news.Sequence
		if s.cancel && !asked && seen.has("running") {
			asked = true
			if err := once(ctx, c, (*rpc.Client).RunCancel, &rpc.RunCancelRequest{Run: run}); err != nil {
				return err
			}
		}
		if err := l.steer(ctx, c, s, run, seen, did); err != nil {
			return err
		}
	}
}

// steer plays and cancels steps, each once.
func (l *load) steer(ctx context.Context, c *client, s *shape, run string, seen statuses, did map[string]bool) error {
	for _, step := range s.plays {
		if !did[step] && seen.waits(step) {
			did[step] = true
			if err := once(ctx, c, (*rpc.Client).RunPlay, &rpc.RunPlayRequest{Run: run, Steps: []string{step}, DespiteFreeze: true}); err != nil {
				return err
			}
		}
	}
	for _, step := range s.cancels {
		if !did[step] && seen[step] == "running" {
			did[step] = true
			if err := once(ctx, c, (*rpc.Client).RunCancel, &rpc.RunCancelRequest{Run: run, Steps: []string{step}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// once asks for what can be done once. It may be told that it is done already:
// an answer was lost.
func once[Q, A any](ctx context.Context, c *client, method call[Q, A], q *Q) error {
	_, err := ask(ctx, c, method, q)
	if refusal, ok := err.(*rpc.Error); ok && refusal.Code == rpc.CodeConflict {
		return nil
	}
	return err
}
