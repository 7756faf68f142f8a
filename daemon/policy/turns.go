package policy

import (
	"cmp"
	"slices"
)

// Turn is a run that has steps to begin.
type Turn struct {
	Run      uint64
	Pipeline uint64
	Priority int
}

// Turns is the order in which runs get free places: the highest priority
// first; among equals pipelines take turns, and within a pipeline its runs do.
// So neither a run of ten thousand steps nor a pipeline of a thousand runs
// holds up another of the same priority by more than one step. Who joins goes
// to the back. A run is in it once. The zero value is empty.
type Turns struct {
	levels []level // the highest priority first; none is empty
}

// level is the pipelines with runs of one priority, in turn.
type level struct {
	priority  int
	pipelines []*queue
	byID      map[uint64]*queue
}

// queue is the runs of one pipeline, in turn; it is never empty.
type queue struct {
	pipeline uint64
	runs     []uint64
}

// Join puts a run at the back.
func (t *Turns) Join(turn Turn) {
	i, found := t.level(turn.Priority)
	if !found {
		t.levels = slices.Insert(t.levels, i, level{priority: turn.Priority, byID: map[uint64]*queue{}})
	}
	l := &t.levels[i]
	q := l.byID[turn.Pipeline]
	if q == nil {
		q = &queue{pipeline: turn.Pipeline}
		l.byID[turn.Pipeline] = q
		l.pipelines = append(l.pipelines, q)
	}
	q.runs = append(q.runs, turn.Run)
}

// Front is the run whose turn it is.
func (t *Turns) Front() (run uint64, ok bool) {
	if len(t.levels) == 0 {
		return 0, false
	}
	return t.levels[0].pipelines[0].runs[0], true
}

// Pass ends the turn of the front: it got its place and goes to the back of its
// pipeline, and the pipeline to the back of the others.
func (t *Turns) Pass() {
	l := &t.levels[0]
	q := l.pipelines[0]
	q.runs = append(q.runs[1:], q.runs[0])
	l.pipelines = append(l.pipelines[1:], q)
}

// Leave takes the front out: it has nothing to begin. That costs its pipeline
// no turn.
func (t *Turns) Leave() {
	l := &t.levels[0]
	q := l.pipelines[0]
	t.Remove(Turn{Run: q.runs[0], Pipeline: q.pipeline, Priority: l.priority})
}

// Remove takes a run out, wherever it stands. One that is not there is no error.
func (t *Turns) Remove(turn Turn) {
	i, found := t.level(turn.Priority)
	if !found {
		return
	}
	l := &t.levels[i]
	q := l.byID[turn.Pipeline]
	if q == nil {
		return
	}
	q.runs = without(q.runs, turn.Run)
	if len(q.runs) > 0 {
		return
	}
	delete(l.byID, q.pipeline)
	l.pipelines = without(l.pipelines, q)
	if len(l.pipelines) == 0 {
		t.levels = slices.Delete(t.levels, i, i+1)
	}
}

// without is all but one, which costs nothing where that is the first.
func without[T comparable](all []T, one T) []T {
	switch i := slices.Index(all, one); i {
	case -1:
		return all
	case 0:
		return all[1:]
	default:
		return slices.Delete(all, i, i+1)
	}
}

// level is where the runs of a priority are, or belong.
func (t *Turns) level(priority int) (int, bool) {
	return slices.BinarySearchFunc(t.levels, priority, func(l level, priority int) int {
		return cmp.Compare(priority, l.priority)
	})
}

// Clone is the same order, to be played through.
func (t *Turns) Clone() *Turns {
	c := &Turns{}
	for _, l := range t.levels {
		copied := level{priority: l.priority, byID: map[uint64]*queue{}}
		for _, q := range l.pipelines {
			q = &queue{pipeline: q.pipeline, runs: slices.Clone(q.runs)}
			copied.pipelines = append(copied.pipelines, q)
			copied.byID[q.pipeline] = q
		}
		c.levels = append(c.levels, copied)
	}
	return c
}
