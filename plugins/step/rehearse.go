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
// commands get TERM, and KILL a second later.
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
	_, missing, closed := task.close(leftoverGrace)
	if missing != "" {
		closed = errors.Join(closed, errors.New(missing))
	}
	if closed == nil {
		return err // as it is: a test may compare it
	}
	return errors.Join(err, closed)
}
