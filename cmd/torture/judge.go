package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/penstock/penstock/rpc"
)

// judge holds everything that is there against what the clients were told and
// the steps recorded.
type judge struct {
	*session
	client  *client
	claimed map[string]bool // attempts that some run accounts for
	there   map[string]rpc.RunSummary
	found   findings
}

func (s *session) judge(ctx context.Context, d *daemon) error {
	fmt.Fprintln(s.out, "checking …")
	if err := s.effects.read(); err != nil {
		return err
	}
	j := &judge{session: s, client: &client{socket: s.world.socket()}, claimed: map[string]bool{}}
	defer j.client.drop()
	err := errors.Join(j.rest(ctx), j.swept(ctx), j.runs(ctx))
	j.crowds()
	j.client.drop()
	if err := errors.Join(err, j.stop(d)); err != nil {
		return err
	}
	s.figures.mean, s.figures.backfills, s.figures.editions = s.meter.mean(), len(s.load.backfills), len(s.load.editions)
	s.figures.print(s.out, &j.found)
	return j.found.err()
}

// swept waits until every log is sealed and its attempt directory gone.
func (j *judge) swept(ctx context.Context) error {
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for until := time.Now().Add(30 * time.Second); ; {
		left, err := os.ReadDir(j.world.path("state", "attempts"))
		if err != nil || len(left) == 0 {
			return err
		}
		if time.Now().After(until) {
			j.found.add(leftOver, "%d attempt directories stay behind, one is %s", len(left), left[0].Name())
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}

// stop ends the daemon as a service manager does and looks for processes.
func (j *judge) stop(d *daemon) (err error) {
	if j.figures.stop, err = d.terminate(); err != nil {
		return err
	}
	pids, err := marked(j.world.dir)
	for _, pid := range pids {
		j.found.add(leftOver, "process %d is left over: %s", pid, commandLine(pid))
	}
	return err
}

// runs checks each run that a client was told of, that there are no others, and
// that no step worked for none of them.
func (j *judge) runs(ctx context.Context) error {
	var err error
	if j.there, err = j.list(ctx); err != nil {
		return err
	}
	if err := errors.Join(j.ledgers(ctx), j.family(ctx)); err != nil {
		return err
	}
	for name := range j.there {
		if j.load.acked[name] == nil {
			j.found.add(lost, "%s is there, and no client was told of it", name)
		}
	}
	for name, shape := range j.load.acked {
		if _, ok := j.there[name]; !ok {
			j.found.add(lost, "%s is not there", name)
		} else if err := j.run(ctx, name, shape); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for attempt, lines := range j.effects.begun {
		if !j.claimed[attempt] {
			j.found.add(twice, "%s began %d times, and no run accounts for it", attempt, len(lines))
		}
	}
	return nil
}

// list is all runs by their names.
func (j *judge) list(ctx context.Context) (map[string]rpc.RunSummary, error) {
	there := map[string]rpc.RunSummary{}
	for q := (&rpc.RunListRequest{Limit: 1000, Children: true}); ; {
		page, err := ask(ctx, j.client, (*rpc.Client).RunList, q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Runs {
			there[r.Name] = r
		}
		if q.Before = page.Next; page.Next == 0 {
			return there, nil
		}
	}
}

func (j *judge) run(ctx context.Context, name string, shape *shape) error {
	r, err := ask(ctx, j.client, (*rpc.Client).RunGet, &rpc.RunGetRequest{Run: name})
	if err != nil {
		return err
	}
	j.figures.runs++
	if r.Status != shape.status {
		j.found.add(lost, "%s ended as %s, not %s", name, r.Status, shape.status)
	}
	steps := stepsOf(r)
	for _, w := range shape.steps {
		is := steps[w.name]
		if is.Status != w.status {
			j.found.add(lost, "%s/%s/%s ended as %s, not %s: %+v", name, w.stage, w.name, is.Status, w.status, is.Attempts)
		}
		if n := len(is.Attempts); is.Status != "canceled" && is.Status != "skipped" && n != w.tries() {
			j.found.add(lost, "%s/%s/%s has %d attempts, not %d", name, w.stage, w.name, n, w.tries())
		}
		if err := j.step(ctx, name, shape, w); err != nil {
			return err
		}
	}
	return nil
}

// stepsOf is the steps of a run by what they are called in it.
func stepsOf(r *rpc.Run) map[string]rpc.RunStep {
	steps := map[string]rpc.RunStep{}
	for _, stage := range r.Stages {
		for _, step := range stage.Steps {
			steps[cmp.Or(step.Address, step.Name)] = step
		}
	}
	return steps
}
