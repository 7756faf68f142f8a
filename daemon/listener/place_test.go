package listener

import (
	"fmt"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestPlaces(t *testing.T) {
	p := newPlaces(3, 2)
	a, b := netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("10.0.0.2/32")
	ofA, _ := p.take(a)
	p.take(a)
	if _, ok := p.take(a); ok {
		t.Error("a third of one caller")
	}
	ofB, ok := p.take(b)
	if !ok {
		t.Fatal("another caller has no place")
	}
	if _, ok := p.take(netip.Prefix{}); ok {
		t.Error("a fourth")
	}
	ofA.free()
	ofB.free()
	for range 2 { // whoever stands for many is bounded by the whole alone
		if _, ok := p.take(netip.Prefix{}); !ok {
			t.Error("no place is free")
		}
	}
	if p.taken != 3 || p.each[b] != 0 || p.each[a] != 1 {
		t.Errorf("%+v", p)
	}
}

func TestWhoYieldsGivesItsPlaceUp(t *testing.T) {
	p := newPlaces(4, 3)
	a, b, c := netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("10.0.0.2/32"), netip.MustParsePrefix("10.0.0.3/32")
	var left []string
	enter := func(name string, from netip.Prefix) *place {
		q, ok := p.take(from)
		if !ok {
			t.Fatalf("%s has no place", name)
		}
		q.yield(func() { left = append(left, name) })
		return q
	}
	enter("b", b)
	a1 := enter("a1", a)
	enter("a2", a)
	a3 := enter("a3", a)
	enter("c", c) // of those who have most, whoever has yielded longest
	if !a3.keep() {
		t.Error("who has a place cannot keep it")
	}
	enter("c2", c)
	enter("c3", c)
	a1.yield(func() { left = append(left, "a1 again") })
	if a1.keep() {
		t.Error("a place that was given up is kept")
	}
	a1.free()
	if got := fmt.Sprint(left); got != "[a1 a2 c]" || p.taken != 4 || p.each[a] != 1 {
		t.Errorf("%s left, of %+v", got, p)
	}
	enter("c4", c)
	if got := fmt.Sprint(left); got != "[a1 a2 c c2]" {
		t.Errorf("%s left", got)
	}
}

// Whatever is taken, lent and given back, no more are taken than there are, and
// somebody with fewer places than others who yield is never turned away.
func TestPlacesOfWhoeverComes(t *testing.T) {
	networks := []netip.Prefix{{}, netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("10.0.0.2/32"), netip.MustParsePrefix("10.0.0.3/32")}
	rapid.Check(t, func(t *rapid.T) {
		most, mostEach := rapid.IntRange(1, 6).Draw(t, "most"), rapid.IntRange(1, 4).Draw(t, "each")
		p := newPlaces(most, mostEach)
		has := map[*place]netip.Prefix{}
		lent := map[*place]bool{}
		var now struct {
			from netip.Prefix
			full bool
		}
		owns := func(n netip.Prefix) (taken, yields int) {
			for q, of := range has {
				if of == n {
					taken++
					if lent[q] {
						yields++
					}
				}
			}
			return taken, yields
		}
		share := func(q *place) int {
			if taken, _ := owns(has[q]); has[q].IsValid() {
				return taken
			}
			return 1
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			n := rapid.SampledFrom(networks).Draw(t, "network")
			own, ownYield := owns(n)
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				full := n.IsValid() && own >= mostEach
				now.from, now.full = n, full
				want := !full && (len(has) < most || len(lent) > 0) || full && ownYield > 0
				q, ok := p.take(n)
				if ok != want {
					t.Fatalf("took %v, want %v", ok, want)
				}
				if !ok {
					continue
				}
				has[q] = n
				if rapid.Bool().Draw(t, "lend") {
					lent[q] = true
					q.yield(func() {
						if !lent[q] {
							t.Fatal("who does not yield must go")
						}
						for other := range lent {
							if share(other) > share(q) && (now.from == has[other] || !now.full) {
								t.Fatalf("one of %d must go, and one of %d stays", share(q), share(other))
							}
						}
						delete(lent, q)
						delete(has, q)
					})
				}
			case 1:
				for q := range lent {
					if has[q] == n {
						if !q.keep() {
							t.Fatal("it was given up and nobody was told")
						}
						delete(lent, q)
						break
					}
				}
			case 2:
				for q := range has {
					if has[q] == n {
						delete(has, q)
						delete(lent, q)
						q.free()
						break
					}
				}
			}
			if p.taken != len(has) || p.taken > most {
				t.Fatalf("%d are taken, %d are had, of %d", p.taken, len(has), most)
			}
			for _, n := range networks[1:] {
				if own, _ := owns(n); own > mostEach || p.each[n] != own {
					t.Fatalf("%v has %d (%d), of %d", n, own, p.each[n], mostEach)
				}
			}
			if len(p.yielding) != len(lent) {
				t.Fatalf("%d yield, %d are known", len(lent), len(p.yielding))
			}
		}
	})
}
