package daemon

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/scheduler"
	"github.com/penstock/penstock/daemon/store"
)

// Fire records what was decided of schedules, and starts the runs, all in one
// commit and in the order in which they are due. While the disk is nearly full
// nothing is decided: what is missed is caught up later as its rule says.
func (s *schedules) Fire(ctx context.Context, batch []scheduler.Due) []error {
	errs := make([]error, len(batch))
	if err := s.room(); err != nil {
		s.log.Warn("schedules wait", "error", err)
		return fill(errs, err)
	}
	all := s.firings(batch, errs)
	became, err := s.engine.Fire(ctx, ordered(all))
	if err != nil {
		return fill(errs, err)
	}
	for k, f := range became {
		if f.Err != nil && !errors.Is(f.Err, engine.ErrFired) {
			errs[all[k].of] = f.Err
		}
	}
	s.reconsider(batch, errs)
	return errs
}

func fill(errs []error, err error) []error {
	for i := range errs {
		errs[i] = err
	}
	return errs
}

// errChanged: a schedule is not what it was when its instants were decided.
var errChanged = errors.New("it was changed meanwhile")

// firing is a firing of one of a batch.
type firing struct {
	engine.Firing
	of  int // index into the batch
	due schedule.Instant
}

// ordered puts firings into the order in which they are due; those of one
// schedule keep theirs.
func ordered(all []firing) []engine.Firing {
	slices.SortStableFunc(all, func(a, b firing) int {
		return cmp.Or(a.due.Due.Compare(b.due.Due), cmp.Compare(a.of, b.of))
	})
	firings := make([]engine.Firing, len(all))
	for k := range all {
		firings[k] = all[k].Firing
	}
	return firings
}

// firings resolves all of a batch, as many at a time as there are processors.
func (s *schedules) firings(batch []scheduler.Due, errs []error) (all []firing) {
	resolved := make([][]firing, len(batch))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(batch)) {
		workers.Go(func() {
			view := s.store.View()
			defer view.Close()
			for i := int(next.Add(1)) - 1; i < len(batch); i = int(next.Add(1)) - 1 {
				resolved[i], errs[i] = s.resolve(view, &batch[i], i)
			}
		})
	}
	workers.Wait()
	for _, some := range resolved {
		all = append(all, some...)
	}
	return all
}

// resolve makes firings of what was decided of a schedule. The mark goes with
// the last of them.
func (s *schedules) resolve(view *store.View, due *scheduler.Due, of int) ([]firing, error) {
	pipeline, trigger, err := reread(view, due)
	if err != nil {
		return nil, err
	}
	if !trigger.Mark.Equal(due.From) {
		return nil, errChanged
	}
	all := make([]firing, len(due.Decided))
	for k := range due.Decided {
		d := &due.Decided[k]
		all[k] = firing{Firing: engine.Firing{Tick: tickOf(due, d, pipeline.Revision), Due: d.Due}, of: of, due: d.Instant}
		if !d.Starts() {
			continue
		}
		if err := s.start(view, pipeline, &all[k].Firing); err != nil {
			return nil, err
		}
	}
	all[len(all)-1].Mark = &due.Mark
	return all, nil
}

// reread reads what is decided of; errChanged where it is gone.
func reread(view *store.View, due *scheduler.Due) (p store.Pipeline, t store.Trigger, err error) {
	if p, err = view.Pipeline(due.Pipeline); err == nil {
		t, err = view.Trigger(due.Pipeline, due.Trigger)
	}
	if errors.Is(err, store.ErrNotFound) {
		err = errChanged
	}
	return p, t, err
}

func tickOf(due *scheduler.Due, d *schedule.Decided, revision uint64) store.Tick {
	return store.Tick{
		Pipeline: due.Pipeline, Trigger: due.Trigger, At: d.At, Decision: d.Decision, Reason: d.Reason,
		Message: d.Note(), Revision: revision, Count: d.Count, Last: d.Last,
	}
}

// start resolves the run of an instant. Where it is refused that is what
// becomes of the instant.
func (s *schedules) start(view *store.View, pipeline store.Pipeline, f *engine.Firing) error {
	q, err := s.startOf(view, pipeline, &f.Tick)
	if err != nil {
		return refuse(f, err)
	}
	f.Start = &q
	return nil
}

func (s *schedules) startOf(view *store.View, pipeline store.Pipeline, tick *store.Tick) (engine.StartRequest, error) {
	definition, err := s.texts.definition(view, pipeline)
	if err != nil {
		return engine.StartRequest{}, err
	}
	return resolve(pipeline, definition, &request{
		cause:   store.Cause{Source: store.BySchedule, UID: -1, Trigger: tick.Trigger, ScheduledAt: tick.At},
		trigger: tick.Trigger,
	})
}

// reconsider gives the scheduler what is true of those schedules that are not
// what they were when they were decided. The others it decides again by itself,
// a second later: what is given to it is decided at once, and whatever stands
// against them may stand for long.
func (s *schedules) reconsider(batch []scheduler.Due, errs []error) {
	for i, err := range errs {
		if err == nil {
			continue
		}
		due := &batch[i]
		s.log.Info("instants are decided again", "pipeline", due.Pipeline, "trigger", due.Trigger, "why", err)
		if !isOutdated(err) {
			continue
		}
		if err := s.retime(due.Pipeline); err != nil {
			s.log.Error("a schedule cannot be read", "pipeline", due.Pipeline, "error", err)
		}
	}
}

// isOutdated reports whether an error says that a schedule was changed since it
// was decided.
func isOutdated(err error) bool {
	return errors.Is(err, errChanged) || errors.Is(err, engine.ErrRevision) || errors.Is(err, engine.ErrNotFound)
}
