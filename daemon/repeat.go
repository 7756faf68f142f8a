package daemon

import (
	"fmt"
	"maps"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// repeat gives a request what an earlier run was given, where one is named:
// inputs, variables, payload, sub-queue, priority, trigger and instant. What the
// request says itself goes before. It names the pipeline as well; the text is
// the one that is current, so what the run is called, its labels and the overlap
// of the trigger follow from that.
func (d *Daemon) repeat(r *request, q *rpc.RunStartRequest) error {
	if q.Like == "" {
		return nil
	}
	view := d.store.View()
	defer view.Close()
	earlier, pipeline, err := findRun(view, q.Like)
	if err != nil {
		return err
	}
	if earlier.Cause.Source == store.ByParent {
		return rpc.Errorf(rpc.CodeInvalid, "run %q is a child: it began with a step of %s; repeat the run of that", q.Like, earlier.Cause.Upstream.Name)
	}
	if q.Pipeline != "" && q.Pipeline != pipeline.Name {
		return rpc.Errorf(rpc.CodeInvalid, "run %q is one of pipeline %q, not of %q", q.Like, pipeline.Name, q.Pipeline)
	}
	plan, err := view.Plan(earlier.ID)
	if err != nil {
		return err
	}
	v := &plan.Values
	q.Pipeline = pipeline.Name
	r.inputs, r.variables, r.payload = overlaid(v.Inputs, q.Inputs), overlaid(v.Variables, q.Variables), v.Payload
	r.cause.Trigger, r.cause.ScheduledAt, r.repeats = earlier.Cause.Trigger, earlier.Cause.ScheduledAt, &earlier.Cause
	if q.SubQueue == "" {
		r.subQueue = earlier.SubQueue
	}
	if q.Priority == nil {
		r.priority = &earlier.Priority
	}
	if q.Note == "" {
		r.cause.Note = fmt.Sprintf("like %s/%d", pipeline.Name, earlier.Number)
	}
	return nil
}

// overlaid is the values of one table with those of another over them.
func overlaid[V any](under, top map[string]V) map[string]V {
	all := maps.Clone(under)
	if all == nil {
		return top
	}
	maps.Copy(all, top)
	return all
}
