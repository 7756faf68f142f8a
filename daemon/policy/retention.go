package policy

import (
	"cmp"
	"slices"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// Kept is a run as retention sees it.
type Kept struct {
	ID        uint64
	Status    run.Status
	CreatedAt time.Time
	Live      bool   // it is not over, or something of it is still at work
	Parent    uint64 // of which it is a part; 0 is none, or one that is not there any more
}

// Expired lists the runs of one pipeline that are to be removed, the oldest
// first. Runs that live neither go nor count. A status with bounds of its own
// is kept by these alone; all others share the bounds of the pipeline. A child
// does not count: it stays while its parent does, and goes with it.
func Expired(r config.Retention, now time.Time, runs []Kept) (ids []uint64) {
	over := slices.DeleteFunc(slices.Clone(runs), func(k Kept) bool { return k.Live || !k.Status.Complete() })
	slices.SortFunc(over, func(a, b Kept) int { return cmp.Compare(b.ID, a.ID) })
	kept := map[string]int{}
	for _, k := range over {
		if k.Parent != 0 {
			continue
		}
		class, bounds := string(k.Status), config.KeepBounds{Age: r.Age, Count: r.Count}
		if own, ok := r.ByStatus[class]; ok {
			bounds = own
		} else {
			class = ""
		}
		if expired(bounds, now.Sub(k.CreatedAt), kept[class]) {
			ids = append(ids, k.ID)
		} else {
			kept[class]++
		}
	}
	slices.Reverse(ids)
	return withChildren(ids, over)
}

// withChildren adds to runs that go the children that go with them; a parent is
// older than its child.
func withChildren(ids []uint64, over []Kept) []uint64 {
	gone := map[uint64]bool{}
	for _, id := range ids {
		gone[id] = true
	}
	for _, k := range slices.Backward(over) {
		if k.Parent != 0 && gone[k.Parent] {
			gone[k.ID] = true
			ids = append(ids, k.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// expired judges a run of this age of which so many newer ones are kept.
func expired(b config.KeepBounds, age time.Duration, newer int) bool {
	return b.Age > 0 && age > b.Age || b.Count > 0 && newer >= b.Count
}
