package engine

import (
	"container/heap"

	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
)

// stake is what a live run has in a resource group.
type stake struct {
	steps   []int   // those of the group, in the order of the plan
	waiting indices // of them, those that wait for it, and some that did
}

// indices is a heap, the lowest first.
type indices []int

// wait notes that step i waits for the group.
func (s *stake) wait(i int) { heap.Push(&s.waiting, i) }

// first is the first step that waits; there is one.
func (s *stake) first(r *run.Run) int {
	for r.Steps[s.waiting[0]].Status != run.WaitingForResource {
		heap.Pop(&s.waiting)
	}
	return s.waiting[0]
}

// head is the claim by which l stands in line for a resource group: that of the
// first step that waits, else of one that may come to wait. The others stand behind
// it wherever it stands, and are not looked at; nor is any while a step of l has it.
func (l *live) head(group string) (c policy.Claim, ok bool) {
	s := l.groups[group]
	c = policy.Claim{Run: l.record.ID, Priority: l.record.Priority}
	switch have, wait, may := l.run.Claims(group); {
	case have > 0:
		return c, false
	case wait > 0:
		c.Step, c.Status = s.first(l.run), run.WaitingForResource
	case may > 0:
		c.Step, c.Status = s.steps[0], run.Created // whichever it is, nothing is granted to it yet
	default:
		return c, false
	}
	return c, true
}

// Len, Less, Swap, Push and Pop are heap.Interface's.
func (n indices) Len() int { return len(n) }

func (n indices) Less(i, j int) bool { return n[i] < n[j] }

func (n indices) Swap(i, j int) { n[i], n[j] = n[j], n[i] }

func (n *indices) Push(i any) { *n = append(*n, i.(int)) }

func (n *indices) Pop() any {
	last := len(*n) - 1
	i := (*n)[last]
	*n = (*n)[:last]
	return i
}
