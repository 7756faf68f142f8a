package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

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
