package simulation

import (
	"container/heap"
	"time"

	"github.com/penstock/penstock/daemon/run"
)

// whole is the number of a run among its steps.
const whole = -1

// alarm is a time at which a step, or the run, is to be told that it has come.
// It counts only while the run still wants it.
type alarm struct {
	at   time.Time
	step int
}

// alarms are ordered by time, then by step.
type alarms []alarm

func (a alarms) Len() int      { return len(a) }
func (a alarms) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a alarms) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].step < a[j].step
}
func (a *alarms) Push(x any) { *a = append(*a, x.(alarm)) }
func (a *alarms) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// watch notes when a step, or the run, wants to be told that time has passed.
func (w *World) watch(step int) {
	if at := w.run.Alarm(step); !at.IsZero() {
		heap.Push(&w.alarms, alarm{at, step})
	}
}

// alarm is the next that counts; false where none does.
func (w *World) alarm() (alarm, bool) {
	for len(w.alarms) > 0 {
		first := w.alarms[0]
		if w.run.Alarm(first.step).Equal(first.at) {
			return first, true
		}
		heap.Pop(&w.alarms)
	}
	return alarm{}, false
}

// Wait lets time pass. Delays that end and timeouts that come meanwhile do so
// in their order.
func (w *World) Wait(d time.Duration) error {
	return w.perform(func() error {
		until := w.now.Add(d)
		for {
			next, ok := w.alarm()
			if !ok || next.at.After(until) {
				break
			}
			if err := w.ring(next); err != nil {
				return err
			}
		}
		w.now = until
		return nil
	})
}

// ring tells the run that a time has come.
func (w *World) ring(next alarm) error {
	heap.Pop(&w.alarms)
	if next.at.After(w.now) {
		w.now = next.at
	}
	return w.apply(run.Due{Step: next.step, At: w.now})
}
