package store

import (
	"encoding/binary"
	"errors"
	"iter"
	"time"
)

// Calendar is a named set of days and times, as it was put.
type Calendar struct {
	Name  string    `json:"name"`
	Text  string    `json:"text"` // iCalendar or TOML, as config/calendar reads it
	PutAt time.Time `json:"put_at"`
	PutBy string    `json:"put_by"`
	Note  string    `json:"note,omitempty"`
}

// PutCalendar writes a calendar under its name.
func (tx *Tx) PutCalendar(c Calendar) { tx.put(calendarKey(c.Name), c) }

// RemoveCalendar removes a calendar.
func (tx *Tx) RemoveCalendar(name string) { tx.remove(calendarKey(name)) }

// Calendar reads a calendar by its name.
func (r *reader) Calendar(name string) (c Calendar, err error) {
	return c, r.get(calendarKey(name), &c)
}

// Calendars visits the calendars by name.
func (r *reader) Calendars() iter.Seq2[Calendar, error] {
	return visitAll[Calendar](r, []byte("c/"))
}

// User names a trigger whose rule uses a calendar.
type User struct {
	Pipeline uint64
	Trigger  string
}

// CalendarUsers lists the triggers that use a calendar, the oldest pipeline first
// and those last that a Tx has put itself: at most so many, with 0 all. It looks
// at no other trigger.
func (r *reader) CalendarUsers(calendar string, most int) (all []User, err error) {
	prefix := users(calendar)
	err = r.scanAll(prefix, func(key, _ []byte) error {
		if most > 0 && len(all) == most {
			return errStop
		}
		rest := key[len(prefix):]
		all = append(all, User{Pipeline: binary.BigEndian.Uint64(rest), Trigger: string(rest[8:])})
		return nil
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return all, err
}

// indexCalendars marks the users of all calendars in a store that was written
// before there were such marks. It does so once.
func (s *Store) indexCalendars() error {
	tx := s.Begin()
	defer tx.Discard()
	meta, err := tx.Meta()
	if err != nil || meta.UsersMarked {
		return err
	}
	for t, err := range tx.Triggers() {
		if err != nil {
			return err
		}
		tx.markUses(t)
	}
	meta.UsersMarked = true
	tx.PutMeta(meta)
	return tx.Commit()
}
