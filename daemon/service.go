package daemon

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/access"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

var _ rpc.Service = (*Daemon)(nil)

// failure is the one place where an error of the parts becomes an error of the
// protocol. subject names what was asked for.
func failure(err error, subject string) error {
	var coded *rpc.Error
	var problems config.Problems
	var refusal *plan.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &coded):
		return coded
	case errors.As(err, &problems):
		return invalid(problems)
	case errors.As(err, &refusal):
		return noRun(subject, refusal)
	case errors.Is(err, store.ErrNotFound), errors.Is(err, engine.ErrNotFound):
		return rpc.Errorf(rpc.CodeNotFound, "%s does not exist", subject)
	case errors.Is(err, engine.ErrLive):
		return rpc.Errorf(rpc.CodeConflict, "%s: %v; cancel it first, or delete by force", subject, err)
	case errors.Is(err, run.ErrRefused):
		return rpc.Errorf(rpc.CodeConflict, "%s: %s", subject, strings.TrimPrefix(err.Error(), run.ErrRefused.Error()+": "))
	case errors.Is(err, engine.ErrPaused):
		return rpc.Errorf(rpc.CodeConflict, "%s: %v; resume it first", subject, err)
	case errors.Is(err, engine.ErrFrozen):
		return rpc.Errorf(rpc.CodeConflict, "%s: %v; unfreeze first, or ask for it despite the freeze", subject, err)
	case errors.Is(err, engine.ErrRevision), errors.Is(err, engine.ErrOverlap), errors.Is(err, engine.ErrNotFrozen),
		errors.Is(err, engine.ErrDeleting), errors.Is(err, engine.ErrExpired), errors.Is(err, run.ErrComplete):
		return rpc.Errorf(rpc.CodeConflict, "%s: %v", subject, err)
	case errors.Is(err, engine.ErrStopping), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return rpc.Errorf(rpc.CodeUnavailable, "%s: %v; ask again", subject, engine.ErrStopping)
	}
	return rpc.Errorf(rpc.CodeInternal, "%s: %v", subject, err)
}

// invalid carries the problems of a text.
func invalid(problems config.Problems) error {
	data := rpc.InvalidData{}
	for _, p := range problems {
		data.Problems = append(data.Problems, rpc.Problem{
			File: p.File, Line: p.Line, Column: p.Column, Path: p.Path, Message: p.Message,
		})
	}
	count := "1 problem"
	if n := len(problems); n != 1 {
		count = fmt.Sprintf("%d problems", n)
	}
	return &rpc.Error{
		Code: rpc.CodeInvalid, Data: data,
		Message: fmt.Sprintf("%s in the text; nothing was changed", count),
	}
}

// noRun carries all that stands against a run.
func noRun(subject string, r *plan.Refusal) error {
	data := rpc.InvalidData{}
	for _, p := range r.Problems {
		data.Problems = append(data.Problems, rpc.Problem{Message: p.Message})
	}
	return &rpc.Error{Code: rpc.CodeInvalid, Data: data, Message: fmt.Sprintf("%s: no run was made: %v", subject, r)}
}

// noteLimit bounds what people write about why.
const noteLimit = 1 << 10

func checkNote(note string) error {
	if len(note) > noteLimit {
		return rpc.Errorf(rpc.CodeInvalid, "the note has %d bytes; at most %d are kept", len(note), noteLimit)
	}
	return nil
}

// maxPage bounds a page.
const maxPage = 1000

// limitOf is the size of a page; 0 asks for the standard one.
func limitOf(asked, standard int) (int, error) {
	switch {
	case asked == 0:
		return standard, nil
	case asked < 0 || asked > maxPage:
		return 0, rpc.Errorf(rpc.CodeInvalid, "limit %d: want 1 to %d, or 0 for %d", asked, maxPage, standard)
	}
	return asked, nil
}

// findRun finds a run by what people call it: nightly/42, nightly/latest, 1007.
func findRun(view *store.View, name string) (store.Run, store.Pipeline, error) {
	record, err := lookUpRun(view, name)
	if err != nil {
		return record, store.Pipeline{}, failure(err, fmt.Sprintf("run %q", name))
	}
	pipeline, err := view.Pipeline(record.Pipeline)
	return record, pipeline, failure(err, fmt.Sprintf("the pipeline of run %q", name))
}

// found is the run that a name means, as it is stored.
func (d *Daemon) found(name string) (store.Run, error) {
	view := d.store.View()
	defer view.Close()
	record, _, err := findRun(view, name)
	return record, err
}

func (d *Daemon) runID(name string) (uint64, error) {
	record, err := d.found(name)
	return record.ID, err
}

func lookUpRun(view *store.View, name string) (store.Run, error) {
	pipeline, number, ok := strings.Cut(name, "/")
	if !ok {
		id, err := strconv.ParseUint(name, 10, 64)
		if err != nil {
			return store.Run{}, badRunName(name)
		}
		return view.Run(id)
	}
	p, err := view.PipelineNamed(pipeline)
	if err != nil {
		return store.Run{}, failure(err, fmt.Sprintf("pipeline %q", pipeline))
	}
	if number == "latest" {
		return latestRun(view, p)
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return store.Run{}, badRunName(name)
	}
	return view.RunNumbered(p.ID, n)
}

func badRunName(name string) error {
	return rpc.Errorf(rpc.CodeInvalid, "%q is no run: write nightly/42, nightly/latest or the run's id", name)
}

// latestRun is the newest run that is no part of another.
func latestRun(view *store.View, p store.Pipeline) (store.Run, error) {
	for record, err := range view.RunsOf(p.ID) {
		if err != nil || parentOf(&record) == 0 {
			return record, err
		}
	}
	return store.Run{}, rpc.Errorf(rpc.CodeNotFound, "pipeline %q has no runs yet", p.Name)
}

// actor is the caller, for records.
func actor(ctx context.Context) (name string, uid int) {
	peer, ok := rpc.PeerFrom(ctx)
	if !ok {
		return "", -1
	}
	return access.UserName(peer), int(peer.UID)
}
