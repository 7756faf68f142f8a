package engine

import (
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// live is a run that is not settled.
type live struct {
	record store.Run
	run    *run.Run
	groups map[string]*stake // the resource groups that occur in it
	// spawning are steps that may begin and stand for other runs.
	spawning []int
	ready    []int         // steps that may begin, in the order of their turn; those that cannot any more are dropped when met
	pending  int           // steps that are pending
	turning  bool          // it is in the order of turns
	place    place         // in its line
	claiming bool          // its steps claim their resource groups; not those of one that is held
	over     bool          // it is, in the store
	observed run.Status    // that the observer has heard of
	gone     chan struct{} // closed when the engine has let go of it

	// Of this turn.
	dirty   bool
	revived bool // the store does not know yet that it lives again
	steps   []int
	seen    map[int]bool
}

// place is where a run stands in its line.
type place int

const (
	outside place = iota // it is over
	active
	waiting // it is held
)

func newLive(record store.Run, r *run.Run) *live {
	l := &live{record: record, run: r, seen: map[int]bool{}, gone: make(chan struct{}), observed: record.State.Status}
	for i := range r.Plan.Steps {
		if group := r.Plan.Steps[i].ResourceGroup; group != "" {
			l.claim(group, i)
		}
	}
	return l
}

// claim notes that step i is of a resource group.
func (l *live) claim(group string, i int) {
	if l.groups == nil {
		l.groups = map[string]*stake{}
	}
	s := l.groups[group]
	if s == nil {
		s = &stake{}
		l.groups[group] = s
	}
	s.steps = append(s.steps, i)
}

// note remembers what is to be written and may begin.
func (l *live) note(steps, ready []int) {
	for _, i := range steps {
		if !l.seen[i] {
			l.seen[i] = true
			l.steps = append(l.steps, i)
		}
	}
	for _, i := range ready {
		if l.run.Plan.Steps[i].Downstream != "" {
			l.spawning = append(l.spawning, i)
		} else {
			l.ready = append(l.ready, i)
		}
	}
}

// apply applies an event to l; what follows from it is the caller's.
func (l *live) apply(ev run.Event) error {
	change, err := l.run.Apply(ev)
	if err == nil {
		l.note(change.Steps, change.Ready)
	}
	return err
}

// member is l as its line sees it.
func (l *live) member() policy.Member {
	return policy.Member{Run: l.record.ID, Priority: l.record.Priority, Limit: l.record.Limit}
}

// belongs is where l is to stand in its line.
func (l *live) belongs() place {
	switch {
	case l.run.State.Held:
		return waiting
	case l.run.Complete(), isChild(&l.record):
		return outside
	}
	return active
}

// nextReady is the next step of l that can still begin; it takes those before
// it away.
func (l *live) nextReady() (int, bool) {
	for ; len(l.ready) > 0; l.ready = l.ready[1:] {
		if i := l.ready[0]; l.run.CanBegin(i) {
			return i, true
		}
	}
	return 0, false
}

// adopt lets the engine own l.
func (e *Engine) adopt(l *live) {
	e.live[l.record.ID] = l
	e.board.open(l)
	for name := range l.groups {
		e.group(name).runs[l.record.ID] = l
	}
}

// turn is l as the order of turns sees it.
func (l *live) turn() policy.Turn {
	return policy.Turn{Run: l.record.ID, Pipeline: l.record.Pipeline, Priority: l.record.Priority}
}

// drop lets go of a run that is settled.
func (e *Engine) drop(l *live) {
	delete(e.live, l.record.ID)
	if l.turning {
		e.turns.Remove(l.turn())
	}
	for name := range l.groups {
		e.leaveGroup(name, l)
	}
	e.board.end(l.record.ID)
	close(l.gone)
	e.settled(l.record.Pipeline)
}

// follow keeps what is derived from a run whose steps have changed: its place
// in its line, its turn, its alarms, and who may want its resource groups.
func (e *Engine) follow(l *live, steps []int) {
	e.align(l)
	if !l.turning && len(l.ready) > 0 {
		l.turning = true
		e.turns.Join(l.turn())
	}
	e.setAlarm(l, -1)
	for _, i := range steps {
		e.setAlarm(l, i)
		if group := l.run.Plan.Steps[i].ResourceGroup; group != "" && l.run.Steps[i].Status == run.WaitingForResource {
			l.groups[group].wait(i)
		}
	}
	e.contest(l, steps)
}

// contest tells their resource groups of steps of l that have changed; where l
// begins or ceases to claim them, all of its groups.
func (e *Engine) contest(l *live, steps []int) {
	if claiming := !l.run.State.Held; claiming != l.claiming {
		l.claiming = claiming
		for name := range l.groups {
			e.contestOne(name, l)
		}
		return
	}
	last := ""
	for _, i := range steps {
		if name := l.run.Plan.Steps[i].ResourceGroup; name != "" && name != last {
			e.contestOne(name, l)
			last = name
		}
	}
}

func (e *Engine) contestOne(name string, l *live) {
	e.groups[name].see(name, l)
	e.contested[name] = true
}
