// Package engine is the one loop of the daemon: it alone owns the runs that
// live, and it alone writes to the store.
//
// A turn of the loop tells the runs whose time has come, takes every message
// that waits and applies it, decides what follows between the runs, gives free
// places to steps that may begin, commits all of it with a single sync, and only
// then answers the callers and performs what the runs are owed:
//
//	alarms, messages ─► Apply … Apply ─► arbitrate ─► admit ─► one commit ─► answers ─► effects
//
// So an answer is never given before it is durable, the end of one step and
// the beginning of the next are one commit, and the more happens at once the
// less each of it costs. No lock guards a run, for no two goroutines see one.
//
// An effect is performed by the [Host] or by an archiver, each of which reports
// back by a message. Effects are level-triggered: [Open] loads the runs that
// live and performs what each is owed, and that is the whole of recovery. The
// engine keeps, in memory only, which attempts it has already put into the
// host's hands.
//
// # Between runs
//
// The engine carries out what daemon/policy decides, in the turn in which its
// reason comes to be: a run that is held goes on in the commit that ends the one
// before it, and a resource group changes hands in the commit that ends its
// holder. For that it keeps, beside the live runs: their lines by pipeline and
// sub-queue, the runs in which a resource group occurs, the alarms, and the
// order of turns. All of it follows from the states of the runs and is kept by
// one function (follow) that is called after each change; nothing of it is
// stored.
//
// # Runs that nobody asked for
//
// [Engine.Fire] is how instants, files and the ends of other runs become runs.
// What was decided of an instant, how far its trigger has come and the run that
// it made are one commit, and an instant with a record is never decided again:
// there are not two runs for it, nor is one lost, wherever the daemon dies. Whether
// a trigger is paused, or everything frozen, is looked at in that same turn.
//
// The end of a run is committed with what belongs to it: the pause of a trigger
// that wants one after a failure, and a row (store.Ending) where triggers of other
// pipelines wait for such ends. The row stays until each of them has its tick.
//
// # Runs that are over
//
// A run is let go of once it is over and its logs are sealed. [Engine.Act] loads
// it again where somebody wants more of it: it takes its turn in its line like a
// new run, and its cursor goes on. What is being deleted is not brought back.
//
// # Runs below runs
//
// A step that stands for another run is given to the [Spawner], which says what
// to start. What the two runs owe each other is paid in the turn in which it
// comes to be: a run and its step's record of it, the end of a run and that of
// its step, the wish to end a step and that to end its run are one commit each.
//
// The first commit that fails ends the loop with an error, and the daemon with
// it: steps go on by themselves, and the next start reads what is true from
// the disk.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/store"
)

// Engine runs pipelines.
type Engine struct {
	store    *store.Store
	host     Host
	spawner  Spawner
	archive  Archive
	log      *slog.Logger
	clock    Clock
	bootID   string
	settings Settings
	settled  func(pipeline uint64)
	ended    func()
	observer Observer

	inbox     chan message
	done      chan struct{} // closed when the loop has ended
	archivers sync.WaitGroup
	archiving *queue[archiving]
	board     *board
	load      atomic.Pointer[Load]
	turning   atomic.Pointer[time.Time] // since when the loop has been at a turn; nil: it waits for something to do

	// Owned by the loop.
	live      map[uint64]*live
	lines     map[lineID]*line
	moved     map[lineID]bool // lines in which somebody's turn may have come
	groups    map[string]*group
	modes     map[string]policy.Mode // those that were chosen
	contested map[string]bool        // groups that somebody may want, or have given back
	alarms    alarms
	turns     policy.Turns       // of the runs with steps that may begin
	running   int                // attempts that hold a place
	pending   int                // steps that wait for a place
	inHand    map[attemptID]bool // launched and not reported
	chores    map[chore]bool     // given to an archiver and not reported
	deleting  map[subject]int    // what is being deleted: how many wait for it
}

// Config is what an engine is made of.
type Config struct {
	Store    *store.Store
	Host     Host
	Spawner  Spawner
	Archive  Archive
	Log      *slog.Logger
	Clock    Clock  // nil: the clock of the machine
	BootID   string // of the machine, /proc/sys/kernel/random/boot_id
	Settings Settings
	// Settled is told of each pipeline of which a run is over and owed nothing
	// more. It must return at once; nil is nobody.
	Settled func(pipeline uint64)
	// Ended is told when the store has an end of a run, or several, that triggers
	// wait for: see store.Ending. It must return at once; nil is nobody.
	Ended func()
	// Observer counts; nil is nobody.
	Observer Observer
}

