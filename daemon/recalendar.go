package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock/penstock/config/calendar"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// readCalendars makes the calendars ready that rules may name: those that were
// put, and those that are built in. One that cannot be read is left out, so that
// what names it is not kept, and the rest is. s.mu is held.
func (s *schedules) readCalendars() error {
	if s.calendars != nil {
		return nil
	}
	all := map[string]schedule.Calendar{}
	view := s.store.View()
	defer view.Close()
	for c, err := range view.Calendars() {
		if err != nil {
			return fmt.Errorf("read the calendars: %w", err)
		}
		read, err := calendar.Parse(c.Text)
		if err != nil {
			s.log.Error("a calendar cannot be read: put it again", "calendar", c.Name, "error", err)
			continue
		}
		all[c.Name] = read
	}
	for _, name := range []string{calendar.Weekend, calendar.Weekdays} {
		all[name], _ = calendar.BuiltIn(name)
	}
	s.calendars = all
	return nil
}

// advanceAtOnce is how many schedules a turn of the engine moves, so that nobody
// waits for a calendar of many.
const advanceAtOnce = 256

// advance moves the marks of the schedules that a calendar shifts up to now, as
// far as nothing lies between that has no record: what the calendar makes of the
// past once it is another is due to nobody. The instants of other schedules stay
// where they are. recalendar follows it.
func (s *schedules) advance(ctx context.Context, calendar string) error {
	shifted, err := s.shiftedBy(calendar)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(shifted, advanceAtOnce) {
		if err := s.engine.Update(ctx, func(tx *store.Tx, now time.Time) error {
			for _, user := range some {
				if err := s.advanceOne(tx, user, now); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// shiftedBy lists the schedules that a calendar may move.
func (s *schedules) shiftedBy(calendar string) (shifted []store.User, err error) {
	view := s.store.View()
	defer view.Close()
	all, err := view.CalendarUsers(calendar, 0)
	for _, user := range all {
		t, err := view.Trigger(user.Pipeline, user.Trigger)
		if err != nil {
			return nil, err
		}
		if t.Rule.Shifts() {
			shifted = append(shifted, user)
		}
	}
	return shifted, err
}

func (s *schedules) advanceOne(tx *store.Tx, user store.User, now time.Time) error {
	t, err := tx.Trigger(user.Pipeline, user.Trigger)
	if errors.Is(err, store.ErrNotFound) || err == nil && t.Rule == nil {
		return nil // it was changed meanwhile
	}
	if err != nil {
		return err
	}
	table, err := s.timetable(&t)
	if err != nil {
		return nil // it is not kept, so nothing of it is due
	}
	t.Mark = table.Advance(t.Mark, now)
	tx.UpdateTrigger(t)
	return nil
}

// recalendar keeps the schedules that use a calendar by what it is now.
func (s *schedules) recalendar(calendar string) error {
	s.mu.Lock()
	s.calendars, s.tables = nil, nil
	s.mu.Unlock()
	view := s.store.View()
	all, err := view.CalendarUsers(calendar, 0)
	view.Close()
	errs := []error{err}
	var last uint64
	for _, user := range all {
		if user.Pipeline != last { // those of a pipeline stand together
			last = user.Pipeline
			errs = append(errs, s.retime(last))
		}
	}
	return errors.Join(errs...)
}
