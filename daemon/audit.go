package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// ScheduleAudit answers with a page of the ledger: what was decided of each
// instant, and why.
func (d *Daemon) ScheduleAudit(_ context.Context, q *rpc.ScheduleAuditRequest) (*rpc.ScheduleAuditResponse, error) {
	limit, err := limitOf(q.Limit, 50)
	if err != nil {
		return nil, err
	}
	if err := checkDecisions(q.Decisions); err != nil {
		return nil, err
	}
	view := d.store.View()
	defer view.Close()
	l, err := ledgersOf(view, q.Schedule)
	if err != nil {
		return nil, err
	}
	answer := &rpc.ScheduleAuditResponse{Ticks: []rpc.Tick{}}
	answer.Next, err = l.page(auditRange(q), q.Before, limit, func(t store.Tick) (bool, error) {
		if len(q.Decisions) > 0 && !slices.Contains(q.Decisions, string(t.Decision)) {
			return false, nil
		}
		told, err := l.tick(t)
		answer.Ticks = append(answer.Ticks, told)
		return true, err
	})
	if err != nil {
		return nil, failure(err, fmt.Sprintf("the ledger of %q", q.Schedule))
	}
	return answer, nil
}

// span is a time from since up to and with until.
type span struct{ since, until time.Time }

// endOfTime is later than any instant.
var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

func auditRange(q *rpc.ScheduleAuditRequest) span {
	r := span{until: endOfTime}
	if q.Since != nil {
		r.since = *q.Since
	}
	if q.Until != nil {
		r.until = q.Until.Add(-1)
	}
	return r
}

// page shows records until so many were taken, and answers with the cursor
// behind the last that was looked at; "" is the end.
func (l *ledgers) page(r span, before string, limit int, show func(store.Tick) (taken bool, err error)) (string, error) {
	after, err := parseCursor(before)
	if err != nil {
		return "", err
	}
	looked := 0
	for t, err := range l.from(after, r.until) {
		if err != nil {
			return "", err
		}
		if t.At.Before(r.since) {
			break
		}
		if limit == 0 || looked == l.most {
			return after.String(), nil
		}
		taken, err := show(t)
		if err != nil {
			return "", err
		}
		if taken {
			limit--
		}
		looked++
		after = cursorOf(&t)
	}
	return "", nil
}

// checkDecisions refuses a filter that no record can pass.
func checkDecisions(asked []string) error {
	known := []string{string(schedule.Fired), string(schedule.CaughtUp), string(schedule.Skipped), string(schedule.Dropped)}
	for _, one := range asked {
		if !slices.Contains(known, one) {
			return rpc.Errorf(rpc.CodeInvalid, "no instant has the decision %q: want %s", one, strings.Join(known, ", "))
		}
	}
	return nil
}
