package engine

import (
	"context"
	"errors"
	"time"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// Firing is a due instant of a trigger, and the run that it asks for.
type Firing struct {
	// Tick is the record of the instant; DecidedAt and Run are given by Fire. With
	// a Start its decision is Fired or CaughtUp; it becomes Skipped where the start
	// is refused.
	Tick  store.Tick
	Start *StartRequest // nil: nothing is to start
	// Due is when an instant of a schedule was due: what fell into a pause or a
	// freeze is skipped, over by now or not. Zero: only what holds now counts.
	Due time.Time
	// Mark is how far the trigger is accounted for from then on; nil: unchanged. A
	// mark never goes back, and keeps the anchor that it has.
	Mark *schedule.Mark
	// Patient leaves no record of a start that is refused: Err says why, and the
	// caller asks again when that is over.
	Patient  bool
	Backfill *Turn // that the instant is of; nil: of none
}

// Turn is the place of an instant in a backfill.
type Turn struct {
	Backfill uint64
	Index    int
}

// Fired is what became of a Firing.
type Fired struct {
	Tick store.Tick // as it is recorded
	Run  store.Run  // that it made; the zero value is none
	// Err is ErrFired where the instant has its record already, which Tick is then;
	// the mark is written all the same. With any other error nothing was written:
	// ErrRevision where Tick is of another revision than the current one, ErrNotFound
	// where the pipeline, the trigger or the backfill is gone, ErrDeleting where the
	// pipeline is about to be, ErrCanceled where the backfill was.
	Err error
}

var (
	// ErrFired: the instant has its record already.
	ErrFired = errors.New("it is decided already")
	// ErrCanceled: the backfill was canceled.
	ErrCanceled = errors.New("it was canceled")
)

// Fire decides instants in their order, all of them in one commit: each
// record, mark and run is written together or not at all. A start that is
// refused, because of a run that is not over, a pause or a freeze, makes a
// record that says so, and so does an instant that was due in a pause or a
// freeze which is over by now. What somebody asks for by hand, which a tick with an
// Actor is, does not mind the pause of the trigger alone.
func (e *Engine) Fire(ctx context.Context, all []Firing) ([]Fired, error) {
	var became []Fired
	if err := e.ask(ctx, func(t *turn) error {
		for i := range all {
			became = append(became, t.fire(&all[i]))
		}
		t.decided = append(t.decided, became...)
		return nil
	}); err != nil {
		return nil, err
	}
	return became, nil
}

// deciding is a Firing under way.
type deciding struct {
	*turn
	*Firing
	pipeline store.Pipeline
	trigger  store.Trigger
	backfill store.Backfill // with Firing.Backfill
}

// fire decides one instant. Where that is an error nothing of it is written.
func (t *turn) fire(f *Firing) Fired {
	mark := t.tx.Mark()
	d := deciding{turn: t, Firing: f}
	became, err := d.decide()
	if became.Err = err; err != nil && !errors.Is(err, ErrFired) {
		t.tx.Rollback(mark)
		return Fired{Err: err}
	}
	return became
}

// decide writes what becomes of the instant. Once its run is started nothing can
// fail any more, for a run cannot be taken back.
func (d *deciding) decide() (became Fired, err error) {
	if err := d.find(); err != nil {
		return became, err
	}
	became.Tick, err = d.tx.Tick(d.Tick.Pipeline, d.Tick.Trigger, d.Tick.At, d.Tick.Subject)
	if err == nil {
		d.advance(false)
		return became, ErrFired
	}
	if !errors.Is(err, store.ErrNotFound) {
		return became, err
	}
	became.Tick = d.Tick
	became.Run, err = d.act()
	if err = d.refused(&became.Tick, err); err != nil {
		return became, err
	}
	became.Tick.Run, became.Tick.DecidedAt = became.Run.ID, d.now
	d.tx.PutTick(became.Tick)
	d.advance(became.Run.ID != 0)
	return became, nil
}

// find reads what the instant is of.
func (d *deciding) find() (err error) {
	if d.pipeline, err = d.tx.Pipeline(d.Tick.Pipeline); err != nil {
		return wrapNotFound(err)
	}
	if d.isDeletingPipeline(d.pipeline.ID) {
		return ErrDeleting
	}
	if d.pipeline.Revision != d.Tick.Revision {
		return ErrRevision
	}
	if d.trigger, err = d.tx.Trigger(d.pipeline.ID, d.Tick.Trigger); err != nil {
		return wrapNotFound(err)
	}
	if d.Backfill == nil {
		return nil
	}
	d.backfill, err = d.tx.Backfill(d.Backfill.Backfill)
	switch {
	case err != nil:
		return wrapNotFound(err)
	case !d.backfill.CanceledAt.IsZero():
		return ErrCanceled
	case d.backfill.Next != d.Backfill.Index:
		return ErrFired
	}
	return nil
}

// act starts the run of the instant, where there is to be one. Its error is also
// why there could be none, whatever the text says.
func (d *deciding) act() (made store.Run, err error) {
	if err := d.heldWhenDue(); err != nil {
		return made, err
	}
	switch {
	case d.Start != nil:
		return d.start()
	case d.Tick.Reason == schedule.Refused: // what is not to start is not found wanting
		return made, d.held()
	}
	return made, nil
}

// heldWhenDue is the pause, or the freeze, that the instant fell into. Nobody
// need have been there: a machine that is down while everything is frozen makes
// up for nothing of it.
func (d *deciding) heldWhenDue() error {
	from, to := d.Due, d.Due
	if from.IsZero() || d.Tick.Reason == schedule.Blackout || d.Tick.Reason == schedule.Restored {
		return nil
	}
	if d.Tick.Count != 0 {
		to = d.Tick.Last
	}
	if p := d.trigger.Pause; p != nil && p.Covers(from, to) {
		return &PausedError{Pause: *p, Trigger: d.trigger.Name}
	}
	f, err := d.tx.Freeze()
	if err == nil && f != nil && f.Covers(from, to) {
		err = &FrozenError{*f}
	}
	if err != nil {
		return err
	}
	for _, p := range d.pipeline.Pauses {
		if p.Part == (store.Part{}) && p.Covers(from, to) {
			return &PausedError{Pause: p}
		}
	}
	return nil
}

// start starts the run of the instant.
func (d *deciding) start() (store.Run, error) {
	if err := d.pausedTrigger(); err != nil {
		return store.Run{}, err
	}
	record, _, err := d.turn.start(*d.Start)
	return record, err
}

// held is why the instant would start no run, whatever its text says.
func (d *deciding) held() error {
	if err := d.pausedTrigger(); err != nil {
		return err
	}
	if err := d.thawed(); err != nil {
		return err
	}
	return unpaused(&d.pipeline, d.now)
}

// pausedTrigger refuses what a paused trigger would start by itself.
func (d *deciding) pausedTrigger() error {
	if p := d.trigger.Paused(d.now); p != nil && d.Tick.Actor == "" {
		return &PausedError{Pause: *p, Trigger: d.trigger.Name}
	}
	return nil
}

// refused makes the record of a start that was refused, where there is to be
// one. An error that is no refusal stays.
func (d *deciding) refused(tick *store.Tick, err error) error {
	reason := reasonOf(err)
	if reason == "" || d.Patient {
		return err
	}
	tick.Decision, tick.Reason, tick.Message = schedule.Skipped, reason, err.Error()
	return nil
}

// reasonOf is the word for the error of a start; "" is none.
func reasonOf(err error) schedule.Reason {
	switch {
	case errors.Is(err, ErrFrozen):
		return schedule.Frozen
	case errors.Is(err, ErrPaused):
		return schedule.Paused
	case errors.Is(err, ErrOverlap):
		return schedule.Overlap
	}
	return ""
}

// advance writes how far the trigger, and the backfill, have come.
func (d *deciding) advance(started bool) {
	if m := d.Mark; m != nil {
		mark := &d.trigger.Mark
		if m.Through.After(mark.Through) {
			mark.Through = m.Through
		}
		mark.BootID = m.BootID
		d.tx.UpdateTrigger(d.trigger)
	}
	if d.Backfill == nil {
		return
	}
	d.backfill.Next++
	if started {
		d.backfill.Started++
	}
	if d.backfill.Next == d.backfill.Instants {
		d.backfill.DoneAt = d.now
	}
	d.tx.PutBackfill(d.backfill)
}
