package daemon

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// maxAncestors bounds how far back the origin of a run is told.
const maxAncestors = 40

// origin says why a run exists and, of one that follows from another, why that
// one does.
func origin(view *store.View, r *store.Run) rpc.Explanation {
	return rpc.Explanation{Text: wanted(view, r), Causes: ancestors(view, r.Cause.Upstream, maxAncestors)}
}

// turn says for how long a run was held among those of its pipeline, and by
// which rule; nothing of one that was not, or still is.
func turn(r *store.Run) rpc.Causes {
	wait := r.State.Waited().Round(time.Second)
	if wait == 0 {
		return nil
	}
	rule := lineRule(config.Overlap{Policy: r.Overlap, Limit: r.Limit}, r.SubQueue)
	return rpc.Causes{{Text: fmt.Sprintf("it waited %s for its turn among the runs of its pipeline (%s)", wait, rule)}}
}

// wanted says who, or what, wanted a run, and why.
func wanted(view *store.View, r *store.Run) string {
	c := &r.Cause
	text := ""
	if up := c.Upstream; up == nil {
		text = occasion(view, r)
	} else {
		text = followed(c.Source, up.Name) + ", which began with " + cmp.Or(c.Actor, "nobody known")
	}
	if c.Note != "" {
		text += ": " + c.Note
	}
	return text
}

// followed says what of another run a run follows from.
func followed(by store.Source, name string) string {
	switch by {
	case store.ByParent:
		return "it is a child: " + name + " stands for it"
	case store.ByPipeline:
		return "the step " + name + " stands for it"
	}
	return "it follows from the end of " + name
}

// ancestors tells of the run that another follows from, and of those before.
func ancestors(view *store.View, up *store.Upstream, most int) rpc.Causes {
	if up == nil {
		return nil
	}
	if most == 0 {
		return rpc.Causes{{Text: "and more"}}
	}
	record, pipeline, err := findRun(view, fmt.Sprint(up.Run))
	if e, ok := errors.AsType[*rpc.Error](err); ok && e.Code == rpc.CodeNotFound {
		return rpc.Causes{{Text: "the run " + up.Name + " is of was deleted since"}}
	}
	if err != nil {
		return rpc.Causes{{Text: err.Error()}}
	}
	return rpc.Causes{{
		Subject: run.Name(pipeline.Name, record.Number), Status: string(record.State.Status),
		Since: account.Moment(record.State.Since), Text: wanted(view, &record), Causes: ancestors(view, record.Cause.Upstream, most-1),
	}}
}
