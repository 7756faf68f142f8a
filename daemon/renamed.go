package daemon

import (
	"fmt"
	"strings"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// renamed puts the names that runs have now into what one said of itself: it
// knows those that its pipeline, and the runs that its steps stand for, had when
// they were made. Of what is deleted the old name stays.
func (d *Daemon) renamed(x *statement) *statement {
	if x == nil {
		return nil
	}
	view := d.store.View()
	defer view.Close()
	old := run.Name(x.plan.Pipeline, x.plan.Number)
	x.name = nameNow(view, x.plan.RunID, old)
	if x.said.Subject == old {
		x.said.Subject = x.name
	}
	x.renameRuns(view, &x.said)
	return x
}

// renameRuns names the runs anew that the steps of said stand for.
func (x *statement) renameRuns(view *store.View, said *run.Explanation) {
	if child, ok := x.runs[said.Step]; ok {
		now := nameNow(view, child.ID, child.Name)
		said.Text = strings.ReplaceAll(said.Text, child.Name, now)
		said.Release = strings.ReplaceAll(said.Release, child.Name, now)
	}
	for k := range said.Causes {
		x.renameRuns(view, &said.Causes[k])
	}
}

// nameNow is the name of a run that had the name old; that where it cannot be
// read.
func nameNow(view *store.View, id uint64, old string) string {
	record, pipeline, err := findRun(view, fmt.Sprint(id))
	if err != nil {
		return old
	}
	return run.Name(pipeline.Name, record.Number)
}
