package render

import (
	"fmt"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Resources is a list of resource groups. Of those who wait the first few are
// named.
func (s Style) Resources(list []rpc.Resource) string {
	rows := make([][]string, len(list))
	for i, r := range list {
		holder := "-"
		if r.Holder != nil {
			holder = Line(r.Holder.Run + "/" + r.Holder.Step)
		}
		rows[i] = []string{s.paint(bold, Line(r.Name)), Line(r.Mode), holder, waiting(r.Waiting)}
	}
	return s.table([]string{"RESOURCE", "MODE", "HAS IT", "WAITING"}, rows)
}

func waiting(steps []rpc.ResourceStep) string {
	const named = 3
	if len(steps) == 0 {
		return "-"
	}
	var names []string
	for _, step := range steps[:min(named, len(steps))] {
		names = append(names, Line(step.Run+"/"+step.Step))
	}
	if more := len(steps) - named; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
