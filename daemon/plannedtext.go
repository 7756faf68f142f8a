package daemon

import (
	"errors"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/calendar"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// planned lists the schedules of a pipeline as they are once a text is its
// current one.
func (s *schedules) planned(tx *store.Tx, p store.Pipeline, definition *config.Pipeline, now time.Time) (all []planned, err error) {
	for i := range definition.Triggers {
		t := recordOf(p.ID, &definition.Triggers[i])
		if t.Rule == nil {
			continue
		}
		if err := calendarsThere(tx, &t); err != nil {
			return nil, err
		}
		was, err := tx.Trigger(p.ID, t.Name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		t.Pause, t.Mark = was.Pause, s.markOf(&t, &was, now)
		all = append(all, planned{p, t})
	}
	return all, nil
}

// calendarsThere refuses a trigger of which somebody has deleted a calendar since
// its text was checked.
func calendarsThere(tx *store.Tx, t *store.Trigger) error {
	for _, name := range t.Rule.Calendars() {
		if _, is := calendar.BuiltIn(name); is {
			continue
		}
		_, err := tx.Calendar(name)
		if errors.Is(err, store.ErrNotFound) {
			return rpc.Errorf(rpc.CodeConflict, "trigger %s: calendar %q was deleted meanwhile", t.Name, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
