package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
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

// perform does the work, and what is to be cleaned up after it, and returns how
// the work ended, once nothing of either is left. Hang is called, in a
// goroutine of its own, where one of them ignores the end of its context for too
// long.
func (a *attempt) perform(hang func()) protocol.Result {
	begun := time.Now()
	result := a.labour(hang)
	result.Attempt, result.BegunAt, result.EndedAt = a.name, begun, time.Now()
	result.Version, result.SHA256 = a.version, os.Getenv(protocol.EnvSHA256)
	result.LogSize, result.OutputSize = a.task.log.Size(), a.task.log.Output()
	result.Message = clip(result.Message)
	result.Leftovers = append(result.Leftovers, a.tidy(result, hang)...)
	missing := a.task.close()
	result.EndedAt = time.Now()
	result.LogSize, result.OutputSize = a.task.log.Size(), a.task.log.Output()
	result.Message = clip(sentences(result.Message, missing))
	return result
}

// labour does the work and returns how it ended, once nothing of it is left.
func (a *attempt) labour(hang func()) protocol.Result {
	if timeout := a.task.request.Timeout; timeout > 0 {
		timer := time.AfterFunc(timeout, func() { a.stop(errTimeout, false) })
		defer timer.Stop()
	}
	defer a.task.silence.watch(func() { a.stop(errSilent, false) })()
	over := a.supervise(a.ctx, hang)
	err := attend(a.ctx, a.task, a.work)
	cause := context.Cause(a.ctx)
	leftovers, ended := a.task.end(a.patience())
	over()
	result := a.verdict(errors.Join(err, ended), cause)
	result.Leftovers = leftovers
	return result
}

// tidy does what is to be cleaned up after work that ended with result, where
// that may have a cleanup. It returns what the cleanup left running.
func (a *attempt) tidy(result protocol.Result, hang func()) []string {
	c := a.task.planned()
	if c == nil || a.hung || a.task.forced() || !cleansUp(result) {
		return nil
	}
	outputs := keepOutputs(a.directory)
	if err := writeCleanup(a.directory, protocol.Cleanup{Limit: c.limit, Result: result}); err != nil {
		fmt.Fprintf(os.Stderr, "attempt %s: %v; the daemon may not wait for the cleanup\n", a.name, err)
	}
	left := c.perform(a.task.after(result.Status), func(ctx context.Context) func() { return a.supervise(ctx, hang) })
	if err := outputs.restore(); err != nil {
		fmt.Fprintln(a.task.Stderr(), err)
	}
	return left
}

// supervise guards what is done until ctx ends; the returned function says
// that it is done.
func (a *attempt) supervise(ctx context.Context, hang func()) (over func()) {
	done, guarded := make(chan struct{}), make(chan struct{})
	unguard := context.AfterFunc(ctx, func() { defer close(guarded); a.guard(done, hang) })
	return func() {
		close(done)
		if !unguard() {
			<-guarded
		}
	}
}

// guard waits for work whose context has ended.
func (a *attempt) guard(done <-chan struct{}, hang func()) {
	grace := time.NewTimer(a.task.Grace())
	defer grace.Stop()
	select {
	case <-done:
		return
	case <-grace.C:
	case <-a.force:
	}
	limit := time.NewTimer(hangGrace)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		hang()
	}
}

// panicked is the error of work that panicked.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string {
	return fmt.Sprintf("the plugin panicked: %v\n\n%s", p.value, p.stack)
}

// attend calls work; a panic and runtime.Goexit become errors.
func attend(ctx context.Context, t *Task, work func(context.Context, *Task) error) (err error) {
	err = errors.New("the work left its goroutine")
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		defer func() {
			if value := recover(); value != nil {
				err = &panicked{value, debug.Stack()}
			}
		}()
		err = work(ctx, t)
	}()
	<-finished
	return err
}

// verdict says how work ended that returned err, and whose context had ended
// by then for cause.
func (a *attempt) verdict(err, cause error) protocol.Result {
	failure, said := errors.AsType[*Failure](err)
	result := protocol.Result{Status: protocol.Failed}
	if said {
		result.ExitCode = failure.ExitCode
	}
	switch {
	case errors.Is(cause, errTimeout):
		result.FailureReason = protocol.StepTimeout
		result.Message = fmt.Sprintf("the step did not end within its timeout of %v", a.task.request.Timeout)
	case errors.Is(cause, errSilent):
		result.FailureReason = protocol.StuckOrTimeout
		result.Message = fmt.Sprintf("the step wrote no output for %v, which is its limit, and was ended", a.task.request.SilenceTimeout)
	case cause != nil:
		result.Status, result.Message = protocol.Canceled, cause.Error()
	case said:
		result.FailureReason, result.Message = protocol.ScriptFailure, failure.message(err)
	case err != nil:
		result.FailureReason, result.Message = protocol.PluginFailure, err.Error()
	default:
		return a.success()
	}
	return result
}

// success is the result of work that returned nil: it fails where nobody can
// read its outputs.
func (a *attempt) success() protocol.Result {
	if _, err := protocol.ReadOutputs(a.directory); err != nil {
		return protocol.Result{Status: protocol.Failed, FailureReason: protocol.ScriptFailure, Message: err.Error()}
	}
	result := protocol.Result{Status: protocol.Success}
	if a.task.ran.Load() {
		result.ExitCode = new(int)
	}
	return result
}

func sentences(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n" + b
}
