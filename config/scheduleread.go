package config

import (
	"errors"
	"slices"
	"time"

	"github.com/penstock/penstock/config/cron"
)

// The bounds of a schedule.
const (
	maxJitter    = day
	minWindow    = time.Minute
	maxWindow    = 31 * day
	maxCalendars = 20 // that one schedule includes, or excludes
)

// schedule reads when a trigger is due.
func (t table) schedule() Schedule {
	s := Schedule{
		Shift:   choose(t, "shift", ShiftNone, ShiftNext, ShiftPrevious),
		CatchUp: choose(t, "catch_up", CatchUpOne, CatchUpAll, CatchUpNone),
		Window:  day,
	}
	expression := t.instants(&s)
	zone := t.timezone(&s)
	s.From, s.Until = t.instant("from", zone), t.instant("until", zone)
	if !s.From.IsZero() && !s.Until.IsZero() && !s.From.Before(s.Until) {
		t.report(t.key("until"), "until must be later than from, or the trigger is never due")
	}
	t.jitter(&s)
	t.window(&s)
	t.calendars(&s)
	t.refuseOfClock(expression)
	return s
}

// window reads how late an instant may be caught up.
func (t table) window(s *Schedule) {
	if t.has("window") && s.CatchUp == CatchUpNone {
		t.report(t.key("window"), `window means nothing with catch_up = "none": nothing is caught up`)
		return
	}
	if d, ok := t.durationWithin("window", minWindow, maxWindow, "1 minute to 31 days"); ok {
		s.Window = d
	}
}

// instants reads the expression; nil where it is none.
func (t table) instants(s *Schedule) *cron.Expression {
	text, ok := t.text("schedule")
	if !ok {
		return nil
	}
	s.Expression = text
	expression, err := cron.Parse(text)
	var syntax *cron.SyntaxError
	if errors.As(err, &syntax) {
		t.reportIn(t.key("schedule"), text, syntax.Offset, "schedule: %s", syntax.Message)
		return nil
	}
	return expression
}

func (t table) timezone(s *Schedule) *time.Location {
	s.Timezone = "UTC"
	name, ok := t.text("timezone")
	if !ok {
		return time.UTC
	}
	zone, err := cron.Zone(name)
	if err != nil {
		t.report(t.key("timezone"), "timezone: %v", err)
		return time.UTC
	}
	s.Timezone = name
	return zone
}

// refuseOfClock reports keys that mean nothing to a schedule that follows no
// clock: a boot is not missed, and not moved.
func (t table) refuseOfClock(e *cron.Expression) {
	if e == nil || e.Kind() != cron.Reboot {
		return
	}
	for _, key := range []string{"catch_up", "window", "shift"} {
		if t.has(key) {
			t.report(t.key(key), "%s means nothing with @reboot, which follows no clock", key)
		}
	}
}

// jitter reads how much later than its instant a run may start: a duration, or
// a table that says how it is chosen.
func (t table) jitter(s *Schedule) {
	const words = "1 second to 24 hours"
	if _, isTable := t.values["jitter"].(map[string]any); !isTable {
		s.Jitter, _ = t.durationWithin("jitter", time.Second, maxJitter, words)
		return
	}
	t.each(jitterKind, "jitter", func(t table) {
		if !t.has("max") {
			t.missing("max", `it says how much later a run may start, such as max = "5m"`)
		}
		s.Jitter, _ = t.durationWithin("max", time.Second, maxJitter, words)
		s.Random, _ = t.boolean("random")
	})
}

// calendars reads which calendars give days and take them away. Whether they
// exist only a daemon knows: see [Source.CheckCalendars].
func (t table) calendars(s *Schedule) {
	included := t.calendarNames("include", nil)
	excluded := t.calendarNames("exclude", included)
	s.Include, s.Exclude = texts(included), texts(excluded)
	if t.has("shift") && !t.has("include") && !t.has("exclude") {
		t.report(t.key("shift"), "shift means nothing without include and exclude: no calendar takes an instant away")
	}
}

// calendarNames reads names of calendars, each once, and none of others.
func (t table) calendarNames(key string, others []item) []item {
	items, _ := t.strings(key)
	if len(items) > maxCalendars {
		t.report(t.key(key), "%s names %d calendars; at most %d are allowed", key, len(items), maxCalendars)
		items = items[:maxCalendars]
	}
	if t.empty(key) {
		t.report(t.key(key), "%s is empty; leave it out where no calendar is meant", key)
	}
	var all []item
	for _, it := range items {
		switch {
		case !validName(it.text):
			t.report(it.at, "%s: %s is no name of a calendar (%s)", key, quote(it.text), nameRule)
		case slices.Contains(texts(all), it.text):
			t.report(it.at, "%s names %s twice", key, quote(it.text))
		case slices.Contains(texts(others), it.text):
			t.report(it.at, "%s is included already, so that no instant would be left", quote(it.text))
		default:
			all = append(all, it)
		}
	}
	return all
}

func texts(items []item) []string {
	var all []string
	for _, it := range items {
		all = append(all, it.text)
	}
	return all
}
