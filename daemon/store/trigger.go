package store

import (
	"encoding/binary"
	"errors"
	"iter"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/schedule"
)

// Trigger is what the daemon keeps of a trigger of a current revision: what it
// must know without reading the text, and how far it has come.
type Trigger struct {
	Pipeline uint64             `json:"pipeline"`
	Name     string             `json:"name"`
	Kind     config.TriggerKind `json:"kind"`
	Rule     *schedule.Rule     `json:"rule,omitempty"` // with config.OnSchedule
	Mark     schedule.Mark      `json:"mark,omitzero"`  // with config.OnSchedule
	After    *config.After      `json:"after,omitempty"`
	Files    *config.Files      `json:"files,omitempty"`
	Key      string             `json:"key,omitempty"`
	Pause    *Pause             `json:"pause,omitempty"` // of the trigger alone; Part is empty
	// PauseOnFailure is as in the text.
	PauseOnFailure bool `json:"pause_on_failure,omitempty"`
}

// Paused is the pause of t, and not of its pipeline, that holds now; nil is none.
func (t *Trigger) Paused(now time.Time) *Pause {
	if t.Pause == nil || t.Pause.Over(now) {
		return nil
	}
	return t.Pause
}

// PutTrigger writes a trigger of a pipeline.
func (tx *Tx) PutTrigger(t Trigger) error {
	old, err := tx.Trigger(t.Pipeline, t.Name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	tx.unmark(old)
	tx.put(triggerKey(t.Pipeline, t.Name), t)
	if t.After != nil {
		tx.put(followerKey(t.After.Pipeline, t.Pipeline, t.Name), true)
	}
	tx.markUses(t)
	return nil
}

// markUses writes the marks of the calendars that a trigger uses.
func (tx *Tx) markUses(t Trigger) {
	for _, calendar := range t.Rule.Calendars() {
		tx.put(userKey(calendar, t.Pipeline, t.Name), true)
	}
}

// UpdateTrigger writes how far a trigger has come and what people decided of it:
// what it waits for is as it was.
func (tx *Tx) UpdateTrigger(t Trigger) { tx.put(triggerKey(t.Pipeline, t.Name), t) }

// RemoveTrigger removes a trigger; its ticks stay.
func (tx *Tx) RemoveTrigger(t Trigger) {
	tx.unmark(t)
	tx.remove(triggerKey(t.Pipeline, t.Name))
}

// unmark removes the marks of a trigger that waits for another pipeline, or uses
// calendars.
func (tx *Tx) unmark(t Trigger) {
	if t.After != nil {
		tx.remove(followerKey(t.After.Pipeline, t.Pipeline, t.Name))
	}
	for _, calendar := range t.Rule.Calendars() {
		tx.remove(userKey(calendar, t.Pipeline, t.Name))
	}
}

// Trigger reads a trigger of a pipeline.
func (r *reader) Trigger(pipeline uint64, name string) (t Trigger, err error) {
	return t, r.get(triggerKey(pipeline, name), &t)
}

// TriggersOf lists the triggers of a pipeline by name; in a Tx those that it has
// put come last.
func (r *reader) TriggersOf(pipeline uint64) (all []Trigger, err error) {
	return list[Trigger](r, number("x/", pipeline))
}

// Triggers visits the triggers of all pipelines.
func (r *reader) Triggers() iter.Seq2[Trigger, error] {
	return visitAll[Trigger](r, []byte("x/"))
}

// KeyTrigger finds the trigger of a pipeline that describes the calls with the
// trigger keys of a name. A Tx does not see one that it has added itself.
func (r *reader) KeyTrigger(pipeline uint64, key string) (Trigger, error) {
	for t, err := range visitAll[Trigger](r, number("x/", pipeline)) {
		if err != nil || t.Kind == config.OnKey && t.Key == key {
			return t, err
		}
	}
	return Trigger{}, ErrNotFound
}

// Followed reports whether a trigger waits for the ends of the pipeline of a
// name. A Tx does not see those that it has put itself.
func (r *reader) Followed(upstream string) (found bool, err error) {
	prefix := followers(upstream)
	return found, r.scan(prefix, prefix, func(_, _ []byte) error {
		found = true
		return errStop
	})
}

// Followers lists the triggers that wait for the ends of the pipeline of a name,
// the oldest pipeline first.
func (r *reader) Followers(upstream string) (all []Trigger, err error) {
	prefix := followers(upstream)
	return all, r.scan(prefix, prefix, func(key, _ []byte) error {
		rest := key[len(prefix):]
		t, err := r.Trigger(binary.BigEndian.Uint64(rest), string(rest[8:]))
		all = append(all, t)
		return err
	})
}
