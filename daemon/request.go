package daemon

import (
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/store"
)

// request is a run that is asked for, by a person, an instant, a call, a file,
// the end of another run or a step of one. They differ in what stands here, and
// in nothing else: [resolve] is the only way from a request to a run.
type request struct {
	cause     store.Cause       // why; its trigger and instant are what expressions see
	inputs    map[string]any    // decoded JSON, or text that is converted by the declared type
	variables map[string]string // win over those of the pipeline
	key       string            // makes the request repeatable; "" is none
	subQueue  string
	priority  *int            // nil: the definition's
	overlap   *config.Overlap // nil: the definition's
}

// resolve makes of a request what the engine starts: a run of a pipeline by a
// definition of it. The error is a *plan.Refusal.
func resolve(pipeline store.Pipeline, definition *config.Pipeline, r *request) (engine.StartRequest, error) {
	resolved, err := plan.Resolve(definition, plan.Request{
		Inputs: r.inputs, Variables: r.variables, Source: string(r.cause.Source), Actor: r.cause.Actor,
		Trigger: expression.Trigger{Name: r.cause.Trigger, ScheduledAt: instant(r.cause.ScheduledAt)}, Revision: pipeline.Revision,
	})
	if err != nil {
		return engine.StartRequest{}, err
	}
	q := engine.StartRequest{
		Pipeline: pipeline.ID, Revision: pipeline.Revision, Plan: resolved.Plan, Cause: r.cause, Key: r.key, SubQueue: r.subQueue,
		Priority: definition.Priority, Overlap: definition.Overlap, OnNewRun: definition.AutoCancel.OnNewRun,
		Name: resolved.Name, Labels: resolved.Labels,
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
