package scheduler

import (
	"cmp"
	"container/heap"
	"time"
)

// entry is a schedule with its place among those that wait.
type entry struct {
	Schedule
	pipeline uint64
	due      time.Time
	index    int  // in the heap, or absent
	replaced bool // by Put, meanwhile
}

const absent = -1

// waiting is the heap of the schedules that will be due.
type waiting []*entry

func (w waiting) Len() int { return len(w) }

func (w waiting) Less(i, j int) bool {
	a, b := w[i], w[j]
	return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.pipeline, b.pipeline), cmp.Compare(a.Trigger, b.Trigger)) < 0
}

func (w waiting) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].index, w[j].index = i, j
}

func (w *waiting) Push(x any) {
	e := x.(*entry)
	e.index = len(*w)
	*w = append(*w, e)
}

func (w *waiting) Pop() any {
	all := *w
	e := all[len(all)-1]
	all[len(all)-1] = nil
	*w, e.index = all[:len(all)-1], absent
	return e
}

// remove takes an entry out for good.
func (w *waiting) remove(e *entry) {
	e.replaced = true
	if e.index != absent {
		heap.Remove(w, e.index)
	}
}
