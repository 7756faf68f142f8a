package main

import (
	"testing"
	"time"
)

// TestTwentyKills is the torture in short. The load that is asked for is low:
// a test machine does other things as well.
func TestTwentyKills(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	t.Parallel()
	p := plan{kills: 20, seed: uint64(time.Now().UnixNano()), rate: 10, running: 5}
	if err := torture(t.Context(), p, t.Output()); err != nil {
		t.Fatal(err)
	}
}

func TestTransitionsThatWatchersMissAreCounted(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     int
	}{
		{"", "created", 0},
		{"created", "pending", 1},
		{"created", "success", 3},
		{"pending", "failed", 2},
		{"running", "running", 0},
		{"created", "skipped", 1},
		{"running", "canceling", 1},
		{"canceling", "canceled", 1},
		{"created", "manual", 1},
		{"manual", "running", 2},
		{"running", "scheduled", 1},
	} {
		s := statuses{"x": c.from}
		if got := s.move("x", c.to); got != c.want {
			t.Errorf("from %q to %q: %d transitions, want %d", c.from, c.to, got, c.want)
		}
	}
}

func TestEffectsThatAreTornAreNoEvidence(t *testing.T) {
	e := newEffects("effects", nil)
	for _, words := range [][]string{nil, {"begin"}, {"end", "a/1/s/x/1", "hash"}, {"begin", "a", "begin", "b"}} {
		if e.take(words) == nil {
			t.Errorf("%q is taken for a trace", words)
		}
	}
}
