package daemon

import (
	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// planOf resolves a definition into what a run of it will do. The run's numbers
// are the engine's to give.
func planOf(p *config.Pipeline) run.Plan {
	plan := run.Plan{
		Workspace: run.Workspace(p.Workspace), Environment: environment(p.Variables),
	}
	index := map[string]int{}
	for k := range p.Stages {
		stage := &p.Stages[k]
		plan.Stages = append(plan.Stages, run.PlanStage{
			Name: stage.Name, Serial: stage.Order == config.Serial, Environment: environment(stage.Variables),
		})
		for i := range stage.Steps {
			index[stage.Steps[i].Name] = len(plan.Steps)
			plan.Steps = append(plan.Steps, planStep(k, &stage.Steps[i]))
		}
	}
	resolveNeeds(p, &plan, index)
	return plan
}

func planStep(stage int, s *config.Step) run.PlanStep {
	return run.PlanStep{
		Name: s.Name, Stage: stage, Uses: s.Uses, With: s.With, Environment: environment(s.Variables),
		Dir: s.Dir, When: run.When(s.When), AllowFailure: s.AllowFailure.Always, Timeout: s.Timeout,
		HasNeeds: s.HasNeeds,
	}
}

func resolveNeeds(p *config.Pipeline, plan *run.Plan, index map[string]int) {
	i := 0
	for k := range p.Stages {
		for _, s := range p.Stages[k].Steps {
			for _, need := range s.Needs {
				plan.Steps[i].Needs = append(plan.Steps[i].Needs, index[need.Step])
			}
			i++
		}
	}
}

func environment(variables []config.Variable) map[string]string {
	if len(variables) == 0 {
		return nil
	}
	all := map[string]string{}
	for _, v := range variables {
		all[v.Name] = v.Value
	}
	return all
}
