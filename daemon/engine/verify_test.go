package engine

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

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
	running, holders, alarms := 0, map[string]int{}, 0
	for id, l := range e.live {
		for i := -1; i < len(l.run.Steps); i++ {
			at := l.run.Alarm(i)
			k, known := e.alarms.index[alarmID{id, i}]
			if known == at.IsZero() || known && !e.alarms.items[k].at.Equal(at) {
				faults = append(faults, fmt.Sprintf("the alarm of step %d of run %d is set: %v, want %s", i, id, known, at))
			}
			if known {
				alarms++
			}
		}
		for i := range l.run.Steps {
			if a := l.run.Steps[i].Latest(); a != nil && !a.Ended() && l.run.Plan.Steps[i].Downstream == "" {
				running++
			}
			if g := l.run.Plan.Steps[i].ResourceGroup; g != "" && policy.Holds(l.run.Unmirrored(i)) {
				holders[g]++
			}
		}
	}
	for name, n := range holders {
		if n > 1 {
			faults = append(faults, fmt.Sprintf("%d steps hold %s", n, name))
		}
	}
	if running != e.running || alarms != len(e.alarms.items) {
		faults = append(faults, fmt.Sprintf("%d attempts work, %d are counted; %d alarms, %d are set",
			running, e.running, alarms, len(e.alarms.items)))
	}
	return append(faults, e.misaligned()...)
}

// misaligned lists lines that are not as the runs are.
func (e *Engine) misaligned() (faults []string) {
	want, got := map[lineID]map[place][]uint64{}, map[lineID]map[place][]uint64{}
	put := func(to map[lineID]map[place][]uint64, id lineID, at place, run uint64) {
		if to[id] == nil {
			to[id] = map[place][]uint64{}
		}
		to[id][at] = append(to[id][at], run)
		slices.Sort(to[id][at])
	}
	for id, l := range e.live {
		if at := l.belongs(); at != outside {
			put(want, lineOf(&l.record), at, id)
		}
	}
	for id, in := range e.lines {
		for _, m := range in.Active() {
			put(got, id, active, m.Run)
		}
		for _, m := range in.Waiting() {
			put(got, id, waiting, m.Run)
		}
		if at := in.Active(); id.pipeline == 2 && len(at) > 2 {
			faults = append(faults, fmt.Sprintf("%d runs of weekly are at work, 2 may be", len(at)))
		}
	}
	if !reflect.DeepEqual(got, want) {
		faults = append(faults, fmt.Sprintf("the lines are %v, want %v", got, want))
	}
	return faults
}

// stuck lists runs that are owed nothing, have no alarm, and wait for nothing
// that has a name.
func (t *turn) stuck() (faults []string) {
	for id, l := range t.live {
		if !t.moves(l) {
			faults = append(faults, fmt.Sprintf("run %d stands still: %s, held %v", id, statuses(l.run), l.run.State.Held))
		}
	}
	for name, g := range t.groups {
		if claim, ok := policy.Grant(g.line.Mode(), g.claims(name)); ok {
			faults = append(faults, fmt.Sprintf("%s is free, and %+v waits for it", name, claim))
		}
		faults = append(faults, g.misled(name)...)
	}
	if id, ok := t.turns.Front(); ok && t.running < t.settings.MaxRunning && len(t.live[id].readySteps()) > 0 {
		faults = append(faults, fmt.Sprintf("a place is free, and run %d waits for it", id))
	}
	return faults
}

// misled lists what the line of g says otherwise than all claims do.
func (g *group) misled(name string) (faults []string) {
	want, some := policy.Grant(g.line.Mode(), g.claims(name))
	if next, ok := g.line.Next(); !g.held() && (ok != some || ok && next != want) {
		faults = append(faults, fmt.Sprintf("%s, %s: %+v (%v) by its line, %+v (%v) by all claims", name, g.line.Mode(), next, ok, want, some))
	}
	stand, held := map[uint64]bool{}, map[uint64]bool{}
	for _, c := range policy.InLine(g.line.Mode(), g.claims(name)) {
		stand[c.Run] = true
	}
	for c := range g.claims(name) {
		if policy.Holds(c.Status) {
			delete(stand, c.Run) // it has the group: its other steps come after it
			held[c.Run] = true
		}
	}
	if !maps.Equal(held, g.holders) {
		faults = append(faults, fmt.Sprintf("%s: runs %v have it by their statuses, %v by the group", name, held, g.holders))
	}
	if n := g.line.Len(); n != len(stand) {
		faults = append(faults, fmt.Sprintf("%s: %d runs stand in line, %d should", name, n, len(stand)))
	}
	return faults
}

// moves reports whether something will move l, or is known to hold it.
func (t *turn) moves(l *live) bool {
	if l.place == waiting {
		return len(t.line(lineOf(&l.record)).Active()) > 0
	}
	for i := range l.run.Steps {
		switch s := l.run.Steps[i].Status; {
		case len(l.run.Owed(i)) > 0, s == run.Scheduled, s == run.Manual:
			return true
		case s == run.Pending && t.running > 0:
			return true
		case s == run.WaitingForResource && t.named(l.run.Plan.Steps[i].ResourceGroup):
			return true
		}
	}
	return l.run.Settled()
}

// named reports whether somebody has a resource group, or holds up its line.
func (t *turn) named(group string) bool {
	r := t.resource(group, t.groups[group].line.Mode())
	return r.Holder != nil || r.Waiting[0].Status != run.WaitingForResource
}
