package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// ledgers accounts for the runs that no client started: each has one record
// that says so, and each record is there that must be.
func (j *judge) ledgers(ctx context.Context) error {
	for _, s := range j.shapes {
		for trigger, period := range s.periods {
			ticks, err := j.ticks(ctx, s, trigger)
			if err != nil {
				return err
			}
			j.regular(s.name+"/"+trigger, period, ticks)
			if inside, ok := s.dates[trigger]; ok {
				j.dated(inside, ticks)
			}
		}
		for upstream, status := range s.follows {
			if err := j.followed(ctx, s, upstream, status); err != nil {
				return err
			}
		}
	}
	return errors.Join(j.files(ctx), j.backfills(ctx, j.shape("filled")))
}

func (j *judge) shape(name string) *shape {
	for _, s := range j.shapes {
		if s.name == name {
			return s
		}
	}
	return nil
}

// ticks reads the ledger of a trigger, oldest first, and lets it account for
// the runs that it names.
func (j *judge) ticks(ctx context.Context, s *shape, trigger string) (ticks []rpc.Tick, err error) {
	q := &rpc.ScheduleAuditRequest{Schedule: s.name + "/" + trigger, Limit: 1000}
	for {
		page, err := ask(ctx, j.client, (*rpc.Client).ScheduleAudit, q)
		if err != nil {
			return nil, fmt.Errorf("the ledger of %s: %w", q.Schedule, err)
		}
		ticks = append(ticks, page.Ticks...)
		if q.Before = page.Next; page.Next == "" {
			break
		}
	}
	slices.Reverse(ticks)
	for _, t := range ticks {
		j.tick(s, &t)
	}
	j.figures.ticks += int64(len(ticks))
	return ticks, nil
}

// tick sees that a record has the run that it must have, and no other has it.
func (j *judge) tick(s *shape, t *rpc.Tick) {
	starts := t.Decision == "fired" || t.Decision == "caught_up"
	held := t.Decision == "skipped" && (t.Reason == "paused" || t.Reason == "frozen" || t.Reason == "blackout" && s.dates != nil)
	if starts == (t.Run == "") || !starts && !held {
		j.found.add(undecided, "%s at %s: %s %s %s, run %q", t.Schedule, t.At, t.Decision, t.Reason, t.Message, t.Run)
	}
	if t.Run == "" {
		return
	}
	if j.load.acked[t.Run] != nil {
		j.found.add(twice, "%s was started by two: %s at %s is one", t.Run, t.Schedule, t.At)
	}
	if !strings.HasPrefix(t.Run, s.name+"/") {
		j.found.add(undecided, "%s at %s made %s", t.Schedule, t.At, t.Run)
	}
	j.load.acked[t.Run] = s
}

// regular sees that there is a record of every instant.
func (j *judge) regular(name string, period time.Duration, ticks []rpc.Tick) {
	if len(ticks) == 0 || time.Since(ticks[len(ticks)-1].At) > period+10*time.Second {
		j.found.add(undecided, "%s has %d records, and none of its latest instants", name, len(ticks))
		return
	}
	for i := 1; i < len(ticks); i++ {
		if apart := ticks[i].At.Sub(ticks[i-1].At); apart != period || ticks[i].Count != 0 {
			j.found.add(undecided, "%s has a record at %s and the next %s later", name, ticks[i-1].At, apart)
		}
	}
}

// followed sees that each end of a pipeline's runs was heard once.
func (j *judge) followed(ctx context.Context, s *shape, upstream, status string) error {
	want := map[string]string{}
	for name, shape := range j.load.acked {
		if shape.name == upstream {
			want[name+" "+status] = name
		}
	}
	ticks, err := j.ticks(ctx, s, upstream)
	if err != nil {
		return err
	}
	for _, t := range ticks {
		if want[t.Subject] == "" {
			j.found.add(undecided, "%s heard of %s, which did not end, or twice", t.Schedule, t.Subject)
		}
		delete(want, t.Subject)
	}
	for _, run := range want {
		j.found.add(undecided, "%s/%s did not hear of the end of %s", s.name, upstream, run)
	}
	return nil
}

// files sees that each file was taken, and has one record.
func (j *judge) files(ctx context.Context) error {
	ticks, err := j.ticks(ctx, j.shape("taken"), "in")
	if err != nil {
		return err
	}
	if len(ticks) != j.load.delivered {
		j.found.add(undecided, "%d files were delivered, and %d have a record", j.load.delivered, len(ticks))
	}
	left, err := filepath.Glob(j.world.path("in", "*"))
	claimed, failed := os.ReadDir(j.world.path("claimed"))
	if len(left) > 0 || len(claimed) != j.load.delivered {
		j.found.add(leftOver, "%d files were delivered, %d were taken, %d lie there", j.load.delivered, len(claimed), len(left))
	}
	return errors.Join(err, failed)
}

// rest waits until all that was begun by others is over: no run lives, and
// what ended was heard.
func (j *judge) rest(ctx context.Context) error {
	calm := 0
	for until := time.Now().Add(time.Minute); calm < 3; {
		info, err := ask(ctx, j.client, (*rpc.Client).DaemonInfo, &rpc.Empty{})
		if err != nil {
			return err
		}
		left, err := filepath.Glob(j.world.path("in", "*"))
		if err != nil {
			return err
		}
		if calm++; info.LiveRuns > 0 || len(left) > 0 {
			calm = 0
		}
		if time.Now().After(until) {
			j.found.add(lost, "%d runs do not end, %d files are not taken", info.LiveRuns, len(left))
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil
}

// family lets the attempts of steps that stand for runs account for those: each
// has one, and no run has two parents.
func (j *judge) family(ctx context.Context) error {
	var parents []string
	for run := range j.load.acked {
		parents = append(parents, run)
	}
	for len(parents) > 0 {
		run := parents[0]
		parents = parents[1:]
		children, err := j.children(ctx, run, j.load.acked[run])
		if err != nil {
			return err
		}
		parents = append(parents, children...)
	}
	return nil
}

// children finds the runs that the steps of one stand for.
func (j *judge) children(ctx context.Context, run string, shape *shape) (children []string, err error) {
	if !slices.ContainsFunc(shape.steps, func(w wanted) bool { return w.child != nil }) {
		return nil, nil
	}
	r, err := ask(ctx, j.client, (*rpc.Client).RunGet, &rpc.RunGetRequest{Run: run})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", run, err)
	}
	steps := stepsOf(r)
	for _, w := range shape.steps {
		if w.child == nil {
			continue
		}
		for _, a := range steps[w.name].Attempts {
			child := j.child(w.attempt(run, a.Number), w, a.Downstream)
			if child != "" {
				children = append(children, child)
			}
		}
	}
	return children, nil
}

func (j *judge) child(attempt string, w wanted, is *rpc.Downstream) string {
	if is == nil {
		j.found.add(lost, "%s has no run that it stands for", attempt)
		return ""
	}
	if j.load.acked[is.Run] != nil {
		j.found.add(twice, "%s was started by two: %s is one", is.Run, attempt)
		return ""
	}
	r, ok := j.there[is.Run]
	if !ok || r.Cause.Upstream == nil || r.Cause.Upstream.Name != attempt {
		j.found.add(lost, "%s is to stand for %s, whose cause is %+v", attempt, is.Run, r.Cause)
	}
	j.load.acked[is.Run] = w.child
	return is.Run
}
