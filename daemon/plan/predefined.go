package plan

import (
	"strconv"
	"time"

	"github.com/penstock/penstock/daemon/run"
)

// addPredefined puts into the environment of a step what its run is and why it
// exists. Nobody can set these: names that begin with PENSTOCK_ are refused of
// everybody. What the run has not is not set, so that a script can ask for it.
// The plugin adds what only it knows, such as the workspace.
func addPredefined(all map[string]string, p *run.Plan) {
	v := &p.Values
	all["PENSTOCK_REVISION"] = strconv.FormatUint(v.Revision, 10)
	all["PENSTOCK_PRIORITY"] = strconv.Itoa(v.Priority)
	for name, value := range map[string]string{
		"PENSTOCK_SOURCE": v.Source, "PENSTOCK_ACTOR": v.Actor, "PENSTOCK_TRIGGER": v.Trigger, "PENSTOCK_SCHEDULED_AT": v.ScheduledAt,
		"PENSTOCK_SCHEDULED_UNIX": unix(v.ScheduledAt), "PENSTOCK_RUN_NAME": v.Name, "PENSTOCK_SUB_QUEUE": v.SubQueue,
		"PENSTOCK_UPSTREAM": v.Upstream,
	} {
		if value != "" {
			all[name] = value
		}
	}
	for _, name := range []string{nodeIndex, nodeTotal} {
		if all[name] == "" {
			all[name] = "1"
		}
	}
}

// The variables of a cell.
const (
	nodeIndex = "PENSTOCK_NODE_INDEX"
	nodeTotal = "PENSTOCK_NODE_TOTAL"
)

// unix is a time of RFC 3339 as seconds since 1970; "" is none.
func unix(moment string) string {
	t, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}
