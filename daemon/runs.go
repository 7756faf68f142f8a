package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// RunStart starts a run.
func (d *Daemon) RunStart(ctx context.Context, q *rpc.RunStartRequest) (*rpc.RunStartResponse, error) {
	if err := errors.Join(checkNote(q.Note), checkKey(q.Key)); err != nil {
		return nil, failure(err, "run")
	}
	if err := d.checkDisk(); err != nil {
		return nil, failure(err, "run")
	}
	name, uid := actor(ctx)
	cause := store.Cause{Source: "command", Actor: name, UID: uid, Note: q.Note}
	for {
		record, duplicate, err := d.start(ctx, q, cause)
		if errors.Is(err, engine.ErrRevision) {
			continue // somebody applied a text meanwhile: theirs is to run
		}
		if err != nil {
			return nil, failure(err, fmt.Sprintf("pipeline %q", q.Pipeline))
		}
		summary := summarize(record, q.Pipeline, time.Now())
		return &rpc.RunStartResponse{Run: summary, Duplicate: duplicate}, nil
	}
}

func (d *Daemon) start(ctx context.Context, q *rpc.RunStartRequest, cause store.Cause) (store.Run, bool, error) {
	view := d.store.View()
	pipeline, err := view.PipelineNamed(q.Pipeline)
	if err != nil {
		view.Close()
		return store.Run{}, false, err
	}
	plan, err := d.texts.plan(view, pipeline)
	view.Close()
	if err != nil {
		return store.Run{}, false, err
	}
	return d.engine.Start(ctx, engine.StartRequest{
		Pipeline: pipeline.ID, Revision: pipeline.Revision, Plan: plan, Cause: cause, Key: q.Key,
	})
}

func checkKey(key string) error {
	if len(key) > 128 {
		return rpc.Errorf(rpc.CodeInvalid, "the key has %d bytes; at most 128 are kept", len(key))
	}
	return nil
}

// RunList lists runs, newest first.
func (d *Daemon) RunList(_ context.Context, q *rpc.RunListRequest) (*rpc.RunListResponse, error) {
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
	limit, names, now := limitOf(q.Limit, 20), pipelineNames{view: view}, time.Now()
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
		Message:    runMessage(&r.State), Sequence: r.State.Sequence, Stages: stages(r),
	}, nil
}

// maxWait bounds a long poll.
const maxWait = time.Minute

func waitOf(ms int) time.Duration {
	return min(max(0, time.Duration(ms)*time.Millisecond), maxWait)
}

// RunWatch waits for a run to change.
func (d *Daemon) RunWatch(ctx context.Context, q *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
	id, err := d.runID(q.Run)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, waitOf(q.WaitMS))
	defer cancel()
	if q.UntilEnded {
		d.engine.Await(ctx, id)
		return d.watched(id, func(*store.View, store.Run, *rpc.RunWatchResponse) error { return nil })
	}
	news := d.engine.Watch(ctx, id, q.After)
	return d.watched(id, func(view *store.View, record store.Run, answer *rpc.RunWatchResponse) error {
		if q.After != 0 && record.State.Sequence == q.After {
			return nil
		}
		if !news.Live || news.Whole || changes(view, record.ID, news, answer) != nil {
			return whole(view, record, answer)
		}
		return nil
	})
}

// watched is the answer on a run as it is stored, with what fill adds to it.
func (d *Daemon) watched(id uint64, fill func(*store.View, store.Run, *rpc.RunWatchResponse) error) (*rpc.RunWatchResponse, error) {
	view := d.store.View()
	defer view.Close()
	record, pipeline, err := findRun(view, fmt.Sprint(id))
	if err != nil {
		return nil, err
	}
	answer := &rpc.RunWatchResponse{
		Run: summarize(record, pipeline.Name, time.Now()), Sequence: record.State.Sequence,
		Ended: record.State.Status.Complete(),
	}
	return answer, fill(view, record, answer)
}

func (d *Daemon) runID(name string) (uint64, error) {
	view := d.store.View()
	defer view.Close()
	record, _, err := findRun(view, name)
	return record.ID, err
}

// changes fills in the steps that changed, and the statuses of their stages.
// An error means that not all of them have records of their own: the whole run
// has to be shown.
func changes(view *store.View, id uint64, news engine.News, answer *rpc.RunWatchResponse) error {
	stages := map[int]bool{}
	for _, i := range news.Steps {
		s, err := view.Step(id, i)
		if err != nil {
			answer.Steps, answer.Stages = nil, nil
			return err
		}
		stage := news.Plan.Steps[i].Stage
		name := news.Plan.Stages[stage].Name
		if !stages[stage] {
			stages[stage] = true
			answer.Stages = append(answer.Stages, rpc.StageChange{Name: name, Status: string(news.Stages[stage])})
		}
		answer.Steps = append(answer.Steps, rpc.StepChange{Stage: name, RunStep: runStep(news.Plan, i, &s)})
	}
	return nil
}

func whole(view *store.View, record store.Run, answer *rpc.RunWatchResponse) error {
	r, _, err := view.Restore(record)
	if err != nil {
		return failure(err, "run")
	}
	answer.Whole = stages(r)
	return nil
}

// RunCancel asks a run to end.
func (d *Daemon) RunCancel(ctx context.Context, q *rpc.RunCancelRequest) (*rpc.Empty, error) {
	if err := checkNote(q.Note); err != nil {
		return nil, err
	}
	id, err := d.runID(q.Run)
	if err != nil {
		return nil, err
	}
	name, _ := actor(ctx)
	err = d.engine.Cancel(ctx, id, name, q.Note, q.Force)
	if errors.Is(err, run.ErrComplete) {
		return nil, rpc.Errorf(rpc.CodeConflict, "run %q is over: there is nothing to cancel", q.Run)
	}
	return &rpc.Empty{}, failure(err, fmt.Sprintf("run %q", q.Run))
}

// RunDelete removes a run that is over, with its logs and its workspace.
func (d *Daemon) RunDelete(ctx context.Context, q *rpc.RunDeleteRequest) (*rpc.RunDeleteResponse, error) {
	answer, id, err := d.runDeletion(q.Run)
	if err != nil || q.DryRun {
		return answer, err
	}
	subject := fmt.Sprintf("run %q", q.Run)
	if err := d.engine.DeleteRun(ctx, id); err != nil {
		return nil, failure(err, subject)
	}
	return answer, failure(d.attempts.removeRun(id), subject)
}

// runDeletion says what goes with a run.
func (d *Daemon) runDeletion(name string) (*rpc.RunDeleteResponse, uint64, error) {
	view := d.store.View()
	defer view.Close()
	record, pipeline, err := findRun(view, name)
	if err != nil {
		return nil, 0, err
	}
	plan, err := view.Plan(record.ID)
	if err != nil {
		return nil, 0, failure(err, fmt.Sprintf("run %q", name))
	}
	bytes, err := d.logs.Usage(record.ID)
	return &rpc.RunDeleteResponse{
		Run: summarize(record, pipeline.Name, time.Now()), Steps: len(plan.Steps), LogBytes: uint64(bytes),
	}, record.ID, failure(err, fmt.Sprintf("run %q", name))
}
