package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// maxWait bounds a long poll.
const maxWait = time.Minute

func waitOf(ms int) (time.Duration, error) {
	if ms < 0 || int64(ms) > maxWait.Milliseconds() {
		return 0, rpc.Errorf(rpc.CodeInvalid, "wait_ms %d: want 0 to %d", ms, maxWait.Milliseconds())
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// RunWatch waits for a run to change.
func (d *Daemon) RunWatch(ctx context.Context, q *rpc.RunWatchRequest) (*rpc.RunWatchResponse, error) {
	wait, err := waitOf(q.WaitMS)
	if err != nil {
		return nil, err
	}
	id, err := d.runID(q.Run)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if q.UntilEnded {
		d.engine.Await(ctx, id, func(s run.Status) bool { return s.Complete() || q.UntilBlocked && s == run.Manual })
		return d.watched(id, func(*store.View, store.Run, *rpc.RunWatchResponse) error { return nil })
	}
	return d.newsOf(id, q.After, d.engine.Watch(ctx, id, q.After))
}

// newsOf tells what changed after a cursor. The run may have gone on since the
// news: then the answer's cursor is that of the news, and the run has not ended
// for who asks, or what came between would never be told.
func (d *Daemon) newsOf(id, after uint64, news engine.News) (*rpc.RunWatchResponse, error) {
	return d.watched(id, func(view *store.View, record store.Run, answer *rpc.RunWatchResponse) error {
		if after != 0 && record.State.Sequence == after {
			return nil
		}
		if !news.Live || news.Whole || changes(view, record.ID, news, answer) != nil {
			return whole(view, record, answer)
		}
		answer.Sequence, answer.Ended = news.Sequence, answer.Ended && news.Sequence == record.State.Sequence
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
		step := []rpc.RunStep{account.Step(news.Plan, i, &s)}
		if err := present(view, step); err != nil {
			return err
		}
		answer.Steps = append(answer.Steps, rpc.StepChange{Stage: name, RunStep: step[0]})
	}
	return nil
}

func whole(view *store.View, record store.Run, answer *rpc.RunWatchResponse) error {
	r, _, err := view.Restore(record)
	if err != nil {
		return failure(err, "run")
	}
	answer.Whole = account.Stages(r)
	return failure(presentStages(view, answer.Whole), "run")
}
