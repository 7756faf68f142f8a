package schedule

import (
	"cmp"
	"math"
	"time"

	"github.com/penstock/penstock/config/cron"
)

const (
	// inTime is how late an instant may be and is not missed.
	inTime = time.Minute
	// standardWindow is how late one may be caught up unless the rule says.
	standardWindow = 24 * time.Hour
	// maxCaughtUp bounds the runs of one decision with catch_up = "all".
	maxCaughtUp = 1_000
	// maxRecords bounds the records of one kind of one decision.
	maxRecords = 1_000
	// maxCounted bounds how many instants are looked at one by one: the latest.
	maxCounted = 10_000
)

// Decided is an instant and what was decided of it.
type Decided struct {
	Instant
	Decision Decision
	Reason   Reason
	// Count is how many instants it stands for, up to and with Last, of its
	// decision and reason; 0 is one, and negative is more than were counted.
	Count int
	Last  time.Time
}

// Starts reports whether a run is to be started.
func (d *Decided) Starts() bool { return d.Decision == Fired || d.Decision == CaughtUp }

// Decide decides all that is due at a time and has no record, in the order of
// the instants. The mark is the one from which to ask again once all of it is
// recorded: together, and together with the mark.
func (t Timetable) Decide(m Mark, now time.Time, boot Boot) ([]Decided, Mark) {
	if t.expression.Kind() == cron.Reboot {
		return t.decideBoot(m, now, boot)
	}
	return t.decide(m, now, &judge{rule: &t.rule, now: now})
}

func (t Timetable) decide(m Mark, now time.Time, j *judge) ([]Decided, Mark) {
	due, passed := t.due(m, now)
	if len(due) == 0 {
		return nil, m
	}
	decided := make([]Decided, len(due))
	for k := len(due) - 1; k >= 0; k-- {
		decided[k] = j.judge(due[k])
	}
	if passed.After(m.Through) {
		decided = append(t.uncounted(m, passed, j), decided...)
	}
	m.Through = due[len(due)-1].At
	return condensed(decided), m
}

// Due is when there is next something to decide. It may be past.
func (t Timetable) Due(m Mark, boot Boot) (time.Time, bool) {
	if t.expression.Kind() == cron.Reboot {
		i, ok := t.boot(m, boot)
		return i.Due, ok
	}
	i, ok := t.Next(m)
	return i.Due, ok
}

// due lists what is due after a mark, or the latest of it. The instants up to
// passed are not in the list.
func (t Timetable) due(m Mark, now time.Time) (due []Instant, passed time.Time) {
	due, more := t.list(m, now, maxCounted)
	if !more {
		return due, m.Through
	}
	m.Through = t.before(m, t.latest(m, now), maxCounted)
	due, _ = t.list(m, now, math.MaxInt)
	return due, m.Through
}

// latest is a time up to which every instant is due, and after which none is.
func (t Timetable) latest(m Mark, now time.Time) time.Time {
	if t.rule.Random {
		last := m
		last.Through = t.before(m, now, 0).Add(-1)
		if i, ok := t.Next(last); ok && i.Due.After(now) {
			return last.Through
		}
	}
	return now.Add(-t.stable())
}

// list lists the first instants after a mark that are due.
func (t Timetable) list(m Mark, now time.Time, most int) (due []Instant, more bool) {
	for i := range t.After(m) {
		if i.Due.After(now) {
			break
		}
		if len(due) == most {
			return due, true
		}
		due = append(due, i)
	}
	return due, false
}

// before is the time that n instants up to another time are after: that of
// the one before them, or of the mark.
func (t Timetable) before(m Mark, to time.Time, n int) time.Time {
	if until := t.rule.Until; !until.IsZero() && !to.Before(until) {
		to = until.Add(-1)
	}
	for range n {
		o, ok := t.expression.Prev(to, t.zone, m.Anchor)
		if !ok || !o.At.After(m.Through) {
			return m.Through
		}
		to = o.At.Add(-1)
	}
	if o, ok := t.expression.Prev(to, t.zone, m.Anchor); ok && o.At.After(m.Through) {
		return o.At
	}
	return m.Through
}

// judge decides instants from the latest to the earliest.
type judge struct {
	rule   *Rule
	now    time.Time
	edited bool // the rule is no more: nothing of it starts
	starts int  // of the instants so far
	caught int  // of those, not in time
}

func (j *judge) judge(i Instant) Decided {
	d := Decided{Instant: i}
	switch {
	case i.Excluded.Any():
		d.Decision, d.Reason = Skipped, Blackout
	case j.edited:
		d.Decision, d.Reason = Dropped, Edited
	case j.now.Sub(i.Due) <= inTime:
		d.Decision = Fired
		j.starts++
	default:
		d.Decision, d.Reason = j.missed(i.Due)
	}
	return d
}

// missed decides an instant that nobody was there for.
func (j *judge) missed(due time.Time) (Decision, Reason) {
	all := j.rule.CatchUp == "all"
	switch {
	case j.edited:
		return Dropped, Edited
	case j.rule.CatchUp == "none":
		return Dropped, NoCatchUp
	case j.now.Sub(due) > cmp.Or(j.rule.Window, standardWindow):
		return Dropped, TooOld
	case all && j.caught == maxCaughtUp:
		return Dropped, TooMany
	case !all && j.starts > 0:
		return Dropped, Superseded
	}
	j.starts++
	j.caught++
	return CaughtUp, ""
}

// uncounted decides the instants after a mark and up to a time, all of them
// missed, without looking at each.
func (t Timetable) uncounted(m Mark, passed time.Time, j *judge) (all []Decided) {
	edge := j.now.Add(-cmp.Or(j.rule.Window, standardWindow) - t.stable())
	for _, to := range []time.Time{t.before(m, earlier(edge.Add(-1), passed), 0), passed} {
		first, ok := t.Next(m)
		if !ok || first.At.After(to) {
			continue
		}
		d := Decided{Instant: first, Count: -1, Last: to}
		if d.Decision, d.Reason = j.missed(to.Add(t.stable())); d.Decision != Dropped {
			d.Decision, d.Reason = Dropped, TooMany
		}
		all = append(all, d)
		m.Through = to
	}
	return all
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// condensed makes one record of all those of a decision and a reason that are
// too many.
func condensed(all []Decided) []Decided {
	if len(all) <= maxRecords {
		return all
	}
	type kind struct {
		decision Decision
		reason   Reason
	}
	count := map[kind]int{}
	for k := range all {
		count[kind{all[k].Decision, all[k].Reason}] += max(1, -all[k].Count)
	}
	first := map[kind]int{}
	var kept []Decided
	for _, d := range all {
		of := kind{d.Decision, d.Reason}
		if d.Starts() || count[of] <= maxRecords {
			kept = append(kept, d)
		} else if k, ok := first[of]; ok {
			kept[k].absorb(&d)
		} else {
			first[of] = len(kept)
			d.Count, d.Last = cmp.Or(d.Count, 1), d.end()
			kept = append(kept, d)
		}
	}
	return kept
}

// end is the last instant that d stands for.
func (d *Decided) end() time.Time {
	if d.Count != 0 {
		return d.Last
	}
	return d.At
}

// absorb makes d stand for a later one as well.
func (d *Decided) absorb(other *Decided) {
	n := max(d.Count, -d.Count, 1) + max(other.Count, -other.Count, 1)
	if d.Count < 0 || other.Count < 0 {
		n = -n
	}
	d.Count, d.Last = n, other.end()
}
