package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
)

var (
	stories   = flag.Int("stories", 60, "how many random runs are compared with their simulations")
	firstSeed = flag.Uint64("story", 1, "the seed of the first of them")
)

// tell lets runs of random pipelines live twice, in the simulation and in the
// daemons of l, several at a time.
func tell(t *testing.T, l *lives, n int) {
	t.Run("stories", func(t *testing.T) {
		for seed := *firstSeed; seed < *firstSeed+uint64(n); seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				story(t, l, seed)
			})
		}
	})
}

// story is one such run: that of the first pipeline of the seed that can run.
func story(t *testing.T, l *lives, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	c := &client{socket: l.socket()}
	defer c.drop()
	for draft := range 200 {
		g := newGates(t)
		w := &twin{T: t, gates: g, client: c, drawn: draw(random, fmt.Sprintf("p%d-%d", seed, draft), g)}
		if w.begin(t.Context()) {
			w.live(t.Context())
			return
		}
	}
	t.Fatal("200 pipelines were refused")
}

func TestADaemonDoesWhatTheSimulationDoes(t *testing.T) {
	n := *stories
	if testing.Short() {
		n = min(n, 5)
	}
	l := newLives(t, immortal)
	tell(t, l, n)
	l.end(t)
}

func TestADaemonThatDiesAfterEachCommitDoesWhatTheSimulationDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	l := newLives(t, everyCommit)
	tell(t, l, min(*stories, 12))
	l.end(t)
	t.Logf("the daemon died %d times", l.count)
}

func TestADaemonThatDiesAnywhereDoesWhatTheSimulationDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	l := newLives(t, anywhere(*firstSeed))
	tell(t, l, min(*stories, 24))
	l.end(t)
	t.Logf("the daemon died %d times", l.count)
}
