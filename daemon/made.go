package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// ScheduleHistory answers with the runs that a schedule made, those that are
// deleted left out.
func (d *Daemon) ScheduleHistory(_ context.Context, q *rpc.ScheduleHistoryRequest) (*rpc.ScheduleHistoryResponse, error) {
	limit, err := limitOf(q.Limit, 20)
	if err != nil {
		return nil, err
	}
	view := d.store.View()
	defer view.Close()
	l, err := ledgersOf(view, q.Schedule)
	if err != nil {
		return nil, err
	}
	answer := &rpc.ScheduleHistoryResponse{Runs: []rpc.RunSummary{}}
	now := time.Now()
	answer.Next, err = l.page(span{until: endOfTime}, q.Before, limit, func(t store.Tick) (bool, error) {
		if t.Run == 0 {
			return false, nil
		}
		r, err := view.Run(t.Run)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		if err == nil {
			answer.Runs = append(answer.Runs, summarize(r, l.pipeline.Name, now))
		}
		return true, err
	})
	if err != nil {
		return nil, failure(err, fmt.Sprintf("the runs of %q", q.Schedule))
	}
	return answer, nil
}
