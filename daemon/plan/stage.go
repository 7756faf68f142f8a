package plan

import (
	"fmt"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// stages puts the steps into the plan, stage by stage. A stage without steps
// is not in it.
func (r *resolver) stages() {
	r.titles()
	for k := range r.pipeline.Stages {
		if r.stage(&r.pipeline.Stages[k]); r.full() {
			return
		}
	}
	if len(r.plan.Steps) == 0 && len(r.problems) == 0 {
		r.refuse(Empty, "the rules leave no step in the run%s", r.absences())
	}
}

// full refuses a run that is too large, once.
func (r *resolver) full() bool {
	switch {
	case r.weight > maxText && !r.refused:
		r.refuse(TooLarge, "the settings and variables of the run's steps have more than %d MiB together", maxText>>20)
	case len(r.plan.Steps) > maxSteps && !r.refused:
		r.refuse(TooLarge, "the run has more than %d steps", maxSteps)
	default:
		return r.refused
	}
	r.refused = true
	return true
}

// weigh counts what a step holds.
func (r *resolver) weigh(bytes int) { r.weight += bytes }

func (r *resolver) stage(stage *config.Stage) {
	at := &place{name: fmt.Sprintf("stage %q: ", stage.Name), names: r.global}
	t := r.evaluate(stage.Variables, at)
	within := r.inside(r.global, t)
	first := len(r.plan.Steps)
	for i := range stage.Steps {
		if r.step(stage, &stage.Steps[i], within); r.full() {
			return
		}
	}
	if len(r.plan.Steps) > first {
		r.plan.Stages = append(r.plan.Stages, run.PlanStage{
			Name: stage.Name, Serial: stage.Order == config.Serial, Environment: t.early, Late: t.late,
		})
	}
}

// absences says why the first steps are not in the run.
func (r *resolver) absences() string {
	const most = 5
	var all []string
	for _, a := range r.plan.Absent[:min(len(r.plan.Absent), most)] {
		all = append(all, a.Name+": "+a.Why)
	}
	if more := len(r.plan.Absent) - most; more > 0 {
		all = append(all, fmt.Sprintf("… and %d more", more))
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, "; ") + ")"
}
