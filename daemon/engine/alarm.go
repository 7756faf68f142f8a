package engine

import (
	"cmp"
	"container/heap"
	"time"

	"github.com/penstock/penstock/daemon/run"
)

// alarmID names what time has to tell something: a step, or with step -1 the
// run itself.
type alarmID struct {
	run  uint64
	step int
}

type alarm struct {
	id alarmID
	at time.Time
}

// alarms is a heap of what time has to tell, the next first, one for each id.
// It follows from the states of the runs, and is empty of those that are over.
// The zero value is ready to use.
type alarms struct {
	items []alarm
	index map[alarmID]int
}

// set makes at the time of an alarm; zero is never.
func (a *alarms) set(id alarmID, at time.Time) {
	i, known := a.index[id]
	switch {
	case known && at.IsZero():
		heap.Remove(a, i)
	case known && !a.items[i].at.Equal(at):
		a.items[i].at = at
		heap.Fix(a, i)
	case !known && !at.IsZero():
		heap.Push(a, alarm{id, at})
	}
}

// due takes an alarm whose time has come.
func (a *alarms) due(now time.Time) (alarmID, bool) {
	if len(a.items) == 0 || a.items[0].at.After(now) {
		return alarmID{}, false
	}
	return heap.Pop(a).(alarm).id, true
}

// next is the time of the next alarm; zero is never.
func (a *alarms) next() time.Time {
	if len(a.items) == 0 {
		return time.Time{}
	}
	return a.items[0].at
}

// Len, Less, Swap, Push and Pop are heap.Interface's.
func (a *alarms) Len() int { return len(a.items) }

// Less orders what has the same time as the plan has it, as a simulation does.
func (a *alarms) Less(i, j int) bool {
	x, y := &a.items[i], &a.items[j]
	return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.id.run, y.id.run), cmp.Compare(x.id.step, y.id.step)) < 0
}

func (a *alarms) Swap(i, j int) {
	a.items[i], a.items[j] = a.items[j], a.items[i]
	a.index[a.items[i].id], a.index[a.items[j].id] = i, j
}

func (a *alarms) Push(x any) {
	v := x.(alarm)
	if a.index == nil {
		a.index = map[alarmID]int{}
	}
	a.index[v.id] = len(a.items)
	a.items = append(a.items, v)
}

func (a *alarms) Pop() any {
	last := len(a.items) - 1
	v := a.items[last]
	a.items = a.items[:last]
	delete(a.index, v.id)
	return v
}

// setAlarm asks a run, or with -1 as step the run as a whole, when time has to
// tell it something.
func (e *Engine) setAlarm(l *live, step int) {
	e.alarms.set(alarmID{l.record.ID, step}, l.run.Alarm(step))
}

// ring tells the runs whose time has come. What one of them is told may take
// the reason from another; what comes due by it waits for the next turn.
func (t *turn) ring() {
	var due []alarmID
	for id, ok := t.alarms.due(t.now); ok; id, ok = t.alarms.due(t.now) {
		due = append(due, id)
	}
	for _, id := range due {
		l := t.live[id.run]
		if at := l.run.Alarm(id.step); at.IsZero() || at.After(t.now) {
			continue
		}
		if err := t.apply(l, run.Due{Step: id.step, At: t.now}); err != nil {
			t.log.Error("an alarm cannot be told", "run", id.run, "step", id.step, "error", err)
			continue
		}
		if id.step < 0 && l.run.State.TimedOut {
			t.endChildren(l, *l.run.State.Cancel)
		}
	}
}