// Settings may change while the engine runs.
type Settings struct {
	MaxRunning int // attempts at a time, over all runs
}

// ErrStopping: the daemon ends and takes nothing new.
var ErrStopping = errors.New("the daemon is stopping")

type attemptID struct {
	run           uint64
	step, attempt int
}

// Open loads the runs that live, performs what they are owed and starts the
// loop.
func Open(c Config) (*Engine, error) {
	e := &Engine{
		store: c.Store, host: c.Host, spawner: c.Spawner, archive: c.Archive, log: c.Log, clock: c.Clock, bootID: c.BootID,
		settings: c.Settings, settled: c.Settled, ended: c.Ended, inbox: make(chan message, 1024), done: make(chan struct{}),
		archiving: newQueue[archiving](), board: newBoard(),
		live: map[uint64]*live{}, lines: map[lineID]*line{}, moved: map[lineID]bool{},
		groups: map[string]*group{}, modes: map[string]policy.Mode{}, contested: map[string]bool{},
		inHand: map[attemptID]bool{}, chores: map[chore]bool{}, deleting: map[subject]int{},
	}
	if e.settled == nil {
		e.settled = func(uint64) {}
	}
	if e.ended == nil {
		e.ended = func() {}
	}
	if e.observer = c.Observer; e.observer == nil {
		e.observer = nobody{}
	}
	if e.clock == nil {
		e.clock = newSystemClock()
	}
	e.toil()
	if err := e.restore(); err != nil {
		return nil, fmt.Errorf("load the runs that live: %w", err)
	}
	return e, nil
}

// Run is the loop. It ends when ctx does, after the turn in hand, or with the
// error of the first commit that failed. Running steps are left alone.
func (e *Engine) Run(ctx context.Context) error {
	const archivers = 2
	for range archivers {
		e.archivers.Go(e.archiveLoop)
	}
	defer e.archivers.Wait()
	defer e.archiving.close()
	defer e.board.close()
	defer close(e.done)
	defer e.clock.Wake(time.Time{})
	if err := e.turn([]message{{work: touchAll}}); err != nil {
		return err
	}
	e.performAll()
	forget := time.NewTicker(time.Hour)
	defer forget.Stop()
	for {
		e.rest()
		batch, err := e.wait(ctx, forget.C)
		if err != nil {
			return nil
		}
		e.toil()
		if err := e.turn(batch); err != nil {
			return err
		}
	}
}

// performAll performs what the restored runs are owed.
func (e *Engine) performAll() {
	for _, l := range e.live {
		for i := range l.run.Steps {
			e.perform(l, i)
		}
	}
}

// maxBatch bounds how many messages share a commit, so that the first of them
// is not kept waiting by the last.
const maxBatch = 512

// wait takes the messages that wait: at least one, or none where the clock rang.
func (e *Engine) wait(ctx context.Context, forget <-chan time.Time) ([]message, error) {
	var batch []message
	select {
	case m := <-e.inbox:
		batch = append(batch, m)
	case <-e.clock.Rung():
	case <-forget:
		batch = append(batch, message{work: forgetRequests})
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for len(batch) < maxBatch {
		select {
		case m := <-e.inbox:
			batch = append(batch, m)
		default:
			return batch, nil
		}
	}
	return batch, nil
}

// send gives m to the loop.
func (e *Engine) send(m message) error {
	select {
	case e.inbox <- m:
		return nil
	case <-e.done:
		return ErrStopping
	}
}

// ask gives the loop something to do and waits until it is durable. An error
// of work is answered, and nothing of it is written.
func (e *Engine) ask(ctx context.Context, work func(t *turn) error) error {
	answer := make(chan error, 1)
	if err := e.send(message{work: work, answer: answer}); err != nil {
		return err
	}
	select {
	case err := <-answer:
		return err
	case <-e.done:
		return lastWord(answer)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lastWord is what an engine that has ended had to say: what it committed in
// its last turn is done, and is not answered as if it were not.
func lastWord(answer <-chan error) error {
	select {
	case err := <-answer:
		return err
	default:
		return ErrStopping
	}
}
