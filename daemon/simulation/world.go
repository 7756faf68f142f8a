package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
)

// World is one run and the time in it. It is not safe for concurrent use.
type World struct {
	plan    *run.Plan
	began   time.Time
	now     time.Time
	last    time.Time // something happened
	name    string    // of the run, for people
	labels  map[string]string
	run     *run.Run
	groups  map[string][]int // the steps of each resource group
	given   []Given          // to each step, at the begin of its newest attempt
	alarms  alarms
	deeds   []func() error
	script  *script                     // nil: by hand
	history *History                    // nil: nobody keeps it
	observe func(run.Event, run.Change) // for tests; nil: nobody looks
}

// Given is what a step gets when an attempt of it begins.
type Given struct {
	With        map[string]any
	Environment map[string]string
}

// Begin makes the first run of a pipeline, or says all that stands against it:
// see plan.Resolve and plan.TriggerInputs.
func Begin(p *config.Pipeline, s config.Start) (*World, error) {
	request, err := asked(p, s)
	if err != nil {
		return nil, err
	}
	resolved, err := plan.Resolve(p, request)
	if err != nil {
		return nil, err
	}
	resolved.RunID, resolved.Number, resolved.Pipeline = 1, 1, p.Name
	for i := range resolved.Steps {
		resolved.Steps[i].Downstream = "" // no other run is there to stand for
	}
	w := Of(&resolved.Plan, s.At)
	w.name, w.labels = resolved.Name, resolved.Labels
	return w, nil
}

// Of makes a run of a plan.
func Of(p *run.Plan, at time.Time) *World {
	w := &World{plan: p, began: at, groups: map[string][]int{}}
	for i := range p.Steps {
		if group := p.Steps[i].ResourceGroup; group != "" {
			w.groups[group] = append(w.groups[group], i)
		}
	}
	w.reset()
	return w
}

// reset puts the world back to where the run was just created.
func (w *World) reset() {
	w.now, w.last, w.alarms = w.began, w.began, nil
	w.given = make([]Given, len(w.plan.Steps))
	created, change := run.New(w.plan, w.began, false)
	w.run = created
	w.follow(change)
}

// State is the run as it is. It is the world's own: it may be looked at.
func (w *World) State() *run.Run { return w.run }

// Given is what the newest attempt of step i got at its begin.
func (w *World) Given(i int) Given { return w.given[i] }

// Now is the time in the world.
func (w *World) Now() time.Time { return w.now }

// Undo takes back the last of Begin, End, Do and Wait; false where there is
// none.
func (w *World) Undo() bool {
	n := len(w.deeds)
	if n > 0 {
		w.rewind(n - 1)
	}
	return n > 0
}

// rewind makes the world what it was after the first n deeds.
func (w *World) rewind(n int) {
	w.reset()
	w.deeds = w.deeds[:n]
	for _, again := range w.deeds {
		if err := again(); err != nil {
			panic(fmt.Sprintf("simulation: what was done cannot be done again: %v", err))
		}
	}
}

// perform does something that may be undone. Where it fails in its midst
// nothing of it stays.
func (w *World) perform(deed func() error) error {
	if w.script != nil {
		return deed()
	}
	if err := deed(); err != nil {
		w.rewind(len(w.deeds))
		return err
	}
	w.deeds = append(w.deeds, deed)
	return nil
}

// apply advances the run by an event and does what the world owes it at once.
func (w *World) apply(ev run.Event) error {
	change, err := w.run.Apply(ev)
	if err != nil {
		return err
	}
	w.last = w.now
	if w.history != nil {
		w.history.Note(w.run, change)
	}
	if w.observe != nil {
		w.observe(ev, change)
	}
	w.follow(change)
	return w.obey(change)
}

// follow notes what a change lets come later.
func (w *World) follow(change run.Change) {
	for _, i := range change.Steps {
		w.watch(i)
	}
	w.watch(whole)
	if w.script != nil {
		w.script.ready(change.Ready)
	}
	for _, group := range w.contested(change.Steps) {
		w.grant(group)
	}
}

// contested are the resource groups of steps, in the order in which the daemon
// grants those that are free at the same time: which of their steps has the one
// slot that max_parallel may leave depends on it.
func (w *World) contested(steps []int) (groups []string) {
	for _, i := range steps {
		if group := w.plan.Steps[i].ResourceGroup; group != "" {
			groups = append(groups, group)
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// obey ends what was told to stop.
func (w *World) obey(change run.Change) error {
	for _, i := range change.Steps {
		if s := &w.run.Steps[i]; s.Status == run.Canceling {
			if err := w.end(i, run.Outcome{Status: run.Canceled}); err != nil {
				return err
			}
		}
	}
	return nil
}

// grant gives a resource group, where it is free, to the first who waits.
func (w *World) grant(group string) {
	claims := func(yield func(policy.Claim) bool) {
		for _, i := range w.groups[group] {
			if !yield(policy.Claim{Run: w.plan.RunID, Step: i, Status: w.run.Unmirrored(i)}) {
				return
			}
		}
	}
	if first, ok := policy.Grant(policy.Unordered, claims); ok {
		w.must(run.Grant{Step: first.Step, At: w.now})
	}
}

// must applies an event that follows from the state of the run.
func (w *World) must(ev run.Event) {
	if err := w.apply(ev); err != nil {
		panic(fmt.Sprintf("simulation: %T, which was due, is refused: %v", ev, err))
	}
}
