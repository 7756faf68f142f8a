package engine

import (
	"fmt"
	"maps"

	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
)

// verify holds what the engine keeps between two turns against the states of
// its runs, and looks for a run that nothing will ever move.
func (d *daemon) verify() {
	d.Helper()
	var faults []string
	err := d.ask(d.ctx, func(t *turn) error {
		t.arbitrate() // what shares this turn may have changed something
		t.admit()
		faults = append(t.misplaced(), t.stuck()...)
		return nil
	})
	if err == nil && len(faults) > 0 {
		d.Fatalf("%q", faults)
	}
}

// misplaced lists what is derived and is not as the runs are.
func (e *Engine) misplaced() (faults []string) {
	fault := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	running, alarms := 0, map[alarmID]bool{}
	lines := map[lineID][2]map[uint64]bool{}
	holders := map[string]int{}
	for id, l := range e.live {
		of := lines[lineOf(&l.record)]
		for k, in := range []bool{l.belongs() == active, l.belongs() == waiting} {
			if of[k] == nil {
				of[k] = map[uint64]bool{}
			}
			if in {
				of[k][id] = true
			}
		}
		lines[lineOf(&l.record)] = of
		for i := -1; i < len(l.run.Steps); i++ {
			at := l.run.Alarm(i)
			k, known := e.alarms.index[alarmID{id, i}]
			if known == at.IsZero() || known && !e.alarms.items[k].at.Equal(at) {
				fault("the alarm of step %d of run %d is %v, want %s", i, id, known, at)
			}
			if known {
				alarms[alarmID{id, i}] = true
			}
			if i < 0 {
				continue
			}
			if a := l.run.Steps[i].Latest(); a != nil && !a.Ended() {
				running++
			}
			if g := l.run.Plan.Steps[i].ResourceGroup; g != "" && policy.Holds(l.run.Steps[i].Status) {
				holders[g]++
			}
		}
	}
	for id, want := range lines {
		got := e.lines[id]
		if got == nil {
			got = &line{}
		}
		for k, members := range [][]policy.Member{got.Active(), got.Waiting()} {
			in := map[uint64]bool{}
			for _, m := range members {
				in[m.Run] = true
			}
			if !maps.Equal(in, want[k]) {
				fault("line %+v is %v, want %v", id, in, want[k])
			}
		}
		if id.pipeline == 2 && len(want[0]) > 2 {
			fault("%d runs of weekly are at work, 2 may be", len(want[0]))
		}
	}
	for name, n := range holders {
		if n > 1 {
			fault("%d steps hold %s", n, name)
		}
	}
	if running != e.running || len(alarms) != len(e.alarms.items) {
		fault("%d attempts work, %d are counted; %d alarms, %d are set", running, e.running, len(alarms), len(e.alarms.items))
	}
	return faults
}

// stuck lists runs that are owed nothing, have no alarm, and wait for nothing
// that has a name.
func (e *Engine) stuck() (faults []string) {
	for id, l := range e.live {
		if !e.moves(l) {
			faults = append(faults, fmt.Sprintf("run %d stands still: %s, held %v", id, statuses(l.run), l.run.State.Held))
		}
	}
	for name, g := range e.groups {
		if claim, ok := policy.Grant(g.mode, g.claims(name)); ok {
			faults = append(faults, fmt.Sprintf("%s is free, and %+v waits for it", name, claim))
		}
	}
	if id, ok := e.turns.Front(); ok && e.running < e.settings.MaxRunning && len(e.live[id].pendingReady()) > 0 {
		faults = append(faults, fmt.Sprintf("a place is free, and run %d waits for it", id))
	}
	return faults
}

// moves reports whether something will move l, or is known to hold it.
func (e *Engine) moves(l *live) bool {
	if l.place == waiting {
		return len(e.line(lineOf(&l.record)).Active()) > 0
	}
	for i := range l.run.Steps {
		switch s := l.run.Steps[i].Status; {
		case len(l.run.Owed(i)) > 0, s == run.Scheduled, s == run.Manual:
			return true
		case s == run.Pending && e.running > 0:
			return true
		case s == run.WaitingForResource:
			if r := e.resource(l.run.Plan.Steps[i].ResourceGroup, e.groups[l.run.Plan.Steps[i].ResourceGroup].mode); r.Holder != nil ||
				r.Waiting[0].Status != run.WaitingForResource {
				return true
			}
		}
	}
	return l.run.Settled()
}
