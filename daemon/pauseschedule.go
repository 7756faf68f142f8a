package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/rpc"
)

// SchedulePause pauses the schedules, or triggers of other kinds, that a name means.
func (d *Daemon) SchedulePause(ctx context.Context, q *rpc.SchedulePauseRequest) (*rpc.SchedulesResponse, error) {
	pause, err := newPause(ctx, q.Reason, q.Until)
	if err != nil {
		return nil, err
	}
	return d.eachPlanned(q.Schedule, func(p planned) error {
		return d.engine.PauseTrigger(ctx, p.pipeline.ID, p.trigger.Name, pause)
	})
}

// ScheduleResume takes the pauses back of the triggers that a name means. Where
// none of them has one, nothing is changed.
func (d *Daemon) ScheduleResume(ctx context.Context, q *rpc.ScheduleResumeRequest) (*rpc.SchedulesResponse, error) {
	resumed := 0
	answer, err := d.eachPlanned(q.Schedule, func(p planned) error {
		err := d.engine.ResumeTrigger(ctx, p.pipeline.ID, p.trigger.Name)
		if errors.Is(err, engine.ErrNotPaused) {
			return nil
		}
		resumed++
		return err
	})
	if resumed > 0 {
		d.resumed()
	}
	if err != nil {
		return nil, err
	}
	answer.Unchanged = resumed == 0
	return answer, nil
}

// eachPlanned does something to each trigger that a name means, and answers
// with how they stand then.
func (d *Daemon) eachPlanned(name string, do func(planned) error) (*rpc.SchedulesResponse, error) {
	all, err := d.planned(name)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if err := do(p); err != nil {
			return nil, failure(err, fmt.Sprintf("schedule %q", p.name()))
		}
	}
	view := d.store.View()
	defer view.Close()
	if all, err = plannedNamed(view, name, anyKind...); err != nil {
		return nil, err
	}
	lines, err := d.scheduleLines(view, all)
	return &rpc.SchedulesResponse{Schedules: lines}, err
}

func (d *Daemon) planned(name string) ([]planned, error) {
	view := d.store.View()
	defer view.Close()
	return plannedNamed(view, name, anyKind...)
}
