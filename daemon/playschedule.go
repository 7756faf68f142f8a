package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// between is how long a schedule that was played is not played again.
const between = time.Minute

// handPlay is the subject of the record of a play.
const handPlay = "play"

// SchedulePlay starts a run of a schedule now. How far the schedule has come
// stays as it is.
func (d *Daemon) SchedulePlay(ctx context.Context, q *rpc.SchedulePlayRequest) (*rpc.SchedulePlayResponse, error) {
	if err := errors.Join(checkNote(q.Note), d.checkDisk()); err != nil {
		return nil, failure(err, "schedule play")
	}
	d.playing.Lock() // two at the same time are two within the minute
	defer d.playing.Unlock()
	p, err := d.playable(q.Schedule, time.Now())
	if err != nil {
		return nil, err
	}
	name, uid := actor(ctx)
	now := time.Now()
	record, err := d.play(ctx, p, now, &request{trigger: p.trigger.Name, cause: store.Cause{
		Source: store.BySchedule, Actor: name, UID: uid, Note: q.Note, Trigger: p.trigger.Name, ScheduledAt: now,
	}})
	if err != nil {
		return nil, failure(err, fmt.Sprintf("schedule %q", p.name()))
	}
	view := d.store.View()
	defer view.Close()
	line, err := d.scheduleLine(view, p)
	return &rpc.SchedulePlayResponse{Run: summarize(record, p.pipeline.Name, now), Schedule: line}, failure(err, "schedule")
}

// playable finds the one schedule that a name means, unless it was played a
// moment ago.
func (d *Daemon) playable(name string, now time.Time) (planned, error) {
	view := d.store.View()
	defer view.Close()
	p, err := onlyPlanned(view, name)
	if err != nil {
		return p, err
	}
	for t, err := range view.Ticks(p.pipeline.ID, p.trigger.Name, "") {
		if err != nil {
			return p, failure(err, fmt.Sprintf("the ledger of %q", p.name()))
		}
		left := between - now.Sub(t.At)
		if left <= 0 {
			break
		}
		if t.Subject == handPlay && left <= between {
			return p, rpc.Errorf(rpc.CodeConflict, "%s was played by %s a moment ago: once a minute at most, so again in %d s",
				p.name(), t.Actor, int(left.Seconds())+1)
		}
	}
	return p, nil
}

// play fires the instant that is now. What refuses the run leaves no record:
// who asked is told.
func (d *Daemon) play(ctx context.Context, p planned, now time.Time, r *request) (store.Run, error) {
	for {
		pipeline, definition, err := d.current(p.pipeline.Name)
		if err != nil {
			return store.Run{}, err
		}
		start, err := resolve(pipeline, definition, r)
		if err != nil {
			return store.Run{}, err
		}
		became, err := d.engine.Fire(ctx, []engine.Firing{{Patient: true, Start: &start, Tick: store.Tick{
			Pipeline: pipeline.ID, Trigger: p.trigger.Name, At: now, Subject: handPlay, Decision: schedule.Fired,
			Actor: r.cause.Actor, Revision: pipeline.Revision,
		}}})
		if err != nil {
			return store.Run{}, err
		}
		if !errors.Is(became[0].Err, engine.ErrRevision) { // else somebody applied a text meanwhile: theirs is to run
			return became[0].Run, became[0].Err
		}
	}
}
