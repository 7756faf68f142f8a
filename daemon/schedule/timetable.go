package schedule

import (
	"fmt"
	"iter"
	"time"

	"github.com/penstock/penstock/config/cron"
)

// Timetable is a rule made ready to be asked. It never changes and may be
// shared: timetables of equal rules differ in nothing but what [Timetable.Of]
// gives them.
type Timetable struct {
	*compiled
	seed uint64 // of the jitter
}

type compiled struct {
	rule       Rule
	expression *cron.Expression
	zone       *time.Location
	include    []named
	exclude    []named
	shift      int // days at a time; 0: instants stay where they are
}

// Compile makes r ready. The calendars are those that it names, by their
// names. The error says what of r is wrong, for whoever wrote it.
func (r Rule) Compile(calendars map[string]Calendar) (Timetable, error) {
	c, err := r.compile(calendars)
	if err != nil {
		return Timetable{}, err
	}
	return Timetable{compiled: c}, nil
}

func (r Rule) compile(calendars map[string]Calendar) (c *compiled, err error) {
	c = &compiled{rule: r, zone: time.UTC}
	if c.expression, err = cron.Parse(r.Expression); err != nil {
		return nil, fmt.Errorf("schedule %q: %w", r.Expression, err)
	}
	if r.Timezone != "" {
		if c.zone, err = cron.Zone(r.Timezone); err != nil {
			return nil, err
		}
	}
	if c.include, err = find(calendars, r.Include); err != nil {
		return nil, fmt.Errorf("include: %w", err)
	}
	if c.exclude, err = find(calendars, r.Exclude); err != nil {
		return nil, fmt.Errorf("exclude: %w", err)
	}
	if err := c.checkWords(); err != nil {
		return nil, err
	}
	return c, c.checkShift()
}

// checkWords refuses what no rule says; texts are checked before they are kept.
func (c *compiled) checkWords() error {
	switch c.rule.CatchUp {
	case "", "one", "all", "none":
	default:
		return fmt.Errorf("catch_up %q: want none, one or all", c.rule.CatchUp)
	}
	switch c.rule.Shift {
	case "", "none":
	case "next":
		c.shift = 1
	case "previous":
		c.shift = -1
	default:
		return fmt.Errorf("shift %q: want none, next or previous", c.rule.Shift)
	}
	return nil
}

// Of is the timetable of one schedule, whose jitter follows from its names.
func (t Timetable) Of(pipeline uint64, trigger string) Timetable {
	t.seed = seedOf(pipeline, trigger)
	return t
}

// Zone is the time zone of the rule.
func (t Timetable) Zone() *time.Location { return t.zone }

// Expression is the parsed expression of the rule.
func (t Timetable) Expression() *cron.Expression { return t.expression }

// Next is the first instant after a mark. There is none after the last of
// @at or before Until, and never one of @reboot: see [Timetable.Decide].
func (t Timetable) Next(m Mark) (Instant, bool) {
	for i := range t.After(m) {
		return i, true
	}
	return Instant{}, false
}

// After visits the instants after a mark in their order, those that calendars
// take away among them. It may go on for ever.
func (t Timetable) After(m Mark) iter.Seq[Instant] {
	if t.rule.Random && t.rule.Jitter > 0 {
		return t.drawing(t.placed(m))
	}
	return func(yield func(Instant) bool) {
		late := t.stable()
		for i := range t.placed(m) {
			i.Due = i.At.Add(late)
			if !yield(i) {
				return
			}
		}
	}
}

// placed visits the instants after a mark without their jitter.
func (t Timetable) placed(m Mark) iter.Seq[Instant] {
	if t.shift != 0 {
		return t.shifted(m)
	}
	return func(yield func(Instant) bool) {
		for o := range t.nominal(m.Through, m.Anchor) {
			if !yield(t.instant(o)) {
				return
			}
		}
	}
}

// nominal visits what the expression says, within the dates of the rule.
func (t Timetable) nominal(after, anchor time.Time) iter.Seq[cron.Occurrence] {
	return func(yield func(cron.Occurrence) bool) {
		if first := t.rule.From.Add(-1); first.After(after) {
			after = first
		}
		for {
			o, ok := t.expression.Next(after, t.zone, anchor)
			if !ok || !t.within(o.At) || !yield(o) {
				return
			}
			after = o.At
		}
	}
}

// within reports whether the dates of the rule let an instant be.
func (t Timetable) within(at time.Time) bool {
	return !at.Before(t.rule.From) && (t.rule.Until.IsZero() || at.Before(t.rule.Until))
}
