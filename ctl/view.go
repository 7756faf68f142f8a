package ctl

import (
	"reflect"

	"github.com/penstock/penstock/rpc"
)

// view is a run as far as the news of it have come.
type view struct {
	run   rpc.Run
	place map[place]*rpc.RunStep // into run
	stage map[string]*rpc.RunStage
}

type place struct{ stage, step string }

// take brings the view up to date and returns the steps that are not as they
// were. At the first news those are the ones that have begun or ended.
func (v *view) take(news *rpc.RunWatchResponse) []rpc.StepChange {
	v.run.RunSummary, v.run.Sequence = news.Run, news.Sequence
	if news.Whole != nil {
		return v.replace(news.Whole)
	}
	touched := make(map[string]bool)
	for _, c := range news.Steps {
		if step := v.place[place{c.Stage, c.Name}]; step != nil {
			*step = c.RunStep
			touched[c.Stage] = true
		}
	}
	for name := range touched {
		v.stage[name].Status = stageStatus(v.stage[name].Steps)
	}
	return news.Steps
}

func (v *view) replace(stages []rpc.RunStage) []rpc.StepChange {
	before := v.place
	v.run.Stages = stages
	v.place, v.stage = make(map[place]*rpc.RunStep), make(map[string]*rpc.RunStage)
	var changes []rpc.StepChange
	for i := range stages {
		v.stage[stages[i].Name] = &stages[i]
		for j := range stages[i].Steps {
			step := &stages[i].Steps[j]
			at := place{stages[i].Name, step.Name}
			v.place[at] = step
			if old := before[at]; old == nil && step.Status != "created" || old != nil && !reflect.DeepEqual(*old, *step) {
				changes = append(changes, rpc.StepChange{Stage: at.stage, RunStep: *step})
			}
		}
	}
	return changes
}

// stageStatus estimates a stage's status from its steps while news come
// without it, in the order that matters to a watcher. The daemon's own word
// follows with the next whole answer.
func stageStatus(steps []rpc.RunStep) string {
	has := make(map[string]bool)
	for _, step := range steps {
		status := step.Status
		if step.AllowFailure && (status == "failed" || status == "canceled") {
			status = "success"
		}
		has[status] = true
	}
	begun := has["success"] || has["failed"] || has["canceled"]
	switch {
	case has["running"], begun && (has["pending"] || has["created"]):
		return "running"
	}
	for _, status := range []string{"pending", "canceling", "created", "failed", "canceled", "success"} {
		if has[status] {
			return status
		}
	}
	return "skipped"
}
