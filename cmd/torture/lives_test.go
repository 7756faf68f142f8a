package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/crash"
)

// lives keeps a daemon alive: when one has died the next is started at once.
type lives struct {
	*world
	over  chan struct{} // closed: no more of them
	ended chan error    // how the last ended
	count int           // of deaths; to be read after end
}

// points says where the nth daemon dies; "" is nowhere.
type points func(n int) string

// immortal daemons do not die.
func immortal(int) string { return "" }

// everyCommit lets a daemon die right after each commit that it makes after its
// first, with which it begins. What is asked of it is then durable and never
// answered; so one in eight lives longer.
func everyCommit(n int) string {
	if n%8 == 7 {
		return crash.AfterCommit + ":9"
	}
	return crash.AfterCommit + ":2"
}

// anywhere lets daemons die at any point, at one of the first passes.
func anywhere(seed uint64) points {
	random := rand.New(rand.NewPCG(seed, 3))
	return func(int) string {
		all := crash.Points()
		return fmt.Sprintf("%s:%d", all[random.IntN(len(all))], 1+random.IntN(8))
	}
}

// newLives begins a world with a daemon in it, in which so many steps have a place.
func newLives(t *testing.T, next points, places int) *lives {
	t.Helper()
	w, err := newWorld(t.Context(), places)
	if w != nil {
		t.Cleanup(func() {
			if err := w.close(t.Failed()); err != nil {
				t.Error(err)
			}
			if t.Failed() {
				t.Logf("the world is kept in %s", w.dir)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	l := &lives{world: w, over: make(chan struct{}), ended: make(chan error, 1)}
	go func() { l.ended <- l.live(next) }()
	return l
}

// live starts daemon after daemon.
func (l *lives) live(next points) error {
	for {
		d, err := l.start(next(l.count))
		if err != nil {
			return err
		}
		select {
		case <-d.done:
			if err := d.killed(); err != nil {
				return err
			}
			l.count++
		case <-l.over:
			return l.last(d)
		}
	}
}

// last ends the last daemon.
func (l *lives) last(d *daemon) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, ok, err := l.ready(ctx, d); err != nil || !ok {
		return err // it died meanwhile
	}
	_, err := d.terminate()
	if err != nil && d.killed() == nil {
		return nil
	}
	return err
}

// end ends the daemons, and fails the test where one ended by itself.
func (l *lives) end(t *testing.T) {
	t.Helper()
	close(l.over)
	if err := <-l.ended; err != nil {
		t.Error(errors.Join(err, errors.New("see "+l.path("penstockd.log"))))
	}
}
