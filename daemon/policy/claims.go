package policy

import "container/heap"

// Claims is the line for one resource group: of each run the claim that comes
// first, as the mode orders a run's claims. It answers what [Grant] answers of
// all claims, and a claim costs no more than the logarithm of how many there
// are.
type Claims struct{ heap claimHeap }

// NewClaims is a line in which nobody stands.
func NewClaims(mode Mode) *Claims {
	return &Claims{claimHeap{mode: mode, at: map[uint64]int{}}}
}

// Mode is the order of the line.
func (l *Claims) Mode() Mode { return l.heap.mode }

// Put makes c the claim of its run. One that does not stand in line, for it has
// the group already or is not to take it, takes the run out.
func (l *Claims) Put(c Claim) {
	i, known := l.heap.at[c.Run]
	switch {
	case !l.heap.mode.stands(c.Status):
		l.Remove(c.Run)
	case known:
		l.heap.claims[i] = c
		heap.Fix(&l.heap, i)
	default:
		heap.Push(&l.heap, c)
	}
}

// Remove takes a run out, wherever it stands. One that is not there is no error.
func (l *Claims) Remove(run uint64) {
	if i, known := l.heap.at[run]; known {
		heap.Remove(&l.heap, i)
	}
}

// Next is the claim that gets the group if it is free now, and whether one
// does: none while the first in line is not ready to take it.
func (l *Claims) Next() (Claim, bool) {
	if len(l.heap.claims) == 0 {
		return Claim{}, false
	}
	first := l.heap.claims[0]
	return first, first.ready()
}

// Len is how many runs stand in line.
func (l *Claims) Len() int { return len(l.heap.claims) }

// claimHeap is a heap of claims, the first in line first, and where the claim of
// each run is in it.
type claimHeap struct {
	mode   Mode
	claims []Claim
	at     map[uint64]int
}

// Len, Less, Swap, Push and Pop are heap.Interface's.
func (h *claimHeap) Len() int { return len(h.claims) }

func (h *claimHeap) Less(i, j int) bool { return h.mode.compare(h.claims[i], h.claims[j]) < 0 }

func (h *claimHeap) Swap(i, j int) {
	h.claims[i], h.claims[j] = h.claims[j], h.claims[i]
	h.at[h.claims[i].Run], h.at[h.claims[j].Run] = i, j
}

func (h *claimHeap) Push(x any) {
	c := x.(Claim)
	h.at[c.Run] = len(h.claims)
	h.claims = append(h.claims, c)
}

func (h *claimHeap) Pop() any {
	last := len(h.claims) - 1
	c := h.claims[last]
	h.claims = h.claims[:last]
	delete(h.at, c.Run)
	return c
}
