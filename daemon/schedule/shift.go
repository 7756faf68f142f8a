package schedule

import (
	"container/heap"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/penstock/penstock/config/cron"
)

const (
	// maxShift is how many days an instant is moved at most.
	maxShift = 31
	// reach is how far apart, at most, an instant and the one that it is moved to
	// are: maxShift days of clocks that are changed meanwhile.
	reach = (maxShift + 2) * 24 * time.Hour
	// maxShiftedADay bounds what has to be looked at to know one instant.
	maxShiftedADay = 96
)

// checkShift refuses to move what is no matter of days.
func (c *compiled) checkShift() error {
	if c.shift == 0 {
		return nil
	}
	if c.expression.Kind() == cron.Reboot {
		return errors.New("shift: a boot is not moved to another day")
	}
	first, ok := c.expression.Next(time.Time{}, time.UTC, time.Time{})
	at := first
	for n := 0; ok && at.At.Sub(first.At) < 24*time.Hour; n++ {
		if n == maxShiftedADay {
			return fmt.Errorf("shift: %s is due more than %d times a day; what is moved is due a few times at most", c.rule.Expression, maxShiftedADay)
		}
		at, ok = c.expression.Next(at.At, time.UTC, time.Time{})
	}
	return nil
}

// shifted visits the instants after a mark where calendars move them. Those
// that meet become one. What moves may overtake others: an instant is given
// once none can come before it any more.
func (t Timetable) shifted(m Mark) iter.Seq[Instant] {
	return func(yield func(Instant) bool) {
		var waiting queue
		for o := range t.nominal(movable(m), m.Anchor) {
			certain := o.At
			if t.shift < 0 {
				certain = certain.Add(-reach)
			}
			if !waiting.release(certain, m.Through, yield) {
				return
			}
			heap.Push(&waiting, t.move(t.instant(o)))
		}
		waiting.release(never, m.Through, yield)
	}
}

// never is later than all that is written.
var never = time.Date(10_001, 1, 1, 0, 0, 0, 0, time.UTC)

// movable is the time from which on an instant may be moved to one after the
// mark. What the expression names before the rule held is nobody's.
func movable(m Mark) time.Time {
	from := m.Through.Add(-reach)
	if m.Anchor.After(from) && !m.Anchor.After(m.Through) {
		return m.Anchor
	}
	return from
}

// move moves an instant that calendars take away to the same time of the next,
// or previous, day on which it counts. Where there is none it stays, excluded.
func (t Timetable) move(i Instant) Instant {
	if !i.Excluded.Any() {
		return i
	}
	for n := 1; n <= maxShift; n++ {
		o := at(i.Wall.AddDate(0, 0, n*t.shift), t.zone)
		if !t.within(o.At) {
			break
		}
		if !t.excluded(o.At).Any() {
			return Instant{At: o.At, Wall: o.Wall, Anomaly: o.Anomaly, ShiftedFrom: []time.Time{i.At.In(t.zone)}}
		}
	}
	return i
}

// at is the instant of a time on the wall, by the rules of @at.
func at(wall time.Time, zone *time.Location) cron.Occurrence {
	once, err := cron.Parse(wall.Format("@at 2006-01-02T15:04:05"))
	if err != nil {
		return cron.Occurrence{} // beyond the years that are written: within no rule
	}
	o, _ := once.Prev(wall.AddDate(0, 0, 3), zone, time.Time{})
	return o
}

// queue is a heap of instants, the earliest first.
type queue []Instant

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].At.Before(q[j].At) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(Instant)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// release gives the instants before a time that are after another, and reports
// whether more are wanted.
func (q *queue) release(before, after time.Time, yield func(Instant) bool) bool {
	for q.Len() > 0 && (*q)[0].At.Before(before) {
		one := q.next()
		if one.At.After(after) && !yield(one) {
			return false
		}
	}
	return true
}

// next takes the earliest instant and all that are moved to it.
func (q *queue) next() Instant {
	one := heap.Pop(q).(Instant)
	for q.Len() > 0 && (*q)[0].At.Equal(one.At) {
		other := heap.Pop(q).(Instant)
		one.ShiftedFrom = append(one.ShiftedFrom, other.ShiftedFrom...)
	}
	slices.SortFunc(one.ShiftedFrom, time.Time.Compare)
	return one
}
