package cron

import "time"

// Occurrence is an instant at which an expression is due.
type Occurrence struct {
	At time.Time // UTC
	// Wall is the time that was asked for, as the wall clock of the zone would
	// show it; its Location is UTC whatever the zone. With Gap no clock shows it:
	// it is the first of the times that are made up for.
	Wall    time.Time
	Anomaly Anomaly
}

// Anomaly says what a change of the clock did to an occurrence.
type Anomaly uint8

// The anomalies.
const (
	None   Anomaly = iota
	Gap            // the clock leaves the time out; At is the first instant after
	Repeat         // the clock shows the time twice. Times of day: this is the first, and the only one that is due; an interval is due at both
)

var anomalies = [...]string{"", "gap", "repeat"}

func (a Anomaly) String() string { return anomalies[a] }

// The first and the last second of the years 1 to 9999, which are all that RFC
// 3339 can write.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

// Next is the first occurrence later than a time, in a zone. Every counts from
// the anchor. There is none for Reboot, after an At, and beyond the year 9999.
func (e *Expression) Next(after time.Time, zone *time.Location, anchor time.Time) (Occurrence, bool) {
	switch e.kind {
	case Every:
		return e.nextEvery(after, anchor)
	case At:
		o := e.once(zone)
		return o, o.At.After(after)
	case Reboot:
		return Occurrence{}, false
	}
	instant := max(after.Unix(), firstSecond)
	if instant > lastSecond {
		return Occurrence{}, false
	}
	if e.interval {
		return e.nextShown(zone, instant+1)
	}
	return e.nextReached(zone, instant)
}

// Prev is the latest occurrence that is not later than a time: where Next from
// just before it arrives.
func (e *Expression) Prev(at time.Time, zone *time.Location, anchor time.Time) (Occurrence, bool) {
	switch e.kind {
	case Every:
		return e.prevEvery(at, anchor)
	case At:
		o := e.once(zone)
		return o, !o.At.After(at)
	case Reboot:
		return Occurrence{}, false
	}
	instant := min(at.Unix(), lastSecond)
	if instant < firstSecond {
		return Occurrence{}, false
	}
	if e.interval {
		return e.prevShown(zone, instant)
	}
	return e.prevReached(zone, instant)
}

// nextReached is the next time of day that the clock has not reached yet.
func (e *Expression) nextReached(zone *time.Location, instant int64) (Occurrence, bool) {
	s := spanAt(zone, instant)
	wall, ok := e.wallFrom(s.reading(zone, instant) + 1)
	if !ok {
		return Occurrence{}, false
	}
	instant, s = s.reached(zone, wall)
	return e.timeOfDay(zone, s, instant, wall), true
}

// prevReached is the latest time of day that the clock has reached.
func (e *Expression) prevReached(zone *time.Location, instant int64) (Occurrence, bool) {
	wall, ok := e.wallUpTo(spanAt(zone, instant).reading(zone, instant))
	if !ok {
		return Occurrence{}, false
	}
	instant, s := spanAt(zone, wall-reach).reached(zone, wall)
	return e.timeOfDay(zone, s, instant, wall), true
}

// timeOfDay is the occurrence at an instant in s at which the clock has reached
// a time that matches.
func (e *Expression) timeOfDay(zone *time.Location, s span, instant, wall int64) Occurrence {
	shown := instant + s.offset
	if shown == wall {
		return e.shown(zone, s, instant)
	}
	if match, _ := e.wallUpTo(shown); match == shown {
		return e.shown(zone, s, instant)
	}
	before := spanAt(zone, instant-1)
	wall, _ = e.wallFrom(before.reading(zone, instant-1) + 1)
	return Occurrence{At: utc(instant), Wall: utc(wall), Anomaly: Gap}
}

// shown is the occurrence at an instant in s at which the clock shows a time
// that matches.
func (e *Expression) shown(zone *time.Location, s span, instant int64) Occurrence {
	o := Occurrence{At: utc(instant), Wall: utc(instant + s.offset)}
	if s.twice(zone, instant) {
		o.Anomaly = Repeat
	}
	return o
}

// nextShown is the first instant, from one on, at which the clock shows a time
// that matches.
func (e *Expression) nextShown(zone *time.Location, from int64) (Occurrence, bool) {
	for {
		s := spanAt(zone, from)
		wall, ok := e.wallFrom(from + s.offset)
		if !ok {
			return Occurrence{}, false
		}
		if s.shows(wall) {
			return e.shown(zone, s, wall-s.offset), true
		}
		// Between the time at from and wall nothing matches. Once nothing
		// before it can come again, all of it can be passed at once.
		later := s.end
		if !near(from, later) {
			later = max(later, wall-2*reach)
		}
		from = later
	}
}

// prevShown is nextShown, backwards.
func (e *Expression) prevShown(zone *time.Location, to int64) (Occurrence, bool) {
	for {
		s := spanAt(zone, to)
		wall, ok := e.wallUpTo(to + s.offset)
		if !ok {
			return Occurrence{}, false
		}
		if s.shows(wall) {
			return e.shown(zone, s, wall-s.offset), true
		}
		earlier := s.start - 1
		if !near(earlier, to) {
			earlier = min(earlier, wall+2*reach)
		}
		to = earlier
	}
}

// once is the occurrence of an At.
func (e *Expression) once(zone *time.Location) Occurrence {
	if e.absolute {
		o, _ := exactly(e.number)
		o.Wall = utc(e.number + spanAt(zone, e.number).offset)
		return o
	}
	instant, s := spanAt(zone, e.number-reach).reached(zone, e.number)
	if instant+s.offset == e.number {
		return e.shown(zone, s, instant)
	}
	return Occurrence{At: utc(instant), Wall: utc(e.number), Anomaly: Gap}
}

func utc(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
