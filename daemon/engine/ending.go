package engine

import (
	"errors"

	"github.com/penstock/penstock/daemon/store"
)

// noteEnd does what belongs to the end of a run and is committed with it: its
// trigger is paused, and those who wait for it are owed the news. A run that
// ends, goes on and ends within one turn has ended once.
func (t *turn) noteEnd(l *live) {
	was := l.over
	l.over = l.run.Complete()
	if was || !l.over || isChild(&l.record) {
		return
	}
	if err := errors.Join(t.pauseAfter(l), t.announce(l)); err != nil {
		t.log.Error("what belongs to the end of a run cannot be done", "run", l.record.ID, "error", err)
	}
}

// announce records the end of a run that triggers wait for.
func (t *turn) announce(l *live) error {
	pipeline, err := t.tx.Pipeline(l.record.Pipeline)
	if err != nil {
		return err
	}
	followed, known := t.followed[pipeline.Name]
	if !known {
		if followed, err = t.tx.Followed(pipeline.Name); err != nil {
			return err
		}
		t.followed[pipeline.Name] = followed
	}
	if !followed {
		return nil
	}
	s := &l.run.State
	t.tx.PutEnding(store.Ending{
		Run: l.record.ID, Pipeline: pipeline.ID, Sequence: s.Sequence, Status: s.Status, FinishedAt: s.FinishedAt,
	})
	if !t.rings {
		t.rings = true
		t.after = append(t.after, t.Engine.ended)
	}
	return nil
}
