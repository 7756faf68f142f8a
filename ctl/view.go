package ctl

import "github.com/penstock/penstock/rpc"

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
	for _, stage := range news.Stages {
		if known := v.stage[stage.Name]; known != nil {
			known.Status = stage.Status
		}
	}
	var changes []rpc.StepChange
	for _, c := range news.Steps {
		if step := v.place[place{c.Stage, c.Name}]; step != nil {
			if moved(step, &c.RunStep) {
				changes = append(changes, c)
			}
			*step = c.RunStep
		}
	}
	return changes
}

// moved reports whether a step is further than it was; a log that was sealed
// meanwhile is no news to a watcher.
func moved(old, now *rpc.RunStep) bool {
	return old.Status != now.Status || len(old.Attempts) != len(now.Attempts)
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
			if old := before[at]; old == nil && step.Status != "created" || old != nil && moved(old, step) {
				changes = append(changes, rpc.StepChange{Stage: at.stage, RunStep: *step})
			}
		}
	}
	return changes
}
