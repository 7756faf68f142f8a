package engine

import (
	"maps"
	"slices"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// lineID names a line of runs.
type lineID struct {
	pipeline uint64
	subQueue string
}

// line is the runs of one pipeline and sub-queue that are not over.
type line struct {
	policy.Line
	replaceable map[uint64]*live // those that a newer run may make redundant
}

func lineOf(r *store.Run) lineID { return lineID{r.Pipeline, r.SubQueue} }

func (e *Engine) line(id lineID) *line {
	l := e.lines[id]
	if l == nil {
		l = &line{replaceable: map[uint64]*live{}}
		e.lines[id] = l
	}
	return l
}

// align puts a run where it belongs in its line.
func (e *Engine) align(l *live) {
	to := l.belongs()
	if to == l.place {
		return
	}
	id := lineOf(&l.record)
	in := e.line(id)
	if l.place != outside {
		in.Leave(l.member())
	}
	if to != outside {
		in.Enter(l.member(), to == waiting)
	}
	if mode := l.record.OnNewRun; to != outside && mode != "" && mode != config.CancelNone {
		in.replaceable[l.record.ID] = l
	} else {
		delete(in.replaceable, l.record.ID)
	}
	l.place = to
	e.moved[id] = true
}

// arbitrate lets held runs go on whose turn has come, and grants the resource
// groups that are free, until nothing more follows.
func (t *turn) arbitrate() {
	for len(t.moved)+len(t.contested) > 0 {
		t.releaseAll()
		t.grantAll()
	}
}

func (t *turn) releaseAll() {
	ids := slices.Collect(maps.Keys(t.moved))
	clear(t.moved)
	for _, id := range ids {
		t.releaseLine(id)
	}
}

// releaseLine lets the next one go on where its turn has come. That moves the
// line again.
func (t *turn) releaseLine(id lineID) {
	in := t.line(id)
	if m, ok := in.Next(); ok {
		if err := t.apply(t.live[m.Run], run.Release{At: t.now}); err != nil {
			t.log.Error("a run whose turn has come cannot go on", "run", m.Run, "error", err)
		}
	}
	if in.Empty() {
		delete(t.lines, id)
	}
}
