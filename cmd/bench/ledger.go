package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// accounts is what the ledger has of a burst.
type accounts struct {
	late  []time.Duration // each decision after its instant, the least first
	wrong []error         // the first of them
	count int             // of all that is wrong
}

func (a *accounts) blame(format string, args ...any) {
	if a.count++; len(a.wrong) < 10 {
		a.wrong = append(a.wrong, fmt.Errorf(format, args...))
	}
}

// audit ends the daemon and reads the ledger from its store: no daemon that
// might remember more, or less, stands between.
func (e *estate) audit(b *burst) (a accounts, err error) {
	e.stop(syscall.SIGKILL)
	s, err := store.Open(filepath.Join(e.dir, "state", "store"), slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		return a, err
	}
	view := s.View()
	made, err := a.records(view, e, b)
	if err == nil {
		err = a.runs(view, b, made)
	}
	view.Close()
	slices.Sort(a.late)
	return a, errors.Join(err, s.Close())
}

// records sees that each schedule that was due at b has one record of it with
// a run, and no other has any: pipeline → run.
func (a *accounts) records(view *store.View, e *estate, b *burst) (made map[uint64]uint64, err error) {
	made = map[uint64]uint64{}
	for i := range e.size {
		p, err := view.PipelineNamed(job(i))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", job(i), err)
		}
		ticks, err := ticksAt(view, p.ID, b.at)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", job(i), err)
		}
		if i >= e.due && len(ticks) > 0 || i < e.due && len(ticks) != 1 {
			a.blame("%s has %d records of %s", p.Name, len(ticks), b.at)
		}
		for _, t := range ticks {
			if t.Decision != schedule.Fired || t.Run == 0 {
				a.blame("%s: %+v", p.Name, t)
			}
			a.late = append(a.late, t.DecidedAt.Sub(t.At))
			made[p.ID] = t.Run
		}
	}
	return made, nil
}

// ticksAt lists the records of a pipeline of one instant.
func ticksAt(view *store.View, pipeline uint64, at time.Time) (ticks []store.Tick, err error) {
	for t, err := range view.Ticks(pipeline, "schedule", "") {
		if err != nil {
			return nil, err
		}
		if t.At.Equal(at) {
			ticks = append(ticks, t)
		}
	}
	return ticks, nil
}

// runs sees that the runs of an instant are those that its records name, and
// that their ids are in the order of the pipelines'.
func (a *accounts) runs(view *store.View, b *burst, made map[uint64]uint64) error {
	there := 0
	for id := b.base + 1; ; id++ {
		r, err := view.Run(id)
		if errors.Is(err, store.ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
		if !r.Cause.ScheduledAt.Equal(b.at) || made[r.Pipeline] != id {
			a.blame("run %d of pipeline %d has no record of its own", id, r.Pipeline)
		}
		there++
	}
	if there != len(made) {
		a.blame("there are %d runs and %d records of them", there, len(made))
	}
	pipelines := slices.Sorted(maps.Keys(made))
	if !slices.IsSortedFunc(pipelines, func(p, q uint64) int { return cmp.Compare(made[p], made[q]) }) {
		a.blame("the runs are not in the order of their pipelines")
	}
	return nil
}
