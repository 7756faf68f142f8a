package simulation

import (
	"fmt"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// Run is how the run stands, in the words of the protocol.
func (w *World) Run() *rpc.Run {
	st := &w.run.State
	told := rpc.Run{
		RunSummary: rpc.RunSummary{
			Name: fmt.Sprintf("%s/%d", w.plan.Pipeline, w.plan.Number), ID: w.plan.RunID, Number: w.plan.Number,
			Pipeline: w.plan.Pipeline, Revision: w.plan.Values.Revision, Status: string(st.Status), Warnings: st.Warnings,
			Cause:     rpc.Cause{Source: w.plan.Values.Source, Actor: w.plan.Values.Actor},
			CreatedAt: st.CreatedAt, StartedAt: moment(st.StartedAt),
		},
		Sequence: st.Sequence, Stages: make([]rpc.RunStage, len(w.plan.Stages)),
	}
	for i := range told.Stages {
		told.Stages[i] = rpc.RunStage{Name: w.plan.Stages[i].Name, Status: string(w.run.StageStatus(i)), Steps: []rpc.RunStep{}}
	}
	for i := range w.plan.Steps {
		stage := &told.Stages[w.plan.Steps[i].Stage]
		stage.Steps = append(stage.Steps, w.step(i))
	}
	return &told
}

func (w *World) step(i int) rpc.RunStep {
	p, s := &w.plan.Steps[i], &w.run.Steps[i]
	told := rpc.RunStep{
		Name: p.Name, Uses: p.Uses, Status: string(s.Status), AllowFailure: p.AllowFailure, Attempts: []rpc.RunAttempt{},
	}
	for _, n := range p.Needs {
		told.Needs = append(told.Needs, w.plan.Steps[n].Name)
	}
	for k := range s.Attempts {
		told.Attempts = append(told.Attempts, attempt(&s.Attempts[k]))
	}
	if a := s.Latest(); a != nil {
		told.Outputs = a.Outputs
	}
	return told
}

func attempt(a *run.Attempt) rpc.RunAttempt {
	return rpc.RunAttempt{
		Number: a.Number, Status: string(a.Status), FailureReason: string(a.FailureReason), ExitCode: a.ExitCode,
		Message: a.Message, StartedAt: moment(a.DecidedAt), FinishedAt: moment(a.FinishedAt),
	}
}

func moment(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
