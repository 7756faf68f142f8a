package daemon

import (
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

// usersOf lists the schedules whose rules name a calendar.
func (s *schedules) usersOf(name string) (users []store.Trigger, err error) {
	view := s.store.View()
	defer view.Close()
	for t, err := range view.Triggers() {
		if err != nil {
			return nil, err
		}
		if t.Rule != nil && (slices.Contains(t.Rule.Include, name) || slices.Contains(t.Rule.Exclude, name)) {
			users = append(users, t)
		}
	}
	return users, nil
}

// advance moves the marks of schedules up to now as far as nothing lies between
// that has no record, in the commit that changes a calendar of theirs: what
// the new one makes of the past is due to nobody. recalendar follows it.
func (s *schedules) advance(tx *store.Tx, users []store.Trigger, now time.Time) error {
	for _, user := range users {
		t, err := tx.Trigger(user.Pipeline, user.Name)
		if errors.Is(err, store.ErrNotFound) || err == nil && t.Rule == nil {
			continue
		}
		if err != nil {
			return err
		}
		table, err := s.timetable(&t)
		if err != nil {
			continue // it is not kept, so nothing of it is due
		}
		t.Mark = table.Advance(t.Mark, now)
		tx.UpdateTrigger(t)
	}
	return nil
}

// recalendar keeps the schedules by the calendars as they are now.
func (s *schedules) recalendar() error {
	s.mu.Lock()
	s.calendars, s.tables = nil, nil
	s.mu.Unlock()
	return s.load()
}
