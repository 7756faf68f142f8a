package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

// follower fires the triggers that wait for the ends of other pipelines' runs.
// The engine records an end in the commit that makes it, and rings; the record
// goes once each of the triggers has its tick. So an end is never missed, and
// one that is told again after a kill meets the tick that it has already.
type follower struct {
	*Daemon
	bell bell
}

// tellEvery is how often ends are told again that could not be told.
const tellEvery = 30 * time.Second

// keepTelling tells triggers of ends, until it is stopped.
func (f *follower) keepTelling(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			rung := f.bell.wait() // before the look: an end in between is heard
			again := f.tellAll(ctx)
			select {
			case <-rung:
			case <-again:
			case <-ctx.Done():
			}
		}
	}()
	return func() { cancel(); <-done }
}

// endsAtOnce bounds how many ends share a commit.
const endsAtOnce = 64

// tellAll tells of every end that waits; again says when to try those once more
// that could not be told, nil where there are none.
func (f *follower) tellAll(ctx context.Context) (again <-chan time.Time) {
	ends, err := f.ends()
	if len(ends) > 0 {
		err = errors.Join(err, f.checkDisk())
	}
	if err == nil {
		for some := range slices.Chunk(ends, endsAtOnce) {
			err = errors.Join(err, f.tell(ctx, some))
		}
	}
	if err != nil && ctx.Err() == nil {
		f.log.Warn("triggers that follow other pipelines wait; they are told again", "in", tellEvery, "error", err)
		again = time.After(tellEvery)
	}
	return again
}

// ends lists the ends that nobody was told of, in the order in which they came.
func (f *follower) ends() (all []store.Ending, err error) {
	view := f.store.View()
	defer view.Close()
	for e, err := range view.Endings() {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b store.Ending) int { return a.FinishedAt.Compare(b.FinishedAt) })
	return all, nil
}

// tell fires the triggers that wait for some ends, and forgets the ends of which
// all of them were told. Of a pipeline that is changed meanwhile the text that is
// current by then counts.
func (f *follower) tell(ctx context.Context, ends []store.Ending) (failed error) {
	var told []store.Ending
	for left := ends; len(left) > 0; {
		var again []store.Ending
		for _, t := range f.round(ctx, left) {
			switch {
			case t.err == nil:
				told = append(told, t.end)
			case errors.Is(t.err, engine.ErrRevision):
				again = append(again, t.end)
			default:
				failed = errors.Join(failed, fmt.Errorf("the end of run %d: %w", t.end.Run, t.err))
			}
		}
		left = again
	}
	return errors.Join(failed, f.forget(ctx, told))
}

func (f *follower) forget(ctx context.Context, told []store.Ending) error {
	if len(told) == 0 {
		return nil
	}
	return f.engine.Update(ctx, func(tx *store.Tx, _ time.Time) error {
		for _, e := range told {
			tx.RemoveEnding(e)
		}
		return nil
	})
}

// telling is an end that triggers are told of.
type telling struct {
	end     store.Ending
	firings []engine.Firing
	err     error // of any of them
}

// round tells some ends, in one commit.
func (f *follower) round(ctx context.Context, ends []store.Ending) []telling {
	all := make([]telling, len(ends))
	var firings []engine.Firing
	for i, e := range ends {
		all[i].end = e
		all[i].firings, all[i].err = f.firings(e)
		firings = append(firings, all[i].firings...)
	}
	became, err := f.engine.Fire(ctx, firings)
	for i := range all {
		if err != nil {
			all[i].err = err
			continue
		}
		n := len(all[i].firings)
		all[i].hear(became[:n])
		became = became[n:]
	}
	return all
}

// hear takes what became of the firings. One whose trigger is gone, or that has
// its tick already, is done.
func (t *telling) hear(became []engine.Fired) {
	for _, b := range became {
		if b.Err != nil && !errors.Is(b.Err, engine.ErrFired) && !errors.Is(b.Err, engine.ErrNotFound) {
			t.err = errors.Join(t.err, b.Err)
		}
	}
}

// firings are what an end means for the triggers that wait for it.
func (f *follower) firings(e store.Ending) (all []engine.Firing, err error) {
	view := f.store.View()
	defer view.Close()
	n, err := f.read(view, e)
	if err != nil {
		return nil, err
	}
	followers, err := view.Followers(n.pipeline.Name)
	if err != nil {
		return nil, err
	}
	for _, t := range followers {
		if !slices.Contains(t.After.Statuses, string(e.Status)) {
			continue
		}
		firing, err := n.firing(t)
		if err != nil {
			return nil, fmt.Errorf("trigger %s: %w", t.Name, err)
		}
		if firing != nil {
			all = append(all, *firing)
		}
	}
	return all, nil
}

