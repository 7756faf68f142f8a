package step

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/step/tree"
)

// Rehearse performs work in this process as an attempt would be, without a
// plugin process: for the tests of its author. The settings are validated but
// not decoded (Decode does that). The log, the outputs and the workspace, which
// is made if it is not there, lie in directory under the names of an attempt
// and "workspace". It returns once nothing of the work is left: nil,
// Problems, or what the work returned. A panic is an error. When ctx ends,
// commands get TERM, and KILL a second later; then the work counts as canceled. A
// cleanup is done as after an attempt.
func Rehearse[S any](ctx context.Context, directory string, settings S, work func(context.Context, S, *Task) error) error {
	if err := validate(&settings); err != nil {
		return err
	}
	workspace := filepath.Join(directory, "workspace")
	if err := os.MkdirAll(workspace, 0o700); err != nil {
		return err
	}
	keeper, err := tree.NewKeeper("")
	if err != nil {
		return err
	}
	task := newTask(directory, protocol.Request{
		Attempt: "rehearsal/1/stage/step/1", Pipeline: "rehearsal", Run: 1, RunID: 1,
		Stage: "stage", Step: "step", Number: 1, Workspace: workspace, Grace: time.Second,
	}, keeper)
	err = attend(ctx, task, func(ctx context.Context, t *Task) error { return work(ctx, settings, t) })
	_, ended := task.end(leftoverGrace)
	if result, c := rehearsed(ctx, err), task.planned(); c != nil && cleansUp(result) {
		c.perform(task.after(result.Status), func(context.Context) func() { return func() {} })
	}
	if missing := task.close(); missing != "" {
		ended = errors.Join(ended, errors.New(missing))
	}
	if ended == nil {
		return err // as it is: a test may compare it
	}
	return errors.Join(err, ended)
}

// rehearsed is how work ended that returned err, as far as a cleanup asks.
func rehearsed(ctx context.Context, err error) protocol.Result {
	_, said := errors.AsType[*Failure](err)
	switch {
	case ctx.Err() != nil:
		return protocol.Result{Status: protocol.Canceled}
	case err == nil:
		return protocol.Result{Status: protocol.Success}
	case said:
		return protocol.Result{Status: protocol.Failed, FailureReason: protocol.ScriptFailure}
	}
	return protocol.Result{Status: protocol.Failed, FailureReason: protocol.PluginFailure}
}
