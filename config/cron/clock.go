package cron

import (
	"math"
	"time"
)

const daySeconds = 24 * 60 * 60

// reach is how far a wall clock may be from UTC, in seconds, with room to
// spare: the time zone database knows nothing beyond 16 hours.
const reach = 26 * 60 * 60

// A wall time is the reading of a wall clock as the seconds since 1970-01-01
// 00:00 on that clock. Whole seconds are enough: offsets and fields have no
// fractions.

// span is a stretch of instants, from start up to but without end, over which
// a zone's offset from UTC does not change.
type span struct{ start, end, offset int64 }

// spanAt is the span of the zone that holds an instant.
func spanAt(zone *time.Location, instant int64) span {
	if zone == time.UTC {
		return span{start: math.MinInt64, end: math.MaxInt64}
	}
	t := time.Unix(instant, 0).In(zone)
	_, offset := t.Zone()
	from, to := t.ZoneBounds()
	s := span{start: math.MinInt64, end: math.MaxInt64, offset: int64(offset)}
	if !from.IsZero() {
		s.start = from.Unix()
	}
	if !to.IsZero() {
		s.end = to.Unix()
	}
	return s
}

// near reports whether two instants are so close that both may show the same
// wall time.
func near(earlier, later int64) bool { return earlier > later-2*reach }

// reading is the latest that the wall clock has shown up to and with an
// instant, which lies in s.
func (s span) reading(zone *time.Location, instant int64) int64 {
	latest := instant + s.offset
	for near(s.start, instant) {
		before := spanAt(zone, s.start-1)
		latest = max(latest, s.start-1+before.offset)
		s = before
	}
	return latest
}

// reached is the first instant at which the wall clock shows a time or
// something later, and its span. s is the span of some instant at which the
// clock had not reached it.
func (s span) reached(zone *time.Location, wall int64) (int64, span) {
	if s.end <= wall-reach {
		s = spanAt(zone, wall-reach)
	}
	for {
		if instant := max(s.start, wall-s.offset); instant < s.end {
			return instant, s
		}
		s = spanAt(zone, s.end)
	}
}

// twice reports whether the wall clock shows the time of an instant in s at
// another instant as well.
func (s span) twice(zone *time.Location, instant int64) bool {
	wall := instant + s.offset
	for before := s; near(before.start, instant); {
		before = spanAt(zone, before.start-1)
		if before.shows(wall) {
			return true
		}
	}
	for after := s; near(instant, after.end); {
		after = spanAt(zone, after.end)
		if after.shows(wall) {
			return true
		}
	}
	return false
}

// shows reports whether the wall clock shows a time within the span.
func (s span) shows(wall int64) bool {
	instant := wall - s.offset
	return s.start <= instant && instant < s.end
}
