// Package agenda keeps things in the order in which they are due.
//
// A thing in an [Agenda] knows its place there. So it is moved, or taken out,
// without a search: whoever keeps a hundred thousand schedules, or as many files
// that settle, pays a few comparisons for each that changes. A thing that is due
// at no time stands in no agenda and costs nothing.
//
// When a thing is due, and which of two that are due at once comes first, is the
// thing's own to say. The package asks no clock, and guards nothing: an agenda
// belongs to one goroutine, or to the lock of its owner.
package agenda

import "container/heap"

// Place is where a thing stands in an agenda. A struct that embeds it can stand
// in one; the zero Place is nowhere.
type Place struct {
	behind int // 1 + the index in the heap; 0 is nowhere
}

func (p *Place) place() *Place { return p }

// Thing is a pointer to a struct with a Place. Compare is negative where it comes
// before the other; what it says of a thing may change only before the thing is
// Put again.
type Thing[T any] interface {
	Compare(other T) int
	place() *Place
}

// Agenda is the order of some things. The zero value is empty. A thing stands in
// one agenda at a time.
type Agenda[T Thing[T]] struct{ things things[T] }

// Put gives a thing its place by when it is due now, whether or not it had one.
func (a *Agenda[T]) Put(one T) {
	if at := one.place().behind; at > 0 {
		heap.Fix(&a.things, at-1)
	} else {
		heap.Push(&a.things, one)
	}
}

// Remove takes a thing out, if it is there.
func (a *Agenda[T]) Remove(one T) {
	if at := one.place().behind; at > 0 {
		heap.Remove(&a.things, at-1)
	}
}

// First is the thing that is due first; false where there is none.
func (a *Agenda[T]) First() (one T, ok bool) {
	if len(a.things) == 0 {
		return one, false
	}
	return a.things[0], true
}

// Len is how many things there are.
func (a *Agenda[T]) Len() int { return len(a.things) }

// things is the heap.
type things[T Thing[T]] []T

// Len, Less, Swap, Push and Pop are heap.Interface's.
func (t things[T]) Len() int           { return len(t) }
func (t things[T]) Less(i, j int) bool { return t[i].Compare(t[j]) < 0 }
func (t things[T]) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].place().behind, t[j].place().behind = i+1, j+1
}

func (t *things[T]) Push(x any) {
	one := x.(T)
	*t = append(*t, one)
	one.place().behind = len(*t)
}

func (t *things[T]) Pop() any {
	var none T
	last := len(*t) - 1
	one := (*t)[last]
	(*t)[last] = none // or it would stay in memory
	*t = (*t)[:last]
	one.place().behind = 0
	return one
}
