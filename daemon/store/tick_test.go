package store

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// tickTimes are instants around which an encoding may break.
var tickTimes = []time.Time{
	{}, time.Unix(-1, 999_999_999), time.Unix(0, 0), time.Unix(0, 1), time.Unix(1, 0), time.Unix(255, 0), time.Unix(256, 0),
	instant, instant.Add(time.Nanosecond), time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
}

// TestALedgerIsNewestFirst holds pages of random ledgers against a sorted list;
// the neighbours' ticks are in none of them.
func TestALedgerIsNewestFirst(t *testing.T) {
	s, pipeline := openStore(t, t.TempDir()), uint64(0)
	rapid.Check(t, func(rt *rapid.T) {
		pipeline++
		want := drawLedger(rt, s, Ledger{pipeline, "nightly"})
		v := s.View()
		defer v.Close()
		var got []Tick
		for after := ""; ; after = got[len(got)-1].Place() {
			page := collect(rt, v.Ticks(pipeline, "nightly", after), rapid.IntRange(1, 3).Draw(rt, "page"))
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
		}
		if !slices.EqualFunc(got, want, func(a, b Tick) bool { return a.At.Equal(b.At) && a.Subject == b.Subject }) {
			rt.Fatalf("the ledger is\n%v, want\n%v", got, want)
		}
		until := rapid.SampledFrom(tickTimes).Draw(rt, "until")
		for _, tick := range want {
			if tick.At.After(until) {
				continue
			}
			first := collect(rt, v.TicksUntil(pipeline, "nightly", until), 1)
			if len(first) != 1 || !first[0].At.Equal(tick.At) {
				rt.Fatalf("until %s the first is %v, want %v", until, first, tick)
			}
			break
		}
	})
}

// drawLedger writes ticks of a trigger, and of its neighbours, and lists them.
func drawLedger(rt *rapid.T, s *Store, of Ledger) (all []Tick) {
	tx := s.Begin()
	defer tx.Discard()
	drawn := rapid.SliceOfNDistinct(rapid.Custom(func(rt *rapid.T) Tick {
		return Tick{
			Pipeline: of.Pipeline, Trigger: of.Trigger, At: rapid.SampledFrom(tickTimes).Draw(rt, "at"),
			Subject: rapid.SampledFrom([]string{"", "play", "7/success"}).Draw(rt, "subject"),
		}
	}), 0, 12, func(t Tick) string { return t.Place() }).Draw(rt, "ticks")
	for _, tick := range drawn {
		tx.PutTick(tick)
		for _, other := range []Tick{{Pipeline: of.Pipeline, Trigger: of.Trigger + "-2"}, {Pipeline: of.Pipeline + 1<<40, Trigger: of.Trigger}} {
			other.At = tick.At
			tx.PutTick(other)
		}
	}
	check(rt, tx.Commit())
	slices.SortFunc(drawn, func(a, b Tick) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Place(), b.Place())) })
	return drawn
}

// collect reads the first rows of a list.
func collect[T any](t interface {
	Helper()
	Fatal(...any)
}, all iter.Seq2[T, error], limit int) (got []T) {
	t.Helper()
	for v, err := range all {
		check(t, err)
		if got = append(got, v); len(got) == limit {
			break
		}
	}
	return got
}

func TestTicksAreFoundByTheirInstant(t *testing.T) {
	s := openStore(t, t.TempDir())
	one := Tick{Pipeline: 1, Trigger: "nightly", At: instant, Decision: "fired", Run: 7, DecidedAt: instant, Revision: 2}
	other := one
	other.Subject, other.Run = "play", 8
	put(t, s, func(tx *Tx) {
		tx.PutTick(one)
		tx.PutTick(other)
		got, err := tx.Tick(1, "nightly", instant, "")
		check(t, err)
		same(t, "what the transaction reads", got, one)
	})
	v := s.View()
	defer v.Close()
	for _, want := range []Tick{one, other} {
		got, err := v.Tick(1, "nightly", want.At.In(time.FixedZone("", 3600)), want.Subject)
		check(t, err)
		same(t, "the tick", got, want)
	}
	for _, absent := range []Tick{{Pipeline: 2, Trigger: "nightly", At: instant}, {Pipeline: 1, Trigger: "nightl", At: instant}, {Pipeline: 1, Trigger: "nightly", At: instant.Add(1)}} {
		if _, err := v.Tick(absent.Pipeline, absent.Trigger, absent.At, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("%+v: %v", absent, err)
		}
	}
	for _, err := range v.Ticks(1, "nightly", "zz") {
		if err == nil || !strings.Contains(err.Error(), "no place") {
			t.Errorf("a cursor that is none answered %v", err)
		}
	}
}

// TestWhatIsSurplusInALedger holds the ticks that go against a plain reading of
// the rule.
func TestWhatIsSurplusInALedger(t *testing.T) {
	s, pipeline := openStore(t, t.TempDir()), uint64(0)
	rapid.Check(t, func(rt *rapid.T) {
		pipeline++
		all := drawLedger(rt, s, Ledger{pipeline, "nightly"})
		times := rapid.SampledFrom(tickTimes)
		put := s.Begin()
		defer put.Discard()
		for i := range all {
			all[i].DecidedAt = times.Draw(rt, "decided")
			put.PutTick(all[i])
		}
		check(rt, put.Commit())
		keep, before := rapid.IntRange(0, 12).Draw(rt, "keep"), times.Draw(rt, "before")
		v := s.View()
		defer v.Close()
		got := collect(rt, v.Surplus(Ledger{pipeline, "nightly"}, keep, before), 99)
		var want []Tick
		for i, tick := range all {
			if i >= keep || tick.At.Before(before) && tick.DecidedAt.Before(before) {
				want = append(want, tick)
			}
		}
		if !slices.EqualFunc(got, want, func(a, b Tick) bool { return a.Place() == b.Place() }) {
			rt.Fatalf("of %v beyond %d and before %s go %v, want %v", all, keep, before, got, want)
		}
	})
}

func TestLedgersAndTheirForgetting(t *testing.T) {
	s := openStore(t, t.TempDir())
	put(t, s, func(tx *Tx) {
		for pipeline := range uint64(3) {
			for _, trigger := range []string{"a", "a-b", "a.b", "z"} {
				for n := range 5 {
					tx.PutTick(Tick{Pipeline: pipeline + 255, Trigger: trigger, At: instant.Add(time.Duration(n))})
				}
			}
		}
	})
	for _, want := range []bool{true, true, false} {
		put(t, s, func(tx *Tx) {
			more, err := tx.ForgetTicks(256, 8)
			check(t, err)
			if more != want {
				t.Errorf("more is %v, want %v", more, want)
			}
		})
	}
	put(t, s, func(tx *Tx) {
		for _, tick := range collect(t, tx.Ticks(257, "a.b", ""), 9) {
			tx.RemoveTick(tick)
		}
	})
	v := s.View()
	defer v.Close()
	all := []Ledger{{255, "a"}, {255, "a-b"}, {255, "a.b"}, {255, "z"}, {257, "a"}, {257, "a-b"}, {257, "z"}}
	same(t, "ledgers", collect(t, v.Ledgers(0), 99), all)
	same(t, "ledgers of a pipeline", collect(t, v.Ledgers(257), 99), all[4:])
	same(t, "some of them", collect(t, v.Ledgers(0), 2), all[:2])
	if n := len(collect(t, v.Ticks(257, "a", ""), 99)); n != 5 {
		t.Errorf("%d ticks are left of the neighbour", n)
	}
}
