package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// RunList lists runs, newest first.
func (d *Daemon) RunList(_ context.Context, q *rpc.RunListRequest) (*rpc.RunListResponse, error) {
	limit, err := limitOf(q.Limit, 20)
	if err != nil {
		return nil, err
	}
	if err := checkStatus(q.Status); err != nil {
		return nil, err
	}
	view := d.store.View()
	defer view.Close()
	runs := view.Runs(q.Before)
	if q.Pipeline != "" {
		p, err := view.PipelineNamed(q.Pipeline)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("pipeline %q", q.Pipeline))
		}
		runs = view.RunsOf(p.ID)
	}
	answer := &rpc.RunListResponse{Runs: []rpc.RunSummary{}}
	names, now := pipelineNames{view: view}, time.Now()
	for record, err := range runs {
		if err != nil {
			return nil, failure(err, "runs")
		}
		if q.Before != 0 && record.ID >= q.Before || q.Status != "" && string(record.State.Status) != q.Status {
			continue
		}
		if len(answer.Runs) == limit {
			answer.Next = answer.Runs[limit-1].ID
			break
		}
		name, err := names.of(record.Pipeline)
		if err != nil {
			return nil, failure(err, "runs")
		}
		answer.Runs = append(answer.Runs, summarize(record, name, now))
	}
	return answer, nil
}

// checkStatus refuses a filter that no run can pass; "" is none.
func checkStatus(status string) error {
	known := []string{"created", "waiting_for_resource", "pending", "running", "scheduled", "manual", "success", "failed", "canceling", "canceled", "skipped"}
	if status == "" || slices.Contains(known, status) {
		return nil
	}
	return rpc.Errorf(rpc.CodeInvalid, "no run has the status %q: want %s", status, strings.Join(known, ", "))
}

// pipelineNames looks each name up once.
type pipelineNames struct {
	view  *store.View
	known map[uint64]string
}

func (n *pipelineNames) of(id uint64) (string, error) {
	if name, ok := n.known[id]; ok {
		return name, nil
	}
	p, err := n.view.Pipeline(id)
	if err != nil {
		return "", err
	}
	if n.known == nil {
		n.known = map[uint64]string{}
	}
	n.known[id] = p.Name
	return p.Name, nil
}

// RunGet answers with a run and all its steps.
func (d *Daemon) RunGet(_ context.Context, q *rpc.RunGetRequest) (*rpc.Run, error) {
	view := d.store.View()
	defer view.Close()
	record, pipeline, err := findRun(view, q.Run)
	if err != nil {
		return nil, err
	}
	r, _, err := view.Restore(record)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("run %q", q.Run))
	}
	record.State = r.State
	return &rpc.Run{
		RunSummary: summarize(record, pipeline.Name, time.Now()),
		Message:    account.Message(&r.State), Inputs: r.Plan.Values.Inputs, Variables: r.Plan.Values.Variables,
		Sequence: r.State.Sequence, Stages: account.Stages(r), Absent: account.Absent(r.Plan),
	}, nil
}
