package agenda

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// chore is due at a number; of two that are due at once that of the lower name
// comes first.
type chore struct {
	Place
	due, name int
}

func (c *chore) Compare(o *chore) int {
	return cmp.Or(cmp.Compare(c.due, o.due), cmp.Compare(c.name, o.name))
}

// Whatever is put, moved and removed: the first is the first of a sorted list,
// each is there once, and in the end they come in that order.
func TestTheyComeAsASortOrdersThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Agenda[*chore]
		all := make([]*chore, 8)
		for name := range all {
			all[name] = &chore{name: name}
		}
		var there []*chore
		for range rapid.IntRange(1, 60).Draw(t, "acts") {
			one := rapid.SampledFrom(all).Draw(t, "chore")
			there = slices.DeleteFunc(there, func(o *chore) bool { return o == one })
			if rapid.IntRange(0, 3).Draw(t, "act") == 0 {
				a.Remove(one)
			} else {
				one.due, there = rapid.IntRange(0, 5).Draw(t, "due"), append(there, one)
				a.Put(one)
			}
			slices.SortFunc(there, (*chore).Compare)
			checkFirst(t, &a, there)
		}
		for len(there) > 0 {
			a.Remove(there[0])
			there = there[1:]
			checkFirst(t, &a, there)
		}
	})
}

func checkFirst(t *rapid.T, a *Agenda[*chore], sorted []*chore) {
	first, ok := a.First()
	if a.Len() != len(sorted) || ok != (len(sorted) > 0) || ok && first != sorted[0] {
		t.Fatalf("%d are there, the first is %+v; want %d, %+v", a.Len(), first, len(sorted), sorted)
	}
}

func TestWhatIsRemovedIsNotHeldOnTo(t *testing.T) {
	var a Agenda[*chore]
	one := &chore{}
	a.Put(one)
	a.Remove(one)
	if kept := a.things[:1][0]; kept != nil || one.behind != 0 {
		t.Errorf("it holds on to %v, which stands at %d", kept, one.behind)
	}
	a.Remove(one) // it is nowhere
}
