package daemon

import (
	"fmt"
	"slices"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// summarize is a run as a list shows it.
func summarize(r store.Run, pipeline string, now time.Time) rpc.RunSummary {
	return rpc.RunSummary{
		Name: fmt.Sprintf("%s/%d", pipeline, r.Number), ID: r.ID, Number: r.Number,
		Pipeline: pipeline, Revision: r.Revision,
		Status: string(r.State.Status), Warnings: r.State.Warnings, Held: r.State.Held,
		SubQueue: r.SubQueue, Priority: r.Priority, Cause: cause(r.Cause),
		CreatedAt: r.State.CreatedAt, StartedAt: moment(r.State.StartedAt),
		FinishedAt: moment(finished(&r.State)), Duration: duration(&r.State, now),
		QueuedDuration: r.State.Queued(now).Seconds(),
	}
}

func cause(c store.Cause) rpc.Cause {
	answer := rpc.Cause{Source: c.Source, Actor: c.Actor, Note: c.Note}
	if c.UID >= 0 {
		answer.UID = &c.UID
	}
	return answer
}

// finished is when the run ended; a run that lives again has not.
func finished(s *run.State) time.Time {
	if !s.Status.Complete() {
		return time.Time{}
	}
	return s.FinishedAt
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func duration(s *run.State, now time.Time) *float64 {
	if s.StartedAt.IsZero() {
		return nil
	}
	seconds := s.Duration(now).Seconds()
	return &seconds
}

// runMessage is what a person should know of a run beside its steps.
func runMessage(s *run.State) string {
	c := s.Cancel
	if c == nil {
		return ""
	}
	message := "canceled by " + c.Actor
	switch {
	case c.Run != "":
		message = "made redundant by " + c.Run
	case c.Force:
		message = "killed by " + c.Actor
	}
	if c.Note != "" {
		message += ": " + c.Note
	}
	return message
}

func stages(r *run.Run) []rpc.RunStage {
	all := make([]rpc.RunStage, len(r.Plan.Stages))
	for i := range all {
		all[i] = rpc.RunStage{
			Name: r.Plan.Stages[i].Name, Status: string(r.StageStatus(i)), Steps: []rpc.RunStep{},
		}
	}
	for i := range r.Steps {
		stage := &all[r.Plan.Steps[i].Stage]
		stage.Steps = append(stage.Steps, runStep(r.Plan, i, &r.Steps[i]))
	}
	return all
}

func runStep(plan *run.Plan, i int, s *run.Step) rpc.RunStep {
	p := &plan.Steps[i]
	step := rpc.RunStep{
		Name: p.Name, Address: p.Address, Matrix: matrix(plan, i), Uses: p.Uses,
		Status: string(s.Status), Since: moment(s.Since), When: string(p.When), AllowFailure: mayFail(p, s),
		Confirmation: p.Confirmation, SkipReason: string(s.Skipped), ResourceGroup: p.ResourceGroup,
		RequestedBy: stepRequest(s.Requested), Paused: stepPause(s.Paused), Stopped: stop(s.Stopped),
		Attempts: []rpc.RunAttempt{},
	}
	if s.Status == run.Scheduled {
		step.DueAt = moment(s.DueAt)
	}
	if p.Retry.Max > 0 {
		step.MaxAttempts = 1 + p.Retry.Max
	}
	for _, n := range p.Needs {
		step.Needs = append(step.Needs, plan.Steps[n].Name)
	}
	for k := range s.Attempts {
		step.Attempts = append(step.Attempts, runAttempt(&s.Attempts[k]))
	}
	if a := s.Latest(); a != nil {
		step.Outputs = a.Outputs
	}
	return step
}

// matrix names the step of the text that step i is a cell of.
func matrix(plan *run.Plan, i int) string {
	if group := plan.Steps[i].Group; group > 0 {
		return plan.Groups[group-1].Name
	}
	return ""
}

// mayFail reports whether a step may fail; where it has failed, whether it may
// fail as it did.
func mayFail(p *run.PlanStep, s *run.Step) bool {
	a := s.Latest()
	return p.AllowFailure || s.Status == run.Failed && a != nil && a.ExitCode != nil &&
		slices.Contains(p.AllowExitCodes, *a.ExitCode)
}

func stepRequest(q *run.Request) *rpc.StepRequest {
	if q == nil {
		return nil
	}
	return &rpc.StepRequest{At: q.At, Actor: q.Actor, Variables: q.Variables}
}

func stepPause(p *run.Paused) *rpc.Pause {
	if p == nil {
		return nil
	}
	return &rpc.Pause{At: p.At, Actor: p.Actor, Reason: p.Reason, Until: moment(p.Until)}
}

func stop(c *run.Cancellation) *rpc.Stop {
	if c == nil {
		return nil
	}
	return &rpc.Stop{At: c.At, Actor: c.Actor, Note: c.Note, Run: c.Run}
}

// absent lists the steps that rules left out.
func absent(plan *run.Plan) (steps []rpc.AbsentStep) {
	for _, a := range plan.Absent {
		steps = append(steps, rpc.AbsentStep{Stage: a.Stage, Name: a.Name, Reason: a.Why})
	}
	return steps
}

func runAttempt(a *run.Attempt) rpc.RunAttempt {
	return rpc.RunAttempt{
		Number: a.Number, Status: string(a.Status), FailureReason: string(a.FailureReason),
		ExitCode: a.ExitCode, Message: a.Message, ReadyAt: moment(a.ReadyAt),
		StartedAt: moment(begun(a)), FinishedAt: moment(a.FinishedAt),
		Plugin: a.Plugin, Leftovers: a.Leftovers, Log: attemptLog(a.Log), Erased: erasedBy(a.Erase),
	}
}

func erasedBy(e *run.Erasure) *rpc.Erasure {
	if e == nil {
		return nil
	}
	return &rpc.Erasure{At: e.At, Actor: e.Actor}
}

// begun is when an attempt's work began; of one that runs the plugin has not
// told yet, so it is when it was decided.
func begun(a *run.Attempt) time.Time {
	if a.StartedAt.IsZero() && !a.Ended() {
		return a.DecidedAt
	}
	return a.StartedAt
}

func attemptLog(l *run.Log) *rpc.AttemptLog {
	if l == nil {
		return nil
	}
	return &rpc.AttemptLog{
		Size: l.Size, Missing: l.GapSize, SHA256: l.SHA256, Stored: l.Stored, Problem: l.Problem,
	}
}
