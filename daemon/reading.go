package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/penstock/penstock/daemon/logs"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/rpc"
)

// The sizes of a piece of a log, in bytes.
const (
	logPiece    = 64 << 10
	maxLogPiece = 256 << 10
)

// LogRead reads the log of an attempt from a cursor.
func (d *Daemon) LogRead(ctx context.Context, q *rpc.LogReadRequest) (*rpc.LogReadResponse, error) {
	if q.Offset < 0 {
		return nil, rpc.Errorf(rpc.CodeInvalid, "offset %d: a cursor counts bytes from 0", q.Offset)
	}
	wait, err := waitOf(q.WaitMS)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		place, err := d.findLog(q)
		if err != nil {
			return nil, err
		}
		answer, err := d.readLog(place, q)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("the log of %s/%s", q.Run, place.step))
		}
		if len(answer.Data) > 0 || answer.End || ctx.Err() != nil {
			return answer, nil
		}
		d.awaitLog(ctx, place, answer.Next)
	}
}

// logPlace is an attempt whose log is asked for, as it stood at a sequence of
// its run.
type logPlace struct {
	key      logs.Key
	step     string
	over     bool         // the attempt, or a step that has none, has ended
	attempt  *run.Attempt // nil: the step has not begun
	dir      string
	sequence uint64
}

// readLog reads once.
func (d *Daemon) readLog(place *logPlace, q *rpc.LogReadRequest) (*rpc.LogReadResponse, error) {
	answer := &rpc.LogReadResponse{Attempt: place.key.Attempt, Next: q.Offset, End: place.over}
	if place.attempt == nil {
		return answer, nil
	}
	if e := place.attempt.Erase; e != nil {
		return nil, rpc.Errorf(rpc.CodeNotFound, "the log of attempt %d of step %s of run %s was erased by %s at %s",
			place.key.Attempt, place.step, q.Run, e.Actor, e.At.UTC().Format(time.RFC3339))
	}
	sealed, err := sealedLog(place.attempt.Log)
	if err != nil {
		return nil, err
	}
	limit := logPiece
	if q.Limit > 0 {
		limit = min(q.Limit, maxLogPiece)
	}
	chunk, err := d.logs.Read(place.key, place.dir, sealed, q.Offset, limit)
	if errors.Is(err, logs.ErrGone) && sealed == nil {
		return answer, nil // the attempt has no directory yet, or none any more
	}
	answer.Data, answer.Next, answer.Missing = chunk.Data, chunk.Next, chunk.Missing
	answer.End = place.over && chunk.End
	return answer, err
}

func sealedLog(l *run.Log) (*logs.Sealed, error) {
	if l == nil {
		return nil, nil
	}
	if l.Problem != "" {
		return nil, rpc.Errorf(rpc.CodeNotFound, "the log could not be kept: %s", l.Problem)
	}
	return &logs.Sealed{
		Size: l.Size, GapStart: l.GapStart, GapSize: l.GapSize, Lines: l.Lines, SHA256: l.SHA256, Stored: l.Stored,
	}, nil
}

// awaitLog waits until there may be more to read: the log has grown, or the
// run has changed since the place was found.
func (d *Daemon) awaitLog(ctx context.Context, place *logPlace, cursor int64) {
	ctx, cancel := context.WithCancel(ctx)
	grown := make(chan struct{})
	go func() {
		defer close(grown)
		if place.attempt != nil && !place.over && d.awaitOutput(ctx, place.dir, cursor) {
			cancel()
		}
	}()
	d.engine.Watch(ctx, place.key.Run, place.sequence)
	cancel()
	<-grown
}

// awaitOutput waits for more of the log of an attempt that works, and reports
// whether there is any. The attempt may have no directory yet: it is recorded
// before it is launched, and its beginning is no change of the run.
func (d *Daemon) awaitOutput(ctx context.Context, dir string, cursor int64) bool {
	for {
		begun := d.attempts.begun.wait()
		err := d.logs.Wait(ctx, dir, cursor)
		if !errors.Is(err, fs.ErrNotExist) {
			return err == nil && !resultThere(dir)
		}
		select {
		case <-begun:
		case <-ctx.Done():
			return false
		}
	}
}

// resultThere reports whether the attempt has ended on the disk: what is news
// then is its record, not its log.
func resultThere(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, protocol.ResultFile))
	return err == nil
}

// findLog finds the attempt that a request means.
func (d *Daemon) findLog(q *rpc.LogReadRequest) (*logPlace, error) {
	view := d.store.View()
	defer view.Close()
	record, _, err := findRun(view, q.Run)
	if err != nil {
		return nil, err
	}
	plan, err := view.Plan(record.ID)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("run %q", q.Run))
	}
	i, err := findStep(plan, q.Stage, q.Step)
	if err != nil {
		return nil, err
	}
	step, err := view.Step(record.ID, i)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, failure(err, fmt.Sprintf("run %q", q.Run))
	}
	place := &logPlace{
		key: logs.Key{Run: record.ID, Step: i}, step: stepName(plan, i),
		over: step.Status.Complete() || record.State.Status.Complete(), sequence: record.State.Sequence,
	}
	return place, d.findAttempt(place, plan, &step, q)
}

// findStep finds the one step that is meant: the name of a matrix of several
// cells is refused.
func findStep(plan *run.Plan, stage, step string) (int, error) {
	name := step
	if stage != "" {
		name = stage + "/" + step
	}
	found := plan.Find(stage, step)
	switch len(found) {
	case 0:
		return 0, noStep(plan, name)
	case 1:
		return found[0], nil
	}
	return 0, rpc.Errorf(rpc.CodeInvalid, "%s of run %s/%d is %d steps: name one, such as %s",
		name, plan.Pipeline, plan.Number, len(found), stepName(plan, found[0]))
}

func (d *Daemon) findAttempt(place *logPlace, plan *run.Plan, step *run.Step, q *rpc.LogReadRequest) error {
	n := q.Attempt
	if n == 0 {
		n = len(step.Attempts)
	}
	if n < 0 || n > len(step.Attempts) {
		return rpc.Errorf(rpc.CodeNotFound, "step %s of run %q has %d attempts, not %d", q.Step, q.Run, len(step.Attempts), n)
	}
	if n == 0 {
		return nil
	}
	place.attempt, place.key.Attempt = &step.Attempts[n-1], n
	place.over = place.attempt.Ended()
	place.dir = d.attempts.directory(plan, place.key.Step, n)
	return nil
}
