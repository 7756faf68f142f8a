package daemon

import (
	"time"

	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// summarize is a run as a list shows it.
func summarize(r store.Run, pipeline string, now time.Time) rpc.RunSummary {
	s := account.Summary(&r.State, now)
	s.Name, s.ID, s.Number = run.Name(pipeline, r.Number), r.ID, r.Number
	s.Pipeline, s.Revision, s.SubQueue, s.Priority = pipeline, r.Revision, r.SubQueue, r.Priority
	s.RunName, s.Labels, s.Cause = r.Name, r.Labels, cause(r.Cause)
	return s
}

func cause(c store.Cause) rpc.Cause {
	answer := rpc.Cause{
		Source: string(c.Source), Actor: c.Actor, Note: c.Note, Trigger: c.Trigger, ScheduledAt: account.Moment(c.ScheduledAt),
	}
	if c.UID >= 0 {
		answer.UID = &c.UID
	}
	if up := c.Upstream; up != nil {
		answer.Upstream = &rpc.Upstream{ID: up.Run, Name: up.Name}
	}
	return answer
}
