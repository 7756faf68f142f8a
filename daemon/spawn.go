package daemon

import (
	"context"
	"sync"

	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/run"
)

// maxSpawning bounds how many steps find out at a time which run they stand
// for: each may read a text and ask plugins about it.
const maxSpawning = 4

// spawner is the engine's: it finds out which runs steps stand for, beside the
// loop. What it has not answered when it ends, the next start asks again.
type spawner struct {
	daemon *Daemon
	ctx    context.Context // ends with the daemon
	end    context.CancelFunc
	places chan struct{}
	under  sync.WaitGroup
}

func newSpawner(d *Daemon) *spawner {
	s := &spawner{daemon: d, places: make(chan struct{}, maxSpawning)}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// Spawn is engine.Spawner's.
func (s *spawner) Spawn(a engine.Attempt, answer func(engine.Spawn)) {
	s.under.Go(func() {
		select {
		case s.places <- struct{}{}:
		case <-s.ctx.Done():
			return
		}
		defer func() { <-s.places }()
		q, err := s.daemon.downstream(s.ctx, a)
		switch {
		case s.ctx.Err() != nil:
		case err != nil:
			reason, message := unstarted(err)
			answer(engine.Spawn{Failure: run.Outcome{Status: run.Failed, FailureReason: reason, Message: message}})
		default:
			answer(engine.Spawn{Start: &q})
		}
	})
}

// stop ends what is under way. The engine's loop must have ended.
func (s *spawner) stop() {
	s.end()
	s.under.Wait()
}
