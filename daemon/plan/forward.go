package plan

import (
	"maps"
	"strings"

	"github.com/penstock/penstock/daemon/run"
)

// Forwarded are the variables that a step hands down to the run that it stands
// for: those of the text that it sees, which is GitLab's yaml_variables. What
// the run was given counts only for the templates that name it, and what the
// daemon adds of its own (PENSTOCK_*) stays with the step. Outputs are as in
// [Environment].
func Forwarded(p *run.Plan, step int, outputs map[string]map[string]string) (map[string]string, error) {
	b := begin{plan: p, step: &p.Steps[step], outputs: outputs}
	all, visible := map[string]string{}, map[string]string{}
	for _, level := range b.levels() {
		late, err := b.late(level.late, visible, nil)
		if err != nil {
			return nil, err
		}
		for _, values := range []map[string]string{level.early, late} {
			maps.Copy(all, values)
			maps.Copy(visible, values)
		}
		maps.Copy(visible, p.Values.Variables)
	}
	maps.DeleteFunc(all, func(name, _ string) bool { return strings.HasPrefix(name, "PENSTOCK_") })
	return all, nil
}
