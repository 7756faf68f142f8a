package listener

import (
	"net/netip"
	"slices"
	"sync"
)

// places are how many may do something at a time: all, and each network. Where
// none is left somebody who yields gives its own up, of the network that has
// most of them whoever has yielded longest: so one that has many loses to one
// that has few, and one that is slow to one that has just come.
type places struct {
	most, mostEach int

	mu       sync.Mutex // protects the fields below, and those of each place
	taken    int
	each     map[netip.Prefix]int
	yielding []*place // whoever began first comes first
}

// place is one of them, until it is given up or back.
type place struct {
	of    *places
	from  netip.Prefix // the zero Prefix stands for many, who are bounded by the whole alone
	lost  bool
	leave func() // makes who has it go; nil: it does not yield
}

func newPlaces(most, mostEach int) *places {
	return &places{most: most, mostEach: mostEach, each: map[netip.Prefix]int{}}
}

// take takes a place, where there is one or somebody yields.
func (p *places) take(from netip.Prefix) (*place, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.room(from) {
		return nil, false
	}
	p.taken++
	p.each[from]++
	return &place{of: p, from: from}, true
}

// room makes room for one more of a network. The caller holds mu.
func (p *places) room(from netip.Prefix) bool {
	own := from.IsValid() && p.each[from] >= p.mostEach
	if !own && p.taken < p.most {
		return true
	}
	last := p.dispensable(func(q *place) bool { return !own || q.from == from })
	if last == nil {
		return false
	}
	last.leave()
	last.remove()
	return true
}

// dispensable is who is to go first of those who yield and may be asked; nil is
// nobody.
func (p *places) dispensable(may func(*place) bool) (last *place) {
	for _, q := range p.yielding {
		if may(q) && (last == nil || q.share() > last.share()) {
			last = q
		}
	}
	return last
}

// share is how many places the network has.
func (q *place) share() int {
	if !q.from.IsValid() {
		return 1
	}
	return q.of.each[q.from]
}

// yield lets somebody else have the place from now on. Then whoever has it
// hears it by leave, which must not wait and not come back here.
func (q *place) yield(leave func()) {
	q.of.mu.Lock()
	defer q.of.mu.Unlock()
	if q.lost {
		return
	}
	q.leave = leave
	q.of.yielding = append(q.of.yielding, q)
}

// keep ends that; it reports whether the place is still there. After it leave is
// not called any more.
func (q *place) keep() bool {
	q.of.mu.Lock()
	defer q.of.mu.Unlock()
	q.of.unlist(q)
	return !q.lost
}

// free gives the place back, if it was not given up.
func (q *place) free() {
	q.of.mu.Lock()
	defer q.of.mu.Unlock()
	if !q.lost {
		q.remove()
	}
}

// remove takes the place from whoever has it. The caller holds mu.
func (q *place) remove() {
	p := q.of
	q.lost = true
	p.unlist(q)
	p.taken--
	if p.each[q.from]--; p.each[q.from] == 0 {
		delete(p.each, q.from)
	}
}

func (p *places) unlist(q *place) {
	q.leave = nil
	p.yielding = slices.DeleteFunc(p.yielding, func(o *place) bool { return o == q })
}
