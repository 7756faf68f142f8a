package calendar

import (
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// The bounds of rules.
const (
	longestInterval = 1000
	mostWeekdays    = 5 // the fifth Monday of a month
)

// repeat is an event with a rule. The rule runs on a wall clock without a zone.
type repeat struct {
	rule   *rrule.RRule
	event  event
	except map[int64]bool // wall times of instances that do not take place
}

// add takes up an event.
func (c *Calendar) add(e event) error {
	if e.canceled {
		return nil
	}
	r := repeat{event: e, except: map[int64]bool{}}
	for _, m := range e.except {
		r.except[m.in(e.start)] = true
	}
	if e.rule == "" {
		r.place(e.start.wall, &c.wall, &c.instants)
	}
	for _, m := range e.extra {
		r.place(m.in(e.start), &c.wall, &c.instants)
	}
	if e.rule == "" {
		return nil
	}
	if e.length > longestRepeat {
		return wrong(e.line, "the event %q is repeated and lasts longer than a year", e.title)
	}
	if len(c.repeats) == maxRepeats {
		return wrong(e.line, "there are more than %d events with a rule; write the days one by one", maxRepeats)
	}
	var err error
	if r.rule, err = e.parseRule(); err != nil {
		return err
	}
	c.repeats = append(c.repeats, r)
	return nil
}

// place adds the instance that begins at a wall time, unless it does not take
// place.
func (r repeat) place(wall int64, walls, instants *[]stretch) {
	if r.except[wall] {
		return
	}
	start := r.event.start.at(wall)
	s := stretch{start, start + r.event.length, r.event.title}
	if r.event.start.zone == nil {
		*walls = append(*walls, s)
	} else {
		*instants = append(*instants, s)
	}
}

// unfold adds the instances that cover anything of a year, in whatever zone.
func (r repeat) unfold(number int, y *year) {
	const around = 2 * daySeconds
	from := time.Date(number, 1, 1, 0, 0, 0, 0, time.UTC).Unix() - around - r.event.length
	to := time.Date(number+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix() + around
	next := r.near(from).Iterator()
	for at, ok := next(); ok && at.Unix() < to; at, ok = next() {
		if at.Unix() >= from {
			r.place(at.Unix(), &y.wall, &y.instants)
		}
	}
}

// near is the rule, begun later where that changes nothing: rrule-go can only
// walk from the start.
func (r repeat) near(from int64) *rrule.RRule {
	option := r.rule.OrigOptions
	step := max(int64(option.Interval), 1) * daySeconds
	if option.Freq == rrule.WEEKLY {
		step *= 7
	}
	skipped := (from-option.Dtstart.Unix())/step - 1
	if option.Freq < rrule.WEEKLY || option.Count > 0 || skipped <= 0 {
		return r.rule
	}
	option.Dtstart = time.Unix(option.Dtstart.Unix()+skipped*step, 0).UTC()
	rule, err := rrule.NewRRule(option)
	if err != nil {
		return r.rule
	}
	return rule
}

// parseRule reads an RRULE and refuses what rrule-go cannot do in bounded time.
func (e event) parseRule() (*rrule.RRule, error) {
	option, err := rrule.StrToROptionInLocation(e.rule, time.UTC)
	if err != nil {
		return nil, wrong(e.line, "RRULE %q cannot be read: %v", short(e.rule), err)
	}
	if complaint := impossible(e.rule, option); complaint != "" {
		return nil, wrong(e.line, "RRULE %q: %s", short(e.rule), complaint)
	}
	option.Dtstart = time.Unix(e.start.wall, 0).UTC()
	e.limit(option)
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, wrong(e.line, "RRULE %q: %v", short(e.rule), err)
	}
	if complaint := tried(rule); complaint != "" {
		return nil, wrong(e.line, "RRULE %q %s", short(e.rule), complaint)
	}
	return rule, nil
}

// tried goes through the instances of 40 years, in which years of all shapes
// come: what rrule-go would panic on later, it panics on now.
func tried(rule *rrule.RRule) (complaint string) {
	defer func() {
		if r := recover(); r != nil {
			complaint = "cannot be followed: its parts do not go together"
		}
	}()
	next := rule.Iterator()
	at, ok := next()
	if !ok {
		return "never comes true"
	}
	for end := at.AddDate(40, 0, 0); ok && at.Before(end); {
		at, ok = next()
	}
	return ""
}

// limit takes UNTIL to the event's wall clock: it is an instant where the event
// has a zone. A rule without an end ends where years do.
func (e event) limit(option *rrule.ROption) {
	last := time.Date(lastYear+1, 1, 1, 0, 0, 0, 0, time.UTC)
	switch {
	case option.Until.IsZero():
		option.Until = last
		return
	case strings.HasSuffix(untilOf(e.rule), "Z") && e.start.zone != nil:
		until := moment{wall: option.Until.Unix(), zone: time.UTC}
		option.Until = time.Unix(until.in(e.start), 0).UTC()
	case !strings.Contains(untilOf(e.rule), "T"):
		option.Until = option.Until.Add(daySeconds*time.Second - time.Second)
	}
	if option.Until.After(last) {
		option.Until = last
	}
}

// untilOf is the value of UNTIL in a rule.
func untilOf(rule string) string {
	_, until, _ := strings.Cut(rule, "UNTIL=")
	until, _, _ = strings.Cut(until, ";")
	return until
}

// impossible says why a rule is refused; "" where it is not.
func impossible(text string, o *rrule.ROption) string {
	numbered := slices.ContainsFunc(o.Byweekday, func(d rrule.Weekday) bool { return d.N() != 0 })
	switch {
	case o.Freq > rrule.DAILY:
		return "events more often than daily are not followed; a schedule's expression says that better"
	case len(o.Byhour)+len(o.Byminute)+len(o.Bysecond)+len(o.Byeaster) > 0:
		return "BYHOUR, BYMINUTE, BYSECOND and BYEASTER are not followed"
	case o.Interval < 0 || o.Interval > longestInterval || strings.Contains(text+";", "INTERVAL=0;"):
		return "INTERVAL is outside of 1-1000"
	case o.Count < 0 || strings.Contains(text+";", "COUNT=0;"):
		return "COUNT must be at least 1"
	case o.Count > 0 && !o.Until.IsZero():
		return "it has COUNT and UNTIL; only one can end it"
	case numbered && o.Freq != rrule.MONTHLY && o.Freq != rrule.YEARLY:
		return "a number before a day in BYDAY belongs to FREQ=MONTHLY or YEARLY"
	case numbered && (o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0) && tooMany(o.Byweekday):
		return "no month has more than five of a weekday"
	case len(o.Byweekno) > 0 && o.Freq != rrule.YEARLY:
		return "BYWEEKNO belongs to FREQ=YEARLY"
	case len(o.Byyearday) > 0 && o.Freq != rrule.YEARLY:
		return "BYYEARDAY belongs to FREQ=YEARLY"
	case len(o.Bymonthday) > 0 && o.Freq == rrule.WEEKLY:
		return "BYMONTHDAY does not go with FREQ=WEEKLY"
	case slices.Contains(o.Bymonthday, 0) || slices.Contains(o.Byyearday, 0) || slices.Contains(o.Byweekno, 0) || slices.Contains(o.Bysetpos, 0):
		return "days, weeks and positions are counted from 1, or from -1 backwards"
	}
	return ""
}

func tooMany(days []rrule.Weekday) bool {
	return slices.ContainsFunc(days, func(d rrule.Weekday) bool { return d.N() > mostWeekdays || d.N() < -mostWeekdays })
}
