package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/protocol/steppb"
	"github.com/penstock/penstock/plugins/step/tree"
)

// Why the context of an attempt ends.
var (
	errCanceled = errors.New("the attempt was canceled")
	errTimeout  = errors.New("the attempt's time ran out")
	errSilent   = errors.New("the attempt was silent for too long")
)

// hangGrace is how long work may ignore the end of its context after the grace.
const hangGrace = 5 * time.Second

// attempt is one attempt in this process, from Start to its result.
type attempt struct {
	name      string
	directory string
	ctx       context.Context
	cancel    context.CancelCauseFunc
	force     chan struct{} // closed to end the grace before its time
	forced    sync.Once

	mu      sync.Mutex
	states  []steppb.Progress_State // each it was in, in order
	changed chan struct{}           // closed and replaced when states grows
	failed  error                   // instead of a last state: the attempt could not be prepared
	stopped time.Time               // when its context ended first

	lock    *os.File
	version string // of the plugin
	task    *Task
	work    func(context.Context, *Task) error
	hung    bool // given up; written by hang before perform returns
}

func newAttempt(name, directory string) *attempt {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &attempt{
		name: name, directory: directory,
		ctx: ctx, cancel: cancel, force: make(chan struct{}),
		states:  []steppb.Progress_State{steppb.Progress_PREPARING},
		changed: make(chan struct{}),
	}
}

// become tells those who follow that the attempt is in a new state, or that it
// could not be prepared.
func (a *attempt) become(state steppb.Progress_State, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.states = append(a.states, state)
	}
	a.failed = err
	close(a.changed)
	a.changed = make(chan struct{})
}

// state is the one the attempt is in.
func (a *attempt) state() steppb.Progress_State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.states[len(a.states)-1]
}

// follow calls send with the state the attempt is in and each later one, until
// the last or the end of ctx.
func (a *attempt) follow(ctx context.Context, send func(*steppb.Progress) error) error {
	for next := -1; ; {
		a.mu.Lock()
		states, failed, changed := a.states, a.failed, a.changed
		a.mu.Unlock()
		if failed != nil {
			return failed
		}
		if next < 0 {
			next = len(states) - 1
		}
		for ; next < len(states); next++ {
			if err := send(&steppb.Progress{State: states[next]}); err != nil {
				return err
			}
		}
		if last(states[next-1]) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func last(state steppb.Progress_State) bool {
	return state == steppb.Progress_ENDED || state == steppb.Progress_ELSEWHERE
}

// stop ends the attempt's context, and its grace with it where force is set.
func (a *attempt) stop(cause error, force bool) {
	a.mu.Lock()
	if a.stopped.IsZero() {
		a.stopped = time.Now()
	}
	a.mu.Unlock()
	a.cancel(cause)
	if force {
		a.forced.Do(func() { close(a.force) })
	}
}

// patience is how long what the work left running gets to end. Where the
// context has ended it got its TERM then, and its grace ends with the work's.
func (a *attempt) patience() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped.IsZero() {
		return leftoverGrace
	}
	return min(leftoverGrace, a.task.Grace()-time.Since(a.stopped))
}

// prepare does all that can fail before the work begins. It returns the state
// that the attempt is in then: BEGUN where the work is this process's to do,
// ENDED where there is a result, ELSEWHERE where another process has or had it.
// After an error the attempt is as if it had not been asked for.
func (a *attempt) prepare(p *plugin, keeper *tree.Keeper, holder protocol.Holder) (steppb.Progress_State, error) {
	lock, err := acquire(a.directory, holder)
	if errors.Is(err, errElsewhere) {
		return a.elsewhere()
	}
	if err != nil {
		return 0, err
	}
	a.lock = lock
	state, err := a.examine(p, keeper)
	if state != steppb.Progress_BEGUN {
		err = errors.Join(err, lock.Close())
	}
	return state, err
}

// elsewhere is for an attempt that another process holds: it may have ended
// since.
func (a *attempt) elsewhere() (steppb.Progress_State, error) {
	ended, err := there(a.directory, protocol.ResultFile)
	if ended {
		return steppb.Progress_ENDED, nil
	}
	return steppb.Progress_ELSEWHERE, err
}

// examine runs with the lock held.
func (a *attempt) examine(p *plugin, keeper *tree.Keeper) (steppb.Progress_State, error) {
	if ended, err := there(a.directory, protocol.ResultFile); ended || err != nil {
		return steppb.Progress_ENDED, err
	}
	if begun, err := there(a.directory, protocol.GoFile); begun || err != nil {
		return steppb.Progress_ELSEWHERE, err
	}
	o, err := readOrder(a.directory)
	if err != nil {
		return 0, err
	}
	if o.Attempt != a.name {
		return 0, fmt.Errorf("the directory %s belongs to attempt %q, not to %q", a.directory, o.Attempt, a.name)
	}
	work, err := p.bind(o.Settings)
	if err != nil {
		return a.refuse(protocol.Result{Status: protocol.Failed, FailureReason: protocol.PluginFailure,
			Message: "the settings are refused: " + err.Error()})
	}
	if a.ctx.Err() != nil {
		return a.refuse(protocol.Result{Status: protocol.Canceled, Message: "canceled before the work began"})
	}
	if err := reserveResult(a.directory); err != nil {
		return 0, err
	}
	if err := createGo(a.directory); err != nil {
		if errors.Is(err, errElsewhere) {
			return steppb.Progress_ELSEWHERE, nil
		}
		return 0, err
	}
	a.work, a.task, a.version = work, newTask(a.directory, o.Request, keeper), p.about.Version
	a.task.force = a.force
	return steppb.Progress_BEGUN, nil
}

// refuse ends an attempt whose work does not begin.
func (a *attempt) refuse(result protocol.Result) (steppb.Progress_State, error) {
	result.Attempt = a.name
	result.BegunAt = time.Now()
	result.EndedAt = result.BegunAt
	result.Message = clip(result.Message)
	return steppb.Progress_ENDED, writeResult(a.directory, result, true)
}
