package arrival

import (
	"container/heap"
	"time"
)

// agenda is a heap of the watches that have something to do, by when they have.
// A watch that has nothing stands in none and costs nothing.
type agenda []*watch

// absent is the place of a watch that has nothing to do.
const absent = -1

// plan gives a watch its place by what it has to do now.
func (a *agenda) plan(one *watch) {
	due, busy := one.next()
	switch {
	case !busy:
		a.strike(one)
	case one.place == absent:
		one.due = due
		heap.Push(a, one)
	default:
		one.due = due
		heap.Fix(a, one.place)
	}
}

// strike takes a watch out.
func (a *agenda) strike(one *watch) {
	if one.place != absent {
		heap.Remove(a, one.place)
	}
}

// take takes those out that have something to do by now.
func (a *agenda) take(now time.Time) (due []*watch) {
	for len(*a) > 0 && !(*a)[0].due.After(now) {
		due = append(due, heap.Pop(a).(*watch))
	}
	return due
}

// Len is heap.Interface's.
func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].due.Before(a[j].due) }
func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].place, a[j].place = i, j
}

// Push is heap.Interface's.
func (a *agenda) Push(x any) {
	one := x.(*watch)
	one.place = len(*a)
	*a = append(*a, one)
}

// Pop is heap.Interface's.
func (a *agenda) Pop() any {
	last := len(*a) - 1
	one := (*a)[last]
	(*a)[last] = nil
	*a, one.place = (*a)[:last], absent
	return one
}
