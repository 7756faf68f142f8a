package simulation

import "github.com/penstock/penstock/daemon/run"

// History is the statuses that a run had, and each of its stages and steps, in
// their order and none twice in a row. What works at the same time in a real
// daemon ends in an order that nobody knows; the history of one step, and the
// last of each, does not depend on that, if its rules do not. So histories are
// what a daemon and a simulation are compared by.
type History struct {
	Run    []run.Status
	Stages map[string][]run.Status // by name
	Steps  map[string][]run.Status // by key: see run.Plan.Key
}

// Record keeps the history of the run from here on. What Undo takes back has
// happened all the same.
func (w *World) Record() *History {
	h := &History{Stages: map[string][]run.Status{}, Steps: map[string][]run.Status{}}
	all := make([]int, len(w.plan.Steps))
	for i := range all {
		all[i] = i
	}
	h.Note(w.run, run.Change{Steps: all})
	w.history = h
	return h
}

// Note adds how a run stands after a change.
func (h *History) Note(r *run.Run, c run.Change) {
	h.Run = follow(h.Run, r.State.Status)
	for _, i := range c.Steps {
		key := r.Plan.Key(i)
		h.Steps[key] = follow(h.Steps[key], r.Steps[i].Status)
		stage := r.Plan.Steps[i].Stage
		name := r.Plan.Stages[stage].Name
		h.Stages[name] = follow(h.Stages[name], r.StageStatus(stage))
	}
}

func follow(all []run.Status, s run.Status) []run.Status {
	if n := len(all); n > 0 && all[n-1] == s {
		return all
	}
	return append(all, s)
}
