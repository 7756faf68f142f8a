package policy

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/daemon/run"
)

func TestWhoGetsAResourceGroup(t *testing.T) {
	const waits, ready = run.WaitingForResource, run.Created
	claims := func(all ...Claim) []Claim { return all }
	for _, c := range []struct {
		name   string
		claims []Claim
		want   map[Mode]uint64 // the run that gets it; absent: none
	}{
		{"nobody wants it", claims(Claim{Run: 1, Status: ready}), nil},
		{"one holds it", claims(Claim{Run: 1, Status: run.Running}, Claim{Run: 2, Status: waits}), nil},
		{"one that is pending holds it", claims(Claim{Run: 2, Status: waits}, Claim{Run: 1, Status: run.Pending}), nil},
		{"one that is being canceled holds it", claims(Claim{Run: 2, Status: waits}, Claim{Run: 1, Status: run.Canceling}), nil},
		{"one that is over or manual does not", claims(
			Claim{Run: 1, Status: run.Success}, Claim{Run: 2, Status: run.Manual}, Claim{Run: 3, Status: waits}),
			map[Mode]uint64{Unordered: 3, OldestFirst: 3, NewestFirst: 3, NewestReadyFirst: 3}},
		{"the middle one is ready", claims(
			Claim{Run: 1, Status: ready}, Claim{Run: 2, Status: waits}, Claim{Run: 3, Status: run.Scheduled}),
			map[Mode]uint64{Unordered: 2, NewestReadyFirst: 2}},
		{"all are ready", claims(Claim{Run: 2, Status: waits}, Claim{Run: 1, Status: waits}, Claim{Run: 3, Status: waits}),
			map[Mode]uint64{Unordered: 1, OldestFirst: 1, NewestFirst: 3, NewestReadyFirst: 3}},
		{"priority counts where there is no order", claims(Claim{Run: 1, Status: waits}, Claim{Run: 2, Priority: 1, Status: waits}),
			map[Mode]uint64{Unordered: 2, OldestFirst: 1, NewestFirst: 2, NewestReadyFirst: 2}},
		{"within a run those that wait come first", claims(Claim{Run: 1, Step: 0, Status: ready}, Claim{Run: 1, Step: 1, Status: waits}),
			map[Mode]uint64{Unordered: 1, OldestFirst: 1, NewestFirst: 1, NewestReadyFirst: 1}},
	} {
		for _, mode := range append(Modes(), "") {
			want, some := c.want[mode]
			if mode == "" {
				want, some = c.want[Unordered]
			}
			if got, ok := Grant(mode, slices.Values(c.claims)); ok != some || got.Run != want && ok {
				t.Errorf("%s, %s: %+v, %v; want run %d", mode, c.name, got, ok, want)
			}
		}
	}
}

// Whoever gets a group waits for it, nobody else has it, and nobody who stands
// in line stood before.
func TestAGroupGoesToTheFirstInLine(t *testing.T) {
	statuses := []run.Status{
		run.Created, run.WaitingForResource, run.WaitingForResource, run.Scheduled, run.Manual, run.Success,
		run.Pending, run.Running, run.Canceling, run.Skipped,
	}
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom(Modes()).Draw(t, "mode")
		claims := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Claim {
			return Claim{
				Run: rapid.Uint64Range(1, 4).Draw(t, "run"), Step: rapid.IntRange(0, 9).Draw(t, "step"),
				Priority: rapid.IntRange(0, 1).Draw(t, "priority"), Status: rapid.SampledFrom(statuses).Draw(t, "status"),
			}
		}), 0, 8).Draw(t, "claims")
		held := slices.ContainsFunc(claims, func(c Claim) bool {
			return c.Status == run.Pending || c.Status == run.Running || c.Status == run.Canceling
		})
		line := InLine(mode, slices.Values(claims))
		got, ok := Grant(mode, slices.Values(claims))
		want := !held && len(line) > 0 && line[0].Status == run.WaitingForResource
		switch {
		case ok != want:
			t.Fatalf("held %v, line %+v: granted %v", held, line, ok)
		case ok && got != line[0]:
			t.Fatalf("%+v got it, %+v is the first", got, line[0])
		}
		checkOrder(t, mode, claims, line)
	})
}

func checkOrder(t *rapid.T, mode Mode, claims, line []Claim) {
	want := 0
	for _, c := range claims {
		early := c.Status == run.Created || c.Status == run.Scheduled
		if c.Status == run.WaitingForResource || early && (mode == OldestFirst || mode == NewestFirst) {
			want++
		}
	}
	if len(line) != want {
		t.Fatalf("%d stand in line, %d should", len(line), want)
	}
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		switch {
		case mode == OldestFirst && a.Run > b.Run,
			(mode == NewestFirst || mode == NewestReadyFirst) && a.Run < b.Run,
			mode == Unordered && (a.Priority < b.Priority || a.Priority == b.Priority && a.Run > b.Run),
			a.Run == b.Run && a.Priority == b.Priority && a.Status != b.Status && b.Status == run.WaitingForResource:
			t.Fatalf("%s: %+v stands before %+v", mode, a, b)
		}
	}
}