// news is the end of a run as triggers hear of it.
type news struct {
	*follower
	view     *store.View
	end      store.Ending
	pipeline store.Pipeline
	record   store.Run // the zero value where it was deleted
	upstream expression.Upstream
	moved    bool // somebody may have made it go on after an end before this one
}

// read reads what is to be told of an end. Outputs are those of now: a run that
// went on since may have others than at its end.
func (f *follower) read(view *store.View, e store.Ending) (n news, err error) {
	n = news{follower: f, view: view, end: e}
	if n.pipeline, err = view.Pipeline(e.Pipeline); err != nil {
		return n, ignoreNotFound(err)
	}
	n.upstream = expression.Upstream{Pipeline: n.pipeline.Name, Status: string(e.Status)}
	if n.record, err = view.Run(e.Run); err != nil {
		return n, ignoreNotFound(err)
	}
	r, _, err := view.Restore(n.record)
	if err != nil {
		return n, err
	}
	n.upstream.Run = fmt.Sprintf("%s/%d", n.pipeline.Name, n.record.Number)
	n.upstream.Outputs = outputs(r)
	n.moved = slices.ContainsFunc(r.Steps, func(s run.Step) bool { return s.Requested != nil }) ||
		slices.ContainsFunc(r.Plan.Steps, func(s run.PlanStep) bool { return s.Downstream != "" })
	return n, nil
}

// outputs are the outputs of all steps of a run, step → name → value.
func outputs(r *run.Run) map[string]map[string]string {
	all := map[string]map[string]string{}
	for i := range r.Steps {
		if a := r.Steps[i].Latest(); a != nil && len(a.Outputs) > 0 {
			all[r.Plan.Key(i)] = a.Outputs
		}
	}
	return all
}

// firing is what the end means for a trigger; nil is nothing.
func (n *news) firing(t store.Trigger) (*engine.Firing, error) {
	pipeline, err := n.view.Pipeline(t.Pipeline)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	tick := store.Tick{
		Pipeline: t.Pipeline, Trigger: t.Name, At: n.end.FinishedAt, Subject: endSubject(n.end.Run, n.end.Status),
		Decision: schedule.Fired, Revision: pipeline.Revision,
	}
	if known, err := n.known(&tick); known || err != nil {
		return nil, err
	}
	q, err := n.follow(pipeline, t.Name)
	if err != nil {
		if tick.Message = refusedBy(err); tick.Message == "" {
			return nil, err
		}
		tick.Decision, tick.Reason = schedule.Skipped, schedule.Refused
		return &engine.Firing{Tick: tick}, nil
	}
	return &engine.Firing{Tick: tick, Start: q}, nil
}

// endSubject names the end of a run in the ledger of those that follow it.
func endSubject(id uint64, status run.Status) string { return fmt.Sprintf("%d/%s", id, status) }

// parseEnd reads what endSubject wrote.
func parseEnd(subject string) (id uint64, status string, ok bool) {
	number, status, ok := strings.Cut(subject, "/")
	id, err := strconv.ParseUint(number, 10, 64)
	return id, status, ok && err == nil
}

// known reports whether the trigger was told before that the run ended like
// this: a run that goes on and ends as it did is no news.
func (n *news) known(tick *store.Tick) (bool, error) {
	if !n.moved {
		return false, nil
	}
	for old, err := range n.view.Ticks(tick.Pipeline, tick.Trigger, "") {
		if err != nil {
			return false, err
		}
		if old.Subject == tick.Subject && !old.At.Equal(tick.At) {
			return true, nil
		}
		if old.At.Before(n.record.State.CreatedAt) {
			break
		}
	}
	return false, nil
}

// follow makes the request for the run that follows from the end.
func (n *news) follow(pipeline store.Pipeline, trigger string) (*engine.StartRequest, error) {
	if n.record.ID == 0 {
		return nil, &familyError{error: fmt.Errorf("run %d was deleted before anybody was told of its end", n.end.Run)}
	}
	up := upstreamOf(&n.record, n.upstream.Run)
	if err := errors.Join(tooFar(&up), looped(n.view, &up, pipeline)); err != nil {
		return nil, err
	}
	definition, err := n.texts.definition(n.view, pipeline)
	if err != nil {
		return nil, err
	}
	c := n.record.Cause
	q, err := resolve(pipeline, definition, &request{
		cause:   store.Cause{Source: store.BySubscription, Actor: c.Actor, UID: c.UID, Trigger: trigger, Upstream: &up},
		trigger: trigger, upstream: n.upstream,
	})
	return &q, err
}
