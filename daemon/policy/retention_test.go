package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

var now = time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC)

const day = 24 * time.Hour

// kept is runs by age in hours, the oldest first, with ids from 1.
func kept(status run.Status, hours ...int) (all []Kept) {
	for i, h := range hours {
		all = append(all, Kept{ID: uint64(i + 1), Status: status, CreatedAt: now.Add(-time.Duration(h) * time.Hour)})
	}
	return all
}

// family is the runs 1, 3, 5, 6 and 8; 2 is a child of 1, 4 one of that, 7 one
// of 6.
func family() []Kept {
	all := kept(run.Success, 9, 8, 7, 6, 5, 4, 3, 2)
	all[1].Parent, all[3].Parent, all[6].Parent = 1, 2, 6
	return all
}

// living is some runs of which one lives.
func living(all []Kept, id uint64) []Kept {
	all[id-1].Live = true
	return all
}

func TestWhichRunsAreRemoved(t *testing.T) {
	mixed := kept(run.Success, 50, 49, 48, 47, 46, 1)
	mixed[1].Status, mixed[3].Status, mixed[4].Status = run.Failed, run.Failed, run.Canceled
	lives := kept(run.Success, 50, 40, 30)
	lives[0].Live, lives[1].Status = true, run.Running
	failures := map[string]config.KeepBounds{"failed": {Count: 1}, "canceled": {}}
	for _, c := range []struct {
		name      string
		retention config.Retention
		runs      []Kept
		want      string
	}{
		{"no bound", config.Retention{}, mixed, "[]"},
		{"a day: one of 25 hours goes, one of 24 stays", config.Retention{Age: day}, kept(run.Success, 25, 24, 1), "[1]"},
		{"the newest two stay", config.Retention{Count: 2}, kept(run.Success, 9, 8, 7, 6), "[1 2]"},
		{"fewer than may stay", config.Retention{Count: 9}, kept(run.Success, 9, 8), "[]"},
		{"either bound is enough", config.Retention{Age: day, Count: 2}, kept(run.Success, 30, 3, 2, 1), "[1 2]"},
		{"one that lives neither goes nor counts", config.Retention{Age: day, Count: 1}, lives, "[3]"},
		{"a status of its own", config.Retention{Age: 2 * day, ByStatus: failures}, mixed, "[1 2]"},
		{"it does not count for the others", config.Retention{Count: 2, ByStatus: failures}, mixed, "[1 2]"},
		{"bounds of nothing keep all", config.Retention{Age: day, ByStatus: failures}, kept(run.Canceled, 99, 98), "[]"},
		{"children go with their parents, and do not count", config.Retention{Count: 2}, family(), "[1 2 3 4 5]"},
		{"a child that lives stays", config.Retention{Count: 2}, living(family(), 4), "[1 2 3 5]"},
		{"in any order", config.Retention{Count: 1}, []Kept{mixed[5], mixed[0], mixed[2]}, "[1 3]"},
	} {
		if got := fmt.Sprint(Expired(c.retention, now, c.runs)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What stays is within the bounds, what goes is not, and a second look at what
// stays removes nothing.
func TestRetentionKeepsWhatItsBoundsSay(t *testing.T) {
	statuses := []run.Status{run.Success, run.Failed, run.Canceled, run.Skipped, run.Running}
	bounds := rapid.Custom(func(t *rapid.T) config.KeepBounds {
		return config.KeepBounds{
			Age:   time.Duration(rapid.IntRange(0, 4).Draw(t, "days")) * day,
			Count: rapid.IntRange(0, 4).Draw(t, "count"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		all := bounds.Draw(t, "all")
		r := config.Retention{Age: all.Age, Count: all.Count, ByStatus: map[string]config.KeepBounds{}}
		if rapid.Bool().Draw(t, "own") {
			r.ByStatus["failed"] = bounds.Draw(t, "failed")
		}
		var runs []Kept
		for id := range uint64(rapid.IntRange(0, 12).Draw(t, "runs")) {
			runs = append(runs, Kept{
				ID: id + 1, Status: rapid.SampledFrom(statuses).Draw(t, "status"),
				CreatedAt: now.Add(-time.Duration(rapid.IntRange(0, 5).Draw(t, "age")) * day),
				Live:      rapid.IntRange(0, 5).Draw(t, "live") == 0,
				Parent:    uint64(max(0, rapid.IntRange(-2*int(id)-1, int(id)).Draw(t, "parent"))),
			})
		}
		gone := Expired(r, now, runs)
		stay := slices.DeleteFunc(slices.Clone(runs), func(k Kept) bool { return slices.Contains(gone, k.ID) })
		if again := Expired(r, now, stay); len(again) > 0 {
			t.Fatalf("%v go at a second look", again)
		}
		for _, k := range runs {
			if k.Parent != 0 {
				if want := slices.Contains(gone, k.Parent) && !k.Live && k.Status.Complete(); slices.Contains(gone, k.ID) != want {
					t.Fatalf("%+v goes: %v", k, !want)
				}
				continue
			}
			checkKept(t, r, k, stay, slices.Contains(gone, k.ID))
		}
	})
}

func checkKept(t *rapid.T, r config.Retention, k Kept, stay []Kept, gone bool) {
	b, own := r.ByStatus[string(k.Status)]
	if !own {
		b = config.KeepBounds{Age: r.Age, Count: r.Count}
	}
	newer := 0
	for _, other := range stay {
		_, otherOwn := r.ByStatus[string(other.Status)]
		if other.ID > k.ID && other.Parent == 0 && !other.Live && other.Status.Complete() && (own && other.Status == k.Status || !own && !otherOwn) {
			newer++
		}
	}
	old := b.Age != 0 && k.CreatedAt.Before(now.Add(-b.Age))
	crowded := b.Count != 0 && newer >= b.Count
	if want := !k.Live && k.Status.Complete() && (old || crowded); gone != want {
		t.Fatalf("%+v with %+v and %d newer that stay: gone %v", k, b, newer, gone)
	}
}
