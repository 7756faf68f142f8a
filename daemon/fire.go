package daemon

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/scheduler"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
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
	pipeline, err := view.Pipeline(due.Pipeline)
	if err != nil {
		return nil, err
	}
	trigger, err := view.Trigger(due.Pipeline, due.Trigger)
	if err != nil {
		return nil, err
	}
	if !trigger.Mark.Equal(due.From) {
		return nil, errChanged
	}
	all := make([]firing, len(due.Decided))
	for k := range due.Decided {
		d := &due.Decided[k]
		all[k] = firing{Firing: engine.Firing{Tick: tickOf(due, d, pipeline.Revision)}, of: of, due: d.Instant}
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
	if err == nil {
		f.Start = &q
		return nil
	}
	if !refuses(err) {
		return err
	}
	f.Tick.Decision, f.Tick.Reason, f.Tick.Message = schedule.Skipped, schedule.Refused, short(err.Error())
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

// refuses reports whether an error says that there is to be no run, and is not
// merely in the way of one.
func refuses(err error) bool {
	var refusal *plan.Refusal
	var problems config.Problems
	var coded *rpc.Error
	return errors.As(err, &refusal) || errors.As(err, &problems) || errors.As(err, &coded)
}

// short bounds what is kept of a message.
func short(message string) string {
	const most = 1 << 10
	if len(message) <= most {
		return message
	}
	return message[:most] + "…"
}

// reconsider gives the scheduler what is true of those schedules that could not
// be recorded.
func (s *schedules) reconsider(batch []scheduler.Due, errs []error) {
	for i, err := range errs {
		if err == nil {
			continue
		}
		due := &batch[i]
		s.log.Info("instants are decided again", "pipeline", due.Pipeline, "trigger", due.Trigger, "why", err)
		if err := s.retime(due.Pipeline); err != nil {
			s.log.Error("a schedule cannot be read", "pipeline", due.Pipeline, "error", err)
		}
	}
}
