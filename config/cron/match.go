package cron

import "math/bits"

// wallFrom is the first wall time at or after one that matches; none beyond
// the year 9999.
func (e *Expression) wallFrom(wall int64) (int64, bool) {
	today := floor(wall, daySeconds)
	day, ok := e.dayFrom(today)
	if ok && day == today {
		if second, ok := e.secondFrom(int(wall - today*daySeconds)); ok {
			return day*daySeconds + second, true
		}
		day, ok = e.dayFrom(today + 1)
	}
	second, _ := e.secondFrom(0)
	return day*daySeconds + second, ok
}

// wallUpTo is the latest wall time at or before one that matches; none before
// the year 1.
func (e *Expression) wallUpTo(wall int64) (int64, bool) {
	today := floor(wall, daySeconds)
	day, ok := e.dayUpTo(today)
	if ok && day == today {
		if second, ok := e.secondUpTo(int(wall - today*daySeconds)); ok {
			return day*daySeconds + second, true
		}
		day, ok = e.dayUpTo(today - 1)
	}
	second, _ := e.secondUpTo(daySeconds - 1)
	return day*daySeconds + second, ok
}

// secondFrom is the first second of a day, from one on, that matches.
func (e *Expression) secondFrom(from int) (int64, bool) {
	h, m, s := from/3600, from/60%60, from%60
	if e.hour>>h&1 == 1 {
		if e.minute>>m&1 == 1 {
			if s, ok := first(e.second, s); ok {
				return second(h, m, s), true
			}
		}
		if m, ok := first(e.minute, m+1); ok {
			s, _ := first(e.second, 0)
			return second(h, m, s), true
		}
	}
	h, ok := first(uint64(e.hour), h+1)
	m, _ = first(e.minute, 0)
	s, _ = first(e.second, 0)
	return second(h, m, s), ok
}

// secondUpTo is the last second of a day, up to one, that matches.
func (e *Expression) secondUpTo(to int) (int64, bool) {
	h, m, s := to/3600, to/60%60, to%60
	if e.hour>>h&1 == 1 {
		if e.minute>>m&1 == 1 {
			if s, ok := last(e.second, s); ok {
				return second(h, m, s), true
			}
		}
		if m, ok := last(e.minute, m-1); ok {
			s, _ := last(e.second, 59)
			return second(h, m, s), true
		}
	}
	h, ok := last(uint64(e.hour), h-1)
	m, _ = last(e.minute, 59)
	s, _ = last(e.second, 59)
	return second(h, m, s), ok
}

func second(h, m, s int) int64 { return int64(h*3600 + m*60 + s) }

// first is the least value of a set that is not below from.
func first(set uint64, from int) (int, bool) {
	set = set >> from << from
	return bits.TrailingZeros64(set), set != 0
}

// last is the greatest value of a set that is not above to.
func last(set uint64, to int) (int, bool) {
	set &= 1<<(to+1) - 1
	return bits.Len64(set) - 1, set != 0
}
