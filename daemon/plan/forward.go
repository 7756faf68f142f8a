package plan

import (
	"maps"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// Forwarded are the variables that go down from a step to the run that it stands
// for, each over those before it: what the text says, what the run was given,
// what the step gives, what a person gave the step. The first two count as
// d.Forward has it. Outputs are as in [Environment].
func Forwarded(p *run.Plan, step int, d *config.Downstream, play map[string]string, outputs map[string]map[string]string) (map[string]string, error) {
	all := map[string]string{}
	var given map[string]string
	if d.Forward.PipelineVariables {
		given = p.Values.Variables
	}
	if d.Forward.YAMLVariables {
		b := begin{plan: p, step: &p.Steps[step], outputs: outputs}
		text, err := b.text(given)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, text)
	}
	maps.Copy(all, given)
	maps.Copy(all, d.Variables)
	maps.Copy(all, play)
	return all, nil
}

// text are the variables of the text that the step sees, GitLab's
// yaml_variables. What the run was given counts only for the templates that name
// it; those whose place it takes, which are over them, are not evaluated. What the
// daemon adds of its own (PENSTOCK_*) stays with the step.
func (b *begin) text(over map[string]string) (map[string]string, error) {
	all, visible := map[string]string{}, map[string]string{}
	for _, level := range b.levels() {
		late, err := b.late(level.late, visible, over)
		if err != nil {
			return nil, err
		}
		for _, values := range []map[string]string{level.early, late} {
			maps.Copy(all, values)
			maps.Copy(visible, values)
		}
		maps.Copy(visible, b.plan.Values.Variables)
	}
	maps.DeleteFunc(all, func(name, _ string) bool { return strings.HasPrefix(name, "PENSTOCK_") })
	return all, nil
}
