package daemon

import (
	"fmt"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// filling is a backfill under way.
type filling struct {
	store.Backfill
	instants []time.Time
	live     map[uint64]bool // its runs that are not over
	held     error           // why it started no more when that was last tried; nil: nothing was in the way
}

// load reads the instants of b, and which runs were made for them.
func (u *filling) load(view *store.View, b store.Backfill) (err error) {
	if u.instants, err = view.Instants(b.ID); err != nil {
		return err
	}
	for _, at := range u.instants[:b.Next] {
		tick, err := view.Tick(b.Pipeline, b.Trigger, at, subjectOf(&b))
		if ignoreNotFound(err) != nil {
			return err
		}
		if tick.Run != 0 {
			u.live[tick.Run] = true
		}
	}
	return nil
}

// subjectOf tells the ticks of a backfill from those of the schedule itself.
func subjectOf(b *store.Backfill) string { return fmt.Sprintf("backfill/%d", b.ID) }

// forget drops the runs that are over.
func (u *filling) forget(s *store.Store) error {
	view := s.View()
	defer view.Close()
	for id := range u.live {
		r, err := view.Run(id)
		if ignoreNotFound(err) != nil {
			return err
		}
		if err != nil || isOver(&r) {
			delete(u.live, id)
		}
	}
	return nil
}

// isOver reports whether a run is over. One that waits for its turn is not,
// whatever its steps add up to.
func isOver(r *store.Run) bool { return r.State.Status.Complete() && !r.State.Held }

func (u *filling) reread(s *store.Store) error {
	view := s.View()
	defer view.Close()
	b, err := view.Backfill(u.ID)
	if err != nil {
		return ignoreNotFound(err)
	}
	u.Backfill = b
	if err := u.load(view, b); err != nil {
		return err
	}
	return u.forget(s)
}

func (u *filling) firing(pipeline store.Pipeline, definition *config.Pipeline, index int) (engine.Firing, error) {
	at := u.instants[index]
	firing := engine.Firing{
		Tick: store.Tick{
			Pipeline: pipeline.ID, Trigger: u.Trigger, At: at, Subject: subjectOf(&u.Backfill),
			Decision: schedule.CaughtUp, Actor: u.Actor, Revision: pipeline.Revision,
		},
		Patient: true, Backfill: &engine.Turn{Backfill: u.ID, Index: index},
	}
	q, err := resolve(pipeline, definition, &request{
		cause: store.Cause{
			Source: store.BySchedule, Actor: u.Actor, UID: u.UID, Note: u.Note, Trigger: u.Trigger, ScheduledAt: at,
		},
		trigger: u.Trigger,
	})
	if err != nil {
		return firing, refuse(&firing, err)
	}
	q.Yields = true // what is of now is not ended for what is past
	firing.Start = &q
	return firing, nil
}
