package store

import (
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
