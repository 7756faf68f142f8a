package engine

import (
	"fmt"

	"github.com/penstock/penstock/daemon/store"
)

// restore loads every live run, and derives what is kept of all of them.
func (e *Engine) restore() error {
	view := e.store.View()
	defer view.Close()
	resources, err := view.Resources()
	if err != nil {
		return err
	}
	for name, r := range resources {
		e.modes[name] = r.Mode
	}
	ids, err := view.Live()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := e.restoreRun(view, id); err != nil {
			return fmt.Errorf("run %d: %w", id, err)
		}
	}
	e.showLoad(len(e.live))
	return nil
}

func (e *Engine) restoreRun(view *store.View, id uint64) error {
	record, err := view.Run(id)
	if err != nil {
		return err
	}
	r, change, err := view.Restore(record)
	if err != nil {
		return err
	}
	l := newLive(record, r)
	l.over = record.State.Status.Complete()
	l.note(change.Settled(r), r.Ready())
	l.pending = r.Pending()
	e.pending += l.pending
	e.adopt(l)
	all := make([]int, len(r.Steps))
	for i := range r.Steps {
		all[i] = i
		if a := r.Steps[i].Latest(); a != nil && !a.Ended() && r.Plan.Steps[i].Downstream == "" {
			e.running++
		}
	}
	e.follow(l, all)
	return nil
}

// Owes reports whether an attempt of a run that lives still has to be launched,
// joined or sealed; step is its key. It may be asked before Run.
func (e *Engine) Owes(id uint64, step string, attempt int) bool {
	l := e.live[id]
	if l == nil {
		return false
	}
	for i := range l.run.Plan.Steps {
		if l.run.Plan.Key(i) == step {
			attempts := l.run.Steps[i].Attempts
			return attempt >= 1 && attempt <= len(attempts) && attempts[attempt-1].Log == nil
		}
	}
	return false
}
