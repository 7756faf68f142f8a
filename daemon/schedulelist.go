package daemon

import (
	"context"
	"fmt"

	"github.com/penstock/penstock/rpc"
)

// ScheduleList lists schedules.
func (d *Daemon) ScheduleList(ctx context.Context, q *rpc.ScheduleListRequest) (*rpc.ScheduleListResponse, error) {
	limit, err := limitOf(q.Limit, 100)
	if err != nil {
		return nil, err
	}
	view := d.store.View()
	defer view.Close()
	answer := &rpc.ScheduleListResponse{Schedules: []rpc.Schedule{}}
	if answer.Freeze, err = frozen(view); err != nil {
		return nil, failure(err, "the freeze")
	}
	list, err := plannedBy(view, q.Schedule, q.After)
	if err != nil {
		return nil, err
	}
	for p, err := range list {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, failure(err, "schedules")
		}
		if len(answer.Schedules) == limit {
			answer.Next = answer.Schedules[limit-1].Name
			break
		}
		line, err := d.scheduleLine(view, p)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("schedule %q", p.name()))
		}
		answer.Schedules = append(answer.Schedules, line)
	}
	return answer, nil
}
