package daemon

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/arrival"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// files starts the runs of triggers that wait for files.
//
// Each state of a file has one record in the ledger of its trigger, written with
// the run that it makes: that is what makes it once, over restarts as well. While
// the trigger, its pipeline or everything is paused, the disk is nearly full, or
// the overlap policy has no room, nothing is recorded and the file waits: no file
// is lost for a reason that passes. A run that the text itself refuses is recorded
// as refused; the file arrives again once it is written anew.
type files struct {
	store   *store.Store
	engine  *engine.Engine
	texts   *texts
	log     *slog.Logger
	room    func() error // refuses while nothing new may begin
	watcher *arrival.Watcher
	sizes   map[arrival.ID]int // of the next batch, where it is not the largest; take's alone

	mu       sync.Mutex            // protects the field below
	troubles map[arrival.ID]string // why files wait that are tried again
}

func newFiles(d *Daemon) *files {
	f := &files{
		store: d.store, engine: d.engine, texts: d.texts, log: d.log, room: d.checkDisk,
		sizes: map[arrival.ID]int{}, troubles: map[arrival.ID]string{},
	}
	f.watcher = arrival.New(f.take, d.paths.State, d.log)
	return f
}

// put waits for the files that the triggers of a pipeline wait for, and for no
// others of it.
func (f *files) put(pipeline uint64, triggers []store.Trigger) {
	var all []arrival.Watch
	for _, t := range triggers {
		if t.Kind == config.OnFiles {
			all = append(all, arrival.Watch{
				ID: arrival.ID{Pipeline: pipeline, Trigger: t.Name}, Pattern: t.Files.Pattern, Settle: t.Files.Settle, Except: t.Files.Claim,
			})
		}
	}
	f.watcher.Put(pipeline, all...)
}

// settled lets the files of a pipeline that wait be looked at again: a run of it
// is over. It returns at once.
func (f *files) settled(pipeline uint64) {
	f.watcher.Nudge(pipeline)
}

// resumed lets all files that wait be looked at again.
func (f *files) resumed() { f.watcher.NudgeAll() }

// take is arrival.Take: what it cannot start now waits.
func (f *files) take(ctx context.Context, id arrival.ID, arrived []arrival.File) (taken int) {
	err := engine.ErrRevision
	for errors.Is(err, engine.ErrRevision) && ctx.Err() == nil { // somebody applied a text meanwhile: theirs is to run
		var a *arrivals
		var n int
		if a, err = f.open(id); err == nil {
			n, err = a.take(ctx, arrived[taken:])
			taken += n
		}
	}
	switch {
	case err == nil, waits(err), ctx.Err() != nil, errors.Is(err, store.ErrNotFound), errors.Is(err, engine.ErrNotFound), errors.Is(err, engine.ErrDeleting):
		f.tell(id, "")
	default:
		f.tell(id, err.Error())
		f.log.Error("files that arrived start nothing yet; they are tried again", "pipeline", id.Pipeline, "trigger", id.Trigger, "error", err)
	}
	return taken
}

// tell keeps, for those who ask, why files of a trigger wait; "" is nothing.
func (f *files) tell(id arrival.ID, trouble string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if trouble == "" {
		delete(f.troubles, id)
	} else {
		f.troubles[id] = trouble
	}
}

// trouble is why files of a trigger wait, beside pauses and the like; "" is
// nothing.
func (f *files) trouble(id arrival.ID) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.troubles[id]
}

// waits reports whether an error is a reason that passes.
func waits(err error) bool {
	return errors.Is(err, engine.ErrPaused) || errors.Is(err, engine.ErrFrozen) || errors.Is(err, engine.ErrOverlap) ||
		errors.Is(err, engine.ErrStopping)
}

// arrivals is what files are started with at one moment.
type arrivals struct {
	*files
	id         arrival.ID
	pipeline   store.Pipeline
	trigger    store.Trigger
	definition *config.Pipeline
	claims     []store.Claim // under way
}

