package step

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// defaultCleanup is the limit of a cleanup where nobody chose one: GitLab's of
// an after_script.
const defaultCleanup = 5 * time.Minute

// cleanup is what is done after the work.
type cleanup struct {
	limit time.Duration
	do    func(context.Context, *Task) error
}

// Cleanup has do called once the work has ended and nothing of it runs any
// more: after success, after a Failure, and after a cancel, but not where the
// time or the silence ran out, where the machinery broke, or with a forced cancel.
// The last call counts; nil is no cleanup.
//
// Do gets a Task of its own, whose commands find in PENSTOCK_STATUS how the work
// ended: success, failed or canceled. It cannot change that: its error is a line
// of the log, and outputs that cannot be read any more are those of the work
// again. Its context is done after limit, or with a forced cancel; a cancel alone
// lets it go on, as does the death of the daemon. A limit of 0 is five minutes,
// one hour the most there is. A cleanup has none itself.
func (t *Task) Cleanup(limit time.Duration, do func(ctx context.Context, t *Task) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if limit <= 0 {
		limit = defaultCleanup
	}
	t.cleanup = nil
	if do != nil {
		t.cleanup = &cleanup{min(limit, protocol.MaxCleanup), do}
	}
}

// planned is the cleanup of work that has ended; nil where there is none.
func (t *Task) planned() *cleanup {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cleanup
}

// cleansUp says whether work that ended with result has its cleanup.
func cleansUp(result protocol.Result) bool {
	return result.Status != protocol.Failed || result.FailureReason == protocol.ScriptFailure
}

// after is the Task of the cleanup of t, whose work ended with status.
func (t *Task) after(status string) *Task {
	return &Task{
		request: t.request, outputs: t.outputs, status: status,
		log: t.log, silence: t.silence, stdout: t.stdout, stderr: t.stderr,
		keeper: t.keeper, tree: t.keeper.Tree(t.outputs), force: t.force,
	}
}

var errForced = errors.New("it was forced to end")

// perform cleans up and returns the processes that it ended once nothing is left
// running. Supervise is told when it begins, and the function that it returns
// when it is over.
func (c *cleanup) perform(t *Task, supervise func(context.Context) func()) (leftovers []string) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	begun := time.Now()
	timer := time.AfterFunc(c.limit, func() { cancel(fmt.Errorf("it had not ended after %v", c.limit)) })
	defer timer.Stop()
	go func() {
		select {
		case <-t.force:
			cancel(errForced)
		case <-ctx.Done():
		}
	}()
	over := supervise(ctx)
	defer over()
	err := attend(ctx, t, c.do)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	leftovers, ended := t.end(min(leftoverGrace, c.limit+t.Grace()-time.Since(begun)))
	if err = errors.Join(err, ended); err != nil {
		fmt.Fprintf(t.Stderr(), "the cleanup failed, which changes nothing for the step: %v\n", err)
	}
	return leftovers
}
