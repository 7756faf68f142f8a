package cron

import (
	"fmt"
	"strings"
	"time"
)

// describeDays says on which days; nothing where it is on all.
func (e *Expression) describeDays() string {
	dates, weekdays := e.describeDates(), e.describeWeekdays()
	months := e.describeMonths()
	switch {
	case dates == "" && weekdays == "":
		return months
	case dates == "":
		return " on " + weekdays + months
	case weekdays == "":
		return " on " + dates + ofMonth(months)
	case e.bothDays:
		return " on " + weekdays + " that are " + dates + ofMonth(months)
	}
	return " on " + dates + ofMonth(months) + " and on " + weekdays + months
}

func ofMonth(months string) string {
	if months == "" {
		return " of the month"
	}
	return " of" + strings.TrimPrefix(months, " in")
}

// describeDates says which days of the month.
func (e *Expression) describeDates() string {
	if e.day == 1<<32-2 {
		return ""
	}
	var parts []string
	if e.day != 0 {
		parts = append(parts, "the "+spans(members(uint64(e.day)), ordinal))
	}
	if e.rules != nil {
		parts = append(parts, e.rules.describeDates()...)
	}
	return series(parts, "and")
}

func (r *dayRules) describeDates() (parts []string) {
	for _, n := range members(uint64(r.fromEnd)) {
		if n == 0 {
			parts = append(parts, "the last day")
			continue
		}
		parts = append(parts, counted(int64(n), "day")+" before the last day")
	}
	for _, n := range members(uint64(r.nearest)) {
		parts = append(parts, "the Monday to Friday nearest to the "+ordinal(n))
	}
	if r.lastWeekday {
		parts = append(parts, "the last Monday to Friday")
	}
	return parts
}

// describeWeekdays says which days of the week.
func (e *Expression) describeWeekdays() string {
	if e.weekday == 1<<7-1 {
		return ""
	}
	var parts []string
	if e.weekday != 0 {
		parts = append(parts, spans(members(uint64(e.weekday)), func(d int) string { return weekday(d) + "s" }))
	}
	if e.rules != nil {
		parts = append(parts, e.rules.describeWeekdays()...)
	}
	return series(parts, "and")
}

func (r *dayRules) describeWeekdays() (parts []string) {
	for n := 1; n <= 5; n++ {
		for _, d := range members(uint64(r.nth[n])) {
			parts = append(parts, fmt.Sprintf("the %s %s of the month", ordinal(n), weekday(d)))
		}
	}
	for _, d := range members(uint64(r.lastOf)) {
		parts = append(parts, "the last "+weekday(d)+" of the month")
	}
	for _, w := range r.weeks {
		parts = append(parts, w.describe())
	}
	return parts
}

// describe says how often, and one of the days: two rules of a period differ in
// nothing else.
func (w week) describe() string {
	often := "other"
	if w.period > 2 {
		often = ordinal(w.period)
	}
	return fmt.Sprintf("every %s %s counted from %s", often, weekday(w.weekday), utc(w.first()*daySeconds).Format(time.DateOnly))
}

// describeMonths says in which months; nothing where it is in all.
func (e *Expression) describeMonths() string {
	if e.month == 1<<13-2 {
		return ""
	}
	return " in " + spans(members(uint64(e.month)), func(m int) string { return time.Month(m).String() })
}

func weekday(d int) string { return time.Weekday(d).String() }
