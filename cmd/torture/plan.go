package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/penstock/penstock/daemon/crash"
)

// plan is what is asked of a torture.
type plan struct {
	kills   int
	seed    uint64
	rate    float64 // transitions a second
	running int     // steps
}

func defaultPlan() plan { return plan{kills: 300, seed: 1, rate: 50, running: 20} }

// kind is how a daemon dies.
type kind int

const (
	atRandom   kind = iota // some time after it answered
	atPoint                // at a named point
	inRecovery             // before it answers, if that takes so long
)

// death is how the next daemon is to die.
type death struct {
	kind  kind
	point string        // of package crash, with its count
	after time.Duration // of the answer; in recovery of the start
}

// deaths draws them: as many counted ones at random moments as at points.
type deaths struct {
	random  *rand.Rand
	counted [2]int // of atRandom and atPoint
}

func newDeaths(seed uint64) *deaths {
	return &deaths{random: rand.New(rand.NewPCG(seed, 2))}
}

func (d *deaths) next() death {
	switch {
	case d.random.IntN(5) == 0:
		return death{kind: inRecovery, after: time.Duration(d.random.IntN(int(250 * time.Millisecond)))}
	case d.counted[atRandom] <= d.counted[atPoint]:
		return death{kind: atRandom, after: 200*time.Millisecond + time.Duration(d.random.IntN(int(1200*time.Millisecond)))}
	}
	points := crash.Points()
	return death{kind: atPoint, point: fmt.Sprintf("%s:%d", points[d.random.IntN(len(points))], d.pass())}
}

// pass is the pass of a point that kills: often one of the first, which falls
// into recovery, else one under load.
func (d *deaths) pass() int {
	if d.random.IntN(3) == 0 {
		return 1 + d.random.IntN(3)
	}
	return 4 + d.random.IntN(80)
}
