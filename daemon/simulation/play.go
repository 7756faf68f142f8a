package simulation

import (
	"cmp"
	"container/heap"
	"fmt"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// second is how long an attempt works of which no script tells.
const second = time.Second

// script is a story that tells itself: which steps wait for a place, which
// attempts end when.
type script struct {
	places   int // 0 is no bound
	busy     int
	outcomes map[int][]config.Outcome // step → of its attempts
	waiting  []int                    // steps that may begin, in their turn
	ends     ends
}

// ending is the end of an attempt that works.
type ending struct {
	at      time.Time
	order   int // of its begin
	step    int
	attempt int
	outcome run.Outcome
}

// ends are ordered by time, then by the order in which the attempts began.
type ends struct {
	heap  []ending
	begun int
}

func (e *ends) Len() int      { return len(e.heap) }
func (e *ends) Swap(i, j int) { e.heap[i], e.heap[j] = e.heap[j], e.heap[i] }
func (e *ends) Less(i, j int) bool {
	a, b := e.heap[i], e.heap[j]
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order)) < 0
}
func (e *ends) Push(x any) { e.heap = append(e.heap, x.(ending)) }
func (e *ends) Pop() any {
	last := e.heap[len(e.heap)-1]
	e.heap = e.heap[:len(e.heap)-1]
	return last
}

// Play lets the run go on by itself from here: steps begin while there are
// places (0 is no bound), and end as their scripts say; those without one
// succeed after a second. What is said of a cell goes before what is said of its
// matrix. Undo does not reach behind it.
func (w *World) Play(scripts []config.Script, places int) error {
	s := &script{places: places, outcomes: map[int][]config.Outcome{}}
	own := map[int]bool{}
	for _, one := range scripts {
		steps, err := w.find([]string{one.Step})
		if err != nil {
			return err
		}
		for _, i := range steps {
			if single := len(steps) == 1; single || !own[i] {
				s.outcomes[i], own[i] = one.Outcomes, single
			}
		}
	}
	s.ready(w.run.Ready())
	w.script, w.deeds = s, nil
	return nil
}

// Until lets everything happen that happens by itself up to a time, and before
// it: what people do then comes after what ends at the same moment.
func (w *World) Until(at time.Time) error {
	err := w.advance(&at)
	w.now = at
	return err
}

// Finish lets everything happen that happens by itself, until nothing does: the
// run has ended, or waits for a person.
func (w *World) Finish() error { return w.advance(nil) }

// maxTurns bounds what one run does by itself. More than steps × attempts
// cannot come, and 20,000 steps with 11 attempts are fewer.
const maxTurns = 1 << 20

// advance takes turn after turn, up to a time where there is one.
func (w *World) advance(until *time.Time) error {
	for range maxTurns {
		if err := w.launch(); err != nil {
			return err
		}
		more, err := w.turn(until)
		if err != nil || !more {
			return err
		}
	}
	return fmt.Errorf("the run does not come to rest: it has taken %d turns", maxTurns)
}

// launch begins the steps that may begin while there are places.
func (w *World) launch() error {
	s := w.script
	for len(s.waiting) > 0 && (s.places == 0 || s.busy < s.places) {
		i := s.waiting[0]
		s.waiting = s.waiting[1:]
		if !w.run.CanBegin(i) {
			continue // canceled while it waited; tried again since, it may stand behind max_parallel
		}
		if err := w.begin(i); err != nil {
			return err
		}
		w.work(i)
	}
	return nil
}

// work notes when the newest attempt of step i ends.
func (w *World) work(i int) {
	s, a := w.script, w.run.Steps[i].Latest()
	if a.Ended() {
		return // an output that it reads is missing
	}
	s.ends.begun++
	o, took := w.scripted(i, a.Number)
	heap.Push(&s.ends, ending{w.now.Add(took), s.ends.begun, i, a.Number, o})
}

// ending is the next end of an attempt that was not stopped before; false where
// there is none.
func (w *World) ending() (ending, bool) {
	ends := &w.script.ends
	for len(ends.heap) > 0 {
		first := ends.heap[0]
		if a := w.run.Steps[first.step].Latest(); a.Number == first.attempt && !a.Ended() {
			return first, true
		}
		heap.Pop(ends)
	}
	return ending{}, false
}

// scripted is how an attempt of step i ends, and after which time.
func (w *World) scripted(i, attempt int) (run.Outcome, time.Duration) {
	told := config.Outcome{Status: string(run.Success), Duration: second}
	if all := w.script.outcomes[i]; len(all) > 0 {
		told = all[min(attempt, len(all))-1]
	}
	if limit := w.plan.Steps[i].Timeout; limit > 0 && told.Duration > limit {
		return run.Outcome{Status: run.Failed, FailureReason: run.StepTimeout}, limit
	}
	return outcome(told), told.Duration
}

// turn does what comes next; false where nothing does, up to a time where
// there is one.
func (w *World) turn(until *time.Time) (more bool, err error) {
	ring, rings := w.alarm()
	end, ends := w.ending()
	ends = ends && (!rings || !end.at.After(ring.at))
	switch {
	case ends && (until == nil || !end.at.After(*until)):
		heap.Pop(&w.script.ends)
		w.now = end.at
		return true, w.end(end.step, end.outcome)
	case !ends && rings && (until == nil || !ring.at.After(*until)):
		return true, w.ring(ring)
	}
	return false, nil
}

// ready lets steps stand in line for a place.
func (s *script) ready(steps []int) { s.waiting = append(s.waiting, steps...) }
