package daemon

import (
	"cmp"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// request is a run that is asked for, by a person, an instant, a call, a file,
// the end of another run or a step of one. They differ in what stands here, and
// in nothing else: [resolve] is the only way from a request to a run.
type request struct {
	cause     store.Cause       // why; its trigger and instant are what expressions see
	inputs    map[string]any    // decoded JSON, or text that is converted by the declared type
	variables map[string]string // win over those of the pipeline
	key       string            // makes the request repeatable; "" is none
	remember  time.Duration     // how long key is known; 0 is a day
	subQueue  string
	priority  *int            // nil: the definition's
	overlap   *config.Overlap // nil: the definition's
	// trigger names the trigger of the pipeline whose inputs, variables, sub-queue
	// and overlap hold where the request has none of its own; "" is none. upstream,
	// file and payload are what its templates see.
	trigger  string
	upstream expression.Upstream
	file     expression.File
	payload  string // what a caller sent; steps read it as a file
	// triggerKey is the id of the trigger key of the caller; "" is none. ref is
	// what GitLab's call asks for.
	triggerKey, ref string
	repeats         *store.Cause // of the run that is repeated: the overlap of its trigger holds; nil is none
	skipLocks       bool         // steps take no resource groups, at the risk of whoever asks
	// name and labels, for people, win over those of the text.
	name          string
	labels        map[string]string
	skip          bool // the run is over at once
	despiteFreeze bool
}

// resolve makes of a request what the engine starts: a run of a pipeline by a
// definition of it. The error is a *plan.Refusal, or that there is no trigger of
// the name.
func resolve(pipeline store.Pipeline, definition *config.Pipeline, r *request) (engine.StartRequest, error) {
	r, err := r.asCalled(definition)
	if err == nil {
		r, err = r.triggered(definition, pipeline.Revision)
	}
	if err != nil {
		return engine.StartRequest{}, err
	}
	resolved, err := plan.Resolve(definition, plan.Request{
		Inputs: r.inputs, Variables: r.variables, Source: string(r.cause.Source), Actor: r.cause.Actor,
		Trigger: r.occasion(), Revision: pipeline.Revision, Payload: r.payload, Name: r.name, Labels: r.labels,
	})
	if err != nil {
		return engine.StartRequest{}, err
	}
	q := engine.StartRequest{
		Pipeline: pipeline.ID, Revision: pipeline.Revision, Plan: resolved.Plan, Cause: r.cause, Key: r.key, SubQueue: r.subQueue,
		Priority: definition.Priority, Overlap: definition.Overlap, OnNewRun: resolved.OnNewRun,
		Name: resolved.Name, Labels: resolved.Labels, Skip: r.skip, DespiteFreeze: r.despiteFreeze,
	}
	q.TriggerKey, q.Remember = r.triggerKey, r.remember
	if r.skipLocks {
		skipLocks(&q)
	}
	if r.priority != nil {
		q.Priority = *r.priority
	}
	if r.overlap != nil {
		q.Overlap = *r.overlap
	}
	inform(&q)
	return q, nil
}

// skipLocks takes the resource groups from the steps of a run: they wait for
// none, and nobody waits for them. Its children do the same: they are parts of it.
func skipLocks(q *engine.StartRequest) {
	for i := range q.Plan.Steps {
		q.Plan.Steps[i].ResourceGroup = ""
	}
	q.Cause.SkipLocks, q.Cause.Note = true, "skip_locks: its steps take no resource groups"
}

// triggered is r with what its trigger gives to it.
func (r *request) triggered(definition *config.Pipeline, revision uint64) (*request, error) {
	if r.trigger == "" {
		return r.repeating(definition), nil
	}
	t := definition.Trigger(r.trigger)
	if t == nil {
		return nil, rpc.Errorf(rpc.CodeNotFound, "pipeline %q has no trigger %q", definition.Name, r.trigger)
	}
	full := *r
	full.subQueue = cmp.Or(r.subQueue, t.SubQueue)
	full.overlap = cmp.Or(r.overlap, t.Overlap)
	var err error
	full.inputs, full.variables, err = plan.TriggerInputs(definition, t, plan.Occasion{
		Trigger: r.occasion(), Revision: revision, Upstream: r.upstream, File: r.file, Payload: r.payload,
		Inputs: r.inputs, Variables: r.variables,
	})
	return &full, err
}

// repeating is r with the overlap of the trigger of the run that it repeats. What
// else that gave to the run r has by now.
func (r *request) repeating(definition *config.Pipeline) *request {
	if r.repeats == nil {
		return r
	}
	t := definition.Trigger(r.repeats.Trigger)
	if t == nil || r.repeats.Source == store.ByTrigger { // then it is the name of a key
		t = definition.Trigger(triggerOf(definition, r.repeats.Trigger))
	}
	if t == nil {
		return r
	}
	full := *r
	full.overlap = cmp.Or(r.overlap, t.Overlap)
	return &full
}

// occasion is what expressions see of what made the run.
func (r *request) occasion() expression.Trigger {
	return expression.Trigger{Name: cmp.Or(r.cause.Trigger, r.trigger), ScheduledAt: instant(r.cause.ScheduledAt)}
}

// inform puts into the plan what steps are told of the run's record.
func inform(q *engine.StartRequest) {
	v := &q.Plan.Values
	v.Name, v.SubQueue, v.Priority = q.Name, q.SubQueue, q.Priority
	if q.Cause.Upstream != nil {
		v.Upstream = q.Cause.Upstream.Name
	}
}

// instant is a time as expressions see it; "" is none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
