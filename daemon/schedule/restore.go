package schedule

import (
	"time"

	"github.com/penstock/penstock/config/cron"
)

// Restore accounts for all up to now in a store that is a copy of another,
// which went on without it: nothing of it is caught up here. One record stands
// for what there was.
func (t Timetable) Restore(m Mark, now time.Time, boot Boot) ([]Decided, Mark) {
	at := m
	at.Through, at.BootID = now, boot.ID
	if t.expression.Kind() == cron.Reboot || !now.After(m.Through) {
		return nil, later(at, m)
	}
	var one *Decided
	for i := range t.After(m) {
		if i.At.After(now) {
			break
		}
		if one == nil {
			one = &Decided{Instant: i, Decision: Dropped, Reason: Restored}
			continue
		}
		one.absorb(&Decided{Instant: i})
		if one.Count > maxCounted {
			one.Count, one.Last = -one.Count, t.before(m, now, 0)
			break
		}
	}
	if one == nil {
		return nil, at
	}
	return []Decided{*one}, at
}

// Advance moves a mark up to now as far as nothing lies between that has no
// record. It is for calendars that change: what they make of the past is due to
// nobody.
func (t Timetable) Advance(m Mark, now time.Time) Mark {
	at := m
	at.Through = now
	if i, ok := t.Next(m); ok && !i.At.After(now) {
		at.Through = i.At.Add(-1)
	}
	return later(at, m)
}

// later is mark, but never before another.
func later(mark, other Mark) Mark {
	if mark.Through.Before(other.Through) {
		mark.Through = other.Through
	}
	return mark
}
