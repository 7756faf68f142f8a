package arrival

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever comes up and is done, those are taken that have something to do, and
// the first of the others says how long there is rest.
func TestTheAgendaHasWhoeverHasSomethingToDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_000_000, 0)
		var all []*watch
		var a plans
		for range rapid.IntRange(1, 6).Draw(t, "watches") {
			all = append(all, &watch{book: newBook(time.Minute)})
		}
		for range rapid.IntRange(1, 30).Draw(t, "acts") {
			one := rapid.SampledFrom(all).Draw(t, "watch")
			later := now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "seconds")) * time.Second)
			switch rapid.IntRange(0, 5).Draw(t, "act") {
			case 0:
				one.again = true
			case 1:
				one.stale = later
			case 2:
				one.book.see(File{Path: rapid.StringMatching("[ab]").Draw(t, "path"), Stamp: Stamp{ModTime: now}}, true, now)
			case 3:
				one.book.lose(rapid.StringMatching("[ab]").Draw(t, "path"))
			case 4:
				a.Remove(one)
				one.again, one.stale, one.book = false, time.Time{}, newBook(time.Minute)
			case 5:
				now = later
				checkTaken(t, all, a.take(now), now)
			}
			a.plan(one)
			checkFirst(t, all, &a)
		}
	})
}

// todo is when a watch has something to do: at once where take is to be called,
// else when its directories are doubted or the first of its files has settled.
func todo(one *watch) (at time.Time, busy bool) {
	if one.again {
		return time.Time{}, true
	}
	times := []time.Time{one.stale}
	for _, e := range one.book.files {
		if e.state == settling {
			times = append(times, e.due)
		}
	}
	for _, t := range times {
		if !t.IsZero() && (!busy || t.Before(at)) {
			at, busy = t, true
		}
	}
	return at, busy
}

// checkTaken wants those to be taken that have something to do by now, and does
// it.
func checkTaken(t *rapid.T, all, taken []*watch, now time.Time) {
	is := map[*watch]bool{}
	for _, one := range taken {
		is[one] = true
	}
	for i, one := range all {
		at, busy := todo(one)
		if want := busy && !at.After(now); want != is[one] {
			t.Fatalf("watch %d is taken: %v; it has something to do: %v, at %v", i, is[one], busy, at)
		}
		if is[one] {
			one.again, one.stale, one.book = false, time.Time{}, newBook(time.Minute)
		}
	}
}

// checkFirst wants the first of the agenda to be the earliest of all.
func checkFirst(t *rapid.T, all []*watch, a *plans) {
	n := 0
	var first time.Time
	for _, one := range all {
		if at, busy := todo(one); busy {
			if n++; n == 1 || at.Before(first) {
				first = at
			}
		}
	}
	if one, _ := a.First(); a.Len() != n || n > 0 && !one.due.Equal(first) {
		t.Fatalf("%d stand in it, want %d, the first at %v", a.Len(), n, first)
	}
}