// open reads what is to be known of a trigger; an error where it, or all, is to
// wait.
func (f *files) open(id arrival.ID) (a *arrivals, err error) {
	if err := f.room(); err != nil {
		return nil, err
	}
	view := f.store.View()
	defer view.Close()
	a = &arrivals{files: f, id: id}
	if a.pipeline, err = view.Pipeline(id.Pipeline); err != nil {
		return nil, err
	}
	if a.trigger, err = view.Trigger(id.Pipeline, id.Trigger); err != nil {
		return nil, err
	}
	if a.trigger.Files == nil {
		return nil, store.ErrNotFound // it waits for something else by now
	}
	if err := a.held(view); err != nil {
		return nil, err
	}
	if a.claims, err = view.Claims(id.Pipeline, id.Trigger); err != nil {
		return nil, err
	}
	slices.SortFunc(a.claims, func(x, y store.Claim) int { // as files are offered
		return cmp.Or(x.ModTime.Compare(y.ModTime), strings.Compare(x.From, y.From))
	})
	a.definition, err = f.texts.definition(view, a.pipeline)
	return a, err
}

// held is why no file is to be touched now. The engine has the last word; this
// keeps files from being moved for nothing.
func (a *arrivals) held(view *store.View) error {
	now := time.Now()
	freeze, err := view.Frozen(now)
	if err != nil {
		return err
	}
	if freeze != nil {
		return &engine.FrozenError{Freeze: *freeze}
	}
	if p := a.trigger.Paused(now); p != nil {
		return &engine.PausedError{Pause: *p, Trigger: a.trigger.Name}
	}
	if p := a.pipeline.PausedWhole(now); p != nil {
		return &engine.PausedError{Pause: *p}
	}
	return nil
}

// take starts runs, for those claimed earlier first, and says how many of the
// arrived are decided.
func (a *arrivals) take(ctx context.Context, arrived []arrival.File) (taken int, err error) {
	if err := a.finish(ctx); err != nil {
		return 0, err
	}
	for taken < len(arrived) && err == nil {
		batch := arrived[taken:min(len(arrived), taken+a.size())]
		var n int
		n, err = a.takeSome(ctx, batch)
		taken += n
		a.learn(n == len(batch))
	}
	return taken, err
}

func (a *arrivals) takeSome(ctx context.Context, batch []arrival.File) (taken int, err error) {
	if a.trigger.Files.Claim == "" {
		return a.fire(ctx, batch)
	}
	if a.claims, err = a.claim(ctx, batch); err != nil {
		return 0, err
	}
	return len(batch), a.finish(ctx) // what it leaves is in a.claims, and in the store
}

// size is how many files are tried at once. Where the overlap policy lets one
// run live at a time it soon is one: nothing is resolved in vain, again and again.
func (a *arrivals) size() int {
	if n := a.sizes[a.id]; n > 0 {
		return n
	}
	return arrival.Batch
}

func (a *arrivals) learn(all bool) {
	switch n := 2 * a.size(); {
	case !all:
		a.sizes[a.id] = 1
	case n < arrival.Batch:
		a.sizes[a.id] = n
	default:
		delete(a.sizes, a.id)
	}
}

// fire starts the runs of files and says how many of the first are decided.
func (a *arrivals) fire(ctx context.Context, batch []arrival.File) (decided int, err error) {
	firings, err := a.firings(batch)
	if err != nil {
		return 0, err
	}
	became, err := a.engine.Fire(ctx, firings)
	if err != nil {
		return 0, err
	}
	for i := range became {
		if err := became[i].Err; err != nil && !errors.Is(err, engine.ErrFired) {
			return i, err
		}
	}
	return len(became), nil
}

func (a *arrivals) firings(batch []arrival.File) (all []engine.Firing, err error) {
	view := a.store.View()
	defer view.Close()
	all = make([]engine.Firing, len(batch))
	for i, file := range batch {
		if all[i], err = a.firing(view, file); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// firing is what a file asks for. Where it was decided already nothing is
// resolved for it.
func (a *arrivals) firing(view *store.View, file arrival.File) (engine.Firing, error) {
	f := engine.Firing{Patient: true, Tick: store.Tick{
		Pipeline: a.pipeline.ID, Trigger: a.trigger.Name, At: file.ModTime, Subject: file.Identity(),
		Decision: schedule.Fired, Revision: a.pipeline.Revision,
	}}
	if _, err := view.Tick(f.Tick.Pipeline, f.Tick.Trigger, f.Tick.At, f.Tick.Subject); err == nil {
		return f, nil
	}
	q, err := resolve(a.pipeline, a.definition, &request{
		cause:   store.Cause{Source: store.ByFile, UID: -1, Trigger: a.trigger.Name, Note: file.Path},
		trigger: a.trigger.Name,
		file:    expression.File{Path: file.Path, Name: filepath.Base(file.Path), Size: file.Size},
	})
	if err != nil {
		return f, refuse(&f, err)
	}
	f.Start = &q
	return f, nil
}
