package engine

import (
	"context"
	"maps"
	"slices"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
)

// Standing is where a live run stands among the others: what holds it, or its
// steps, that it cannot know of itself. All of it is of one moment.
type Standing struct {
	Line   *Line       // with a run that waits for its turn
	Groups []Resource  // for which a step of the run waits
	Places Places      // of the daemon
	Before map[int]int // how many steps get a place before each of the run's that could begin
}

// Line is what a run waits for that is held.
type Line struct {
	SubQueue string
	Overlap  config.Overlap
	Active   []Reference // the runs at work, the oldest first
	Before   []Reference // those whose turn comes before, in their order
}

// Places are how many attempts may work at a time, and do.
type Places struct{ All, Taken int }

// Look shows a live run, as it is in that moment, and where it stands: nobody
// has to ask again because it has moved on meanwhile. It answers false where the
// run is over. The loop waits for show, which must neither change nor keep the
// run.
func (e *Engine) Look(ctx context.Context, id uint64, show func(*run.Run, Standing)) (live bool, err error) {
	err = e.ask(ctx, func(t *turn) error {
		t.arbitrate() // what shares its turn may have changed something
		t.admit()
		if l := t.live[id]; l != nil {
			live = true
			show(l.run, t.standing(l))
		}
		return nil
	})
	return live && err == nil, err
}

func (t *turn) standing(l *live) Standing {
	s := Standing{
		Before: t.before(l),
		Places: Places{All: t.settings.MaxRunning, Taken: t.running},
	}
	if l.place == waiting {
		s.Line = t.lineBefore(l)
	}
	for _, name := range slices.Sorted(maps.Keys(l.groups)) {
		if _, wait, _ := l.run.Claims(name); wait > 0 {
			s.Groups = append(s.Groups, t.resource(name, t.groups[name].line.Mode()))
		}
	}
	return s
}

// lineBefore is the line of a run that waits in it.
func (t *turn) lineBefore(l *live) *Line {
	in := t.line(lineOf(&l.record))
	return &Line{
		SubQueue: l.record.SubQueue, Overlap: config.Overlap{Policy: l.record.Overlap, Limit: l.record.Limit},
		Active: t.references(in.Active()), Before: t.references(in.Before(l.member())),
	}
}

func (t *turn) references(members []policy.Member) (all []Reference) {
	for _, m := range members {
		all = append(all, t.reference(t.live[m.Run]))
	}
	return all
}

// before plays through how places will be given, as far as l has steps that
// could begin.
func (e *Engine) before(l *live) map[int]int {
	before, turns, ready := map[int]int{}, e.turns.Clone(), map[uint64][]int{}
	given, own := 0, len(l.readySteps())
	for id, ok := turns.Front(); ok && own > 0; id, ok = turns.Front() {
		if _, known := ready[id]; !known {
			ready[id] = e.live[id].readySteps()
		}
		if len(ready[id]) == 0 {
			turns.Leave()
			continue
		}
		if id == l.record.ID {
			before[ready[id][0]] = given
			own--
		}
		ready[id] = ready[id][1:]
		turns.Pass()
		given++
	}
	return before
}

// readySteps lists the steps of l that can begin, in the order of their turn.
func (l *live) readySteps() (steps []int) {
	seen := map[int]bool{}
	for _, i := range l.ready {
		if l.run.CanBegin(i) && !seen[i] {
			seen[i] = true
			steps = append(steps, i)
		}
	}
	return steps
}
