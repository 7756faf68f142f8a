package daemon

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/daemon/upcoming"
	"github.com/penstock/penstock/rpc"
)

// ScheduleNext says when schedules will be due.
func (d *Daemon) ScheduleNext(_ context.Context, q *rpc.ScheduleNextRequest) (*rpc.ScheduleNextResponse, error) {
	if q.Count < 0 || q.Count > upcoming.MaxCount {
		return nil, rpc.Errorf(rpc.CodeInvalid, "count %d: want 1 to %d, or 0 for 10", q.Count, upcoming.MaxCount)
	}
	view := d.store.View()
	defer view.Close()
	all, err := plannedNamed(view, q.Schedule, config.OnSchedule)
	if err != nil {
		return nil, err
	}
	answer := &rpc.ScheduleNextResponse{Schedules: []rpc.ScheduleInstants{}}
	for _, p := range all {
		told, err := d.instants(view, p, q)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("schedule %q", p.name()))
		}
		answer.Schedules = append(answer.Schedules, told)
	}
	return answer, nil
}

func (d *Daemon) instants(view *store.View, p planned, q *rpc.ScheduleNextRequest) (told rpc.ScheduleInstants, err error) {
	if told.Schedule, err = d.scheduleLine(view, p); err != nil {
		return told, err
	}
	t, err := d.schedules.timetable(&p.trigger)
	if err != nil {
		return told, err
	}
	mark, until := p.trigger.Mark, time.Time{}
	mark.Through = time.Now()
	if q.From != nil {
		mark.Through = *q.From
	}
	if rests := told.Schedule.RestsUntil; rests != nil && rests.After(mark.Through) {
		mark.Through = *rests // nothing before it is due
	}
	if q.Until != nil {
		until = *q.Until
	}
	told.Instants, told.More = upcoming.Instants(t, mark, until, cmp.Or(q.Count, 10))
	return told, nil
}
