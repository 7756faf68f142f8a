package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
)

var (
	stories   = flag.Int("stories", 54, "how many random runs are compared with their simulations")
	firstSeed = flag.Uint64("story", 1, "the seed of the first of them")
	places    = flag.Int("places", 1, "how many steps have a place in those where places are scarce")
)

// tell lets runs of random pipelines live twice, in the simulation and in the
// daemons of l, several at a time.
func tell(t *testing.T, l *lives, n int) {
	t.Run("stories", func(t *testing.T) {
		for seed := *firstSeed; seed < *firstSeed+uint64(n); seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				story(t, l, seed, 0)
			})
		}
	})
}

// story is one such run: that of the first pipeline of the seed that can run.
// Places is how many steps the daemon lets work at a time; 0 is more than it wants.
func story(t *testing.T, l *lives, seed uint64, places int) {
	random := rand.New(rand.NewPCG(seed, 1))
	c := &client{socket: l.socket()}
	defer c.drop()
	for draft := range 200 {
		g := newGates(t)
		w := &twin{T: t, gates: g, client: c, number: 1, places: places, drawn: draw(random, fmt.Sprintf("p%d-%d", seed, draft), g, places > 0)}
		if w.begin(t.Context()) {
			if w.overlap != "" {
				w.overlaps(t.Context())
			} else {
				w.live(t.Context())
			}
			return
		}
	}
	t.Fatal("200 pipelines were refused")
}

func TestADaemonDoesWhatTheSimulationDoes(t *testing.T) {
	t.Parallel()
	n := *stories
	if testing.Short() {
		n = min(n, 5)
	}
	l := newLives(t, immortal, manyPlaces)
	tell(t, l, n)
	l.end(t)
}

// TestStepsThatWaitForPlaces has one story at a time: its steps alone want the places.
func TestStepsThatWaitForPlaces(t *testing.T) {
	t.Parallel()
	n := *stories / 10
	if testing.Short() {
		n = min(n, 2)
	}
	l := newLives(t, immortal, *places)
	for seed := *firstSeed; seed < *firstSeed+uint64(n); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { story(t, l, seed, *places) })
	}
	l.end(t)
}

func TestADaemonThatDiesAfterEachCommitDoesWhatTheSimulationDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	t.Parallel()
	l := newLives(t, everyCommit, manyPlaces)
	tell(t, l, min(*stories, 12))
	l.end(t)
	t.Logf("the daemon died %d times", l.count)
}

func TestADaemonThatDiesAnywhereDoesWhatTheSimulationDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	t.Parallel()
	l := newLives(t, anywhere(*firstSeed), manyPlaces)
	tell(t, l, min(*stories, 24))
	l.end(t)
	t.Logf("the daemon died %d times", l.count)
}
