package daemon

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
)

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
	n.upstream.Run = run.Name(n.pipeline.Name, n.record.Number)
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

// counts reports whether the end is one that a trigger waits for. Of a run that
// was deleted meanwhile nobody knows the labels: its end is told, so that it has
// its record.
func (n *news) counts(a *config.After) bool {
	labels := n.record.Labels
	if n.record.ID == 0 {
		labels = a.Labels
	}
	return a.Counts(string(n.end.Status), labels)
}

// firing is what the end means for a trigger; nil is nothing.
func (n *news) firing(t store.Trigger) (*engine.Firing, error) {
	pipeline, err := n.view.Pipeline(t.Pipeline)
	if err != nil {
		return nil, ignoreNotFound(err)
	}
	f := &engine.Firing{Tick: store.Tick{
		Pipeline: t.Pipeline, Trigger: t.Name, At: n.end.FinishedAt, Subject: endSubject(n.end.Run, n.end.Status),
		Decision: schedule.Fired, Revision: pipeline.Revision,
	}}
	if known, err := n.known(&f.Tick); known || err != nil {
		return nil, err
	}
	if f.Start, err = n.follow(pipeline, t.Name); err != nil {
		return f, refuse(f, err)
	}
	return f, nil
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
