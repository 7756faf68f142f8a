package policy

import (
	"cmp"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// stamped is a second reading of the rules: of all that stand in line it is the
// turn of the highest priority, then of the pipeline that came, or was served,
// the longest ago, then of such a run of it.
type stamped struct {
	Turns
	clock     int
	runs      map[uint64]standing
	pipelines map[place]int
}

type standing struct {
	Turn
	since int
}

type place struct {
	priority int
	pipeline uint64
}

func (t Turn) place() place { return place{t.Priority, t.Pipeline} }

func (s *stamped) join(turn Turn) {
	s.clock++
	s.Join(turn)
	if !s.stands(turn.place()) {
		s.pipelines[turn.place()] = s.clock
	}
	s.runs[turn.Run] = standing{turn, s.clock}
}

func (s *stamped) stands(p place) bool {
	for _, r := range s.runs {
		if r.place() == p {
			return true
		}
	}
	return false
}

func (s *stamped) front() (first standing, ok bool) {
	for _, r := range s.runs {
		before := cmp.Or(
			cmp.Compare(first.Priority, r.Priority),
			cmp.Compare(s.pipelines[r.place()], s.pipelines[first.place()]),
			cmp.Compare(r.since, first.since),
		)
		if !ok || before < 0 {
			first, ok = r, true
		}
	}
	return first, ok
}

func (s *stamped) pass() {
	first, _ := s.front()
	s.Pass()
	s.clock++
	first.since = s.clock
	s.runs[first.Run], s.pipelines[first.place()] = first, s.clock
}

func TestTurnsAreTakenInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &stamped{runs: map[uint64]standing{}, pipelines: map[place]int{}}
		nonempty := func(do func()) func(*rapid.T) {
			return func(*rapid.T) {
				if len(s.runs) > 0 {
					do()
				}
			}
		}
		id := uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				id++
				s.join(Turn{
					Run: id, Pipeline: rapid.Uint64Range(1, 3).Draw(t, "pipeline"),
					Priority: rapid.IntRange(-1, 1).Draw(t, "priority"),
				})
			},
			"pass":  nonempty(s.pass),
			"clone": func(*rapid.T) { s.Turns = *s.Clone() },
			"leave": nonempty(func() {
				first, _ := s.front()
				s.Leave()
				delete(s.runs, first.Run)
			}),
			"remove": func(t *rapid.T) { // or not, where it is not there
				turn := Turn{
					Run: rapid.Uint64Range(1, id+1).Draw(t, "run"), Pipeline: rapid.Uint64Range(1, 3).Draw(t, "pipeline"),
					Priority: rapid.IntRange(-1, 1).Draw(t, "priority"),
				}
				if r, ok := s.runs[turn.Run]; ok && rapid.Bool().Draw(t, "there") {
					turn = r.Turn
				}
				s.Remove(turn)
				if r, ok := s.runs[turn.Run]; ok && r.Turn == turn {
					delete(s.runs, turn.Run)
				}
			},
			"": func(t *rapid.T) {
				want, some := s.front()
				if got, ok := s.Front(); ok != some || ok && got != want.Run {
					t.Fatalf("it is the turn of %d (%v), want %+v (%v)", got, ok, want, some)
				}
			},
		})
	})
}

// What a clone goes through is not seen in the original, nor the other way
// round.
func TestACloneIsPlayedThroughAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var original Turns
		for run := range rapid.Uint64Range(1, 12).Draw(t, "runs") {
			original.Join(Turn{Run: run, Pipeline: run % 2, Priority: int(run / 9)})
		}
		for range rapid.IntRange(0, 5).Draw(t, "passed") {
			original.Pass()
		}
		scripts := rapid.SliceOfN(rapid.SliceOfN(rapid.Bool(), 20, 20), 2, 2).Draw(t, "passes")
		first, second := original.Clone(), &original
		alone := [][]uint64{play(scripts[0], first.Clone()), play(scripts[1], second.Clone())}
		both := make([][]uint64, 2)
		for i := range scripts[0] {
			both[0] = append(both[0], play(scripts[0][i:i+1], first)...)
			both[1] = append(both[1], play(scripts[1][i:i+1], second)...)
		}
		if fmt.Sprint(both) != fmt.Sprint(alone) {
			t.Fatalf("side by side %v, alone %v", both, alone)
		}
	})
}

// play lets each front pass or leave, as the script says, and gives the order.
func play(passes []bool, t *Turns) (order []uint64) {
	for _, pass := range passes {
		run, ok := t.Front()
		order = append(order, run)
		switch {
		case ok && pass:
			t.Pass()
		case ok:
			t.Leave()
		}
	}
	return order
}

// Among equals, whatever the numbers of their runs, pipelines differ by one
// turn at most, and so do the runs of a pipeline.
func TestNobodyGetsMoreThanOneTurnMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var turns Turns
		pipelineOf, ofRun, ofPipeline := map[uint64]uint64{}, map[uint64]int{}, map[uint64]int{}
		id := uint64(0)
		for pipeline, n := range rapid.SliceOfN(rapid.IntRange(1, 5), 1, 4).Draw(t, "runs") {
			ofPipeline[uint64(pipeline)] = 0
			for range n {
				id++
				pipelineOf[id], ofRun[id] = uint64(pipeline), 0
				turns.Join(Turn{Run: id, Pipeline: uint64(pipeline)})
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "turns") {
			run, _ := turns.Front()
			turns.Pass()
			ofRun[run]++
			ofPipeline[pipelineOf[run]]++
			checkFair(t, ofPipeline)
			for p := range ofPipeline {
				same := map[uint64]int{}
				for r, n := range ofRun {
					if pipelineOf[r] == p {
						same[r] = n
					}
				}
				checkFair(t, same)
			}
		}
	})
}

func checkFair(t *rapid.T, turns map[uint64]int) {
	least, most := -1, 0
	for _, n := range turns {
		if least < 0 || n < least {
			least = n
		}
		most = max(most, n)
	}
	if most-least > 1 {
		t.Fatalf("turns %v", turns)
	}
}
