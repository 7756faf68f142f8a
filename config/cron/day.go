package cron

import "time"

// dayFrom is the first day at or after one that matches, as days since
// 1970-01-01; none beyond the year 9999.
func (e *Expression) dayFrom(day int64) (int64, bool) {
	y, m, d := date(day)
	for y <= 9999 {
		if e.month>>m&1 == 1 {
			if d, ok := first(uint64(e.daysOf(y, m)), d); ok {
				return dayOf(y, m, d), true
			}
		}
		if d, m = 1, m+1; m > 12 {
			y, m = y+1, 1
		}
	}
	return 0, false
}

// dayUpTo is the latest day at or before one that matches; none before the
// year 1.
func (e *Expression) dayUpTo(day int64) (int64, bool) {
	y, m, d := date(day)
	for y >= 1 {
		if e.month>>m&1 == 1 {
			if d, ok := last(uint64(e.daysOf(y, m)), d); ok {
				return dayOf(y, m, d), true
			}
		}
		if d, m = 31, m-1; m < 1 {
			y, m = y-1, 12
		}
	}
	return 0, false
}

// daysOf is the set of the days of a month that match.
func (e *Expression) daysOf(year, month int) uint32 {
	length := lengthOf(year, month)
	begins := int(weekdayOf(dayOf(year, month, 1)))
	byDate, byWeekday := e.day, weekly(e.weekday, begins)
	if e.rules != nil {
		byDate |= e.rules.byDate(length, begins)
		byWeekday |= e.rules.byWeekday(dayOf(year, month, 1), length, begins)
	}
	if e.bothDays {
		byDate &= byWeekday
	} else {
		byDate |= byWeekday
	}
	return byDate & (1<<(length+1) - 2)
}

// weekly is the set of the days of a month, which begins on a weekday, that
// fall on one of a set of weekdays.
func weekly(weekdays uint8, begins int) uint32 {
	week := (uint32(weekdays) | uint32(weekdays)<<7) >> begins & 0x7f
	return (week | week<<7 | week<<14 | week<<21 | week<<28) << 1
}

// dayRules are days that depend on the length of their month, on the weekdays
// in it, or on the number of their week.
type dayRules struct {
	fromEnd     uint32 // bit n: n days before the last of the month
	nearest     uint32 // bit n: the weekday nearest to day n
	lastWeekday bool   // the last Monday to Friday
	lastOf      uint8  // weekdays whose last in the month it is
	nth         [6]uint8
	weeks       []week
}

// week is a weekday in every period-th week.
type week struct{ weekday, period, remainder int }

// byDate is the set of the days of a month that are named by their date.
func (r *dayRules) byDate(length, begins int) (set uint32) {
	for n := range length {
		if r.fromEnd>>n&1 == 1 {
			set |= 1 << (length - n)
		}
	}
	for day := 1; day <= length; day++ {
		if r.nearest>>day&1 == 1 {
			set |= 1 << nearestWorkday(day, length, begins)
		}
	}
	if r.lastWeekday {
		set |= 1 << nearestWorkday(length, length, begins)
	}
	return set
}

// nearestWorkday is the day from Monday to Friday nearest to one, in the same
// month.
func nearestWorkday(day, length, begins int) int {
	switch (begins + day - 1) % 7 {
	case 6:
		if day == 1 {
			return 3
		}
		return day - 1
	case 0:
		if day == length {
			return day - 2
		}
		return day + 1
	}
	return day
}

// byWeekday is the set of the days of a month that are named by a weekday. The
// month begins on a day, which is of a weekday.
func (r *dayRules) byWeekday(start int64, length, begins int) (set uint32) {
	set = weekly(r.lastOf, begins) & (uint32(0x7f) << (length - 6))
	for n := 1; n <= 5; n++ {
		set |= weekly(r.nth[n], begins) & (uint32(0x7f) << (7*n - 6))
	}
	for _, w := range r.weeks {
		for day := 1 + (w.weekday-begins+7)%7; day <= length; day += 7 {
			if w.counts(start + int64(day) - 1) {
				set |= 1 << day
			}
		}
	}
	return set
}

// firstWeek is the day that begins week 1: Tuesday, 2019-01-01.
const firstWeek = 17897

func (w week) counts(day int64) bool {
	number := floor(day-firstWeek, 7) + 1
	period := int64(w.period)
	return number-floor(number, period)*period == int64(w.remainder)
}

// first is the first day of w from week 1 on.
func (w week) first() int64 {
	day := firstWeek + int64(w.weekday+7-int(time.Tuesday))%7
	for !w.counts(day) {
		day += 7
	}
	return day
}

// weekdayOf is the weekday of a day, 0 is Sunday: 1970-01-01 was a Thursday.
func weekdayOf(day int64) int64 { return day + 4 - 7*floor(day+4, 7) }

// lengthOf is how many days a month has.
func lengthOf(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// dayOf is a date as days since 1970-01-01.
func dayOf(year, month, day int) int64 {
	return floor(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix(), daySeconds)
}

// date is the date of a day since 1970-01-01.
func date(day int64) (year, month, dayOfMonth int) {
	y, m, d := time.Unix(day*daySeconds, 0).UTC().Date()
	return y, int(m), d
}
