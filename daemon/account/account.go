// Package account gives an account of a run in the words of the protocol.
//
// It owns how what happens (package run) becomes what is told of it (package
// rpc): which of the many times, reasons and persons a step has are told, under
// which name, and what is left out because it was never so. It is values in,
// values out, so the daemon and a simulation tell the same run alike. It refuses
// to look anything up: what a run does not know of itself, such as who started it
// or which others stand before it, is for the caller to add.
package account

import (
	"slices"
	"time"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// Summary is what a run knows of itself in a list: how it stands, and its times
// up to now.
func Summary(s *run.State, now time.Time) rpc.RunSummary {
	return rpc.RunSummary{
		Status: string(s.Status), Warnings: s.Warnings, Held: s.Held,
		CreatedAt: s.CreatedAt, StartedAt: Moment(s.StartedAt), FinishedAt: Moment(finished(s)),
		Duration: duration(s, now), QueuedDuration: s.Queued(now).Seconds(),
	}
}

// finished is when the run ended; a run that lives again has not.
func finished(s *run.State) time.Time {
	if !s.Status.Complete() {
		return time.Time{}
	}
	return s.FinishedAt
}

// Moment is a time; the zero time is none.
func Moment(t time.Time) *time.Time {
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

// Message is what a person should know of a run beside its steps.
func Message(s *run.State) string {
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

// Stages are the stages of a run with their steps.
func Stages(r *run.Run) []rpc.RunStage {
	all := make([]rpc.RunStage, len(r.Plan.Stages))
	for i := range all {
		all[i] = rpc.RunStage{
			Name: r.Plan.Stages[i].Name, Status: string(r.StageStatus(i)), Steps: []rpc.RunStep{},
		}
	}
	for i := range r.Steps {
		stage := &all[r.Plan.Steps[i].Stage]
		stage.Steps = append(stage.Steps, Step(r.Plan, i, &r.Steps[i]))
	}
	return all
}

// Step is step i of a plan as s says that it stands.
func Step(plan *run.Plan, i int, s *run.Step) rpc.RunStep {
	p := &plan.Steps[i]
	step := rpc.RunStep{
		Name: p.Name, Address: p.Address, Matrix: matrix(plan, i), Uses: p.Uses,
		Status: string(s.Status), Since: Moment(s.Since), When: when(p.When), AllowFailure: mayFail(p, s),
		Confirmation: p.Confirmation, SkipReason: string(s.Skipped), ResourceGroup: p.ResourceGroup,
		RequestedBy: stepRequest(s.Requested), Paused: stepPause(s.Paused), Stopped: stop(s.Stopped),
		Attempts: []rpc.RunAttempt{},
	}
	if s.Skipped == run.LeftOut {
		step.SkipMessage = p.Skip
	}
	if s.Status == run.Scheduled {
		step.DueAt = Moment(s.DueAt)
	}
	if p.Retry.Max > 0 {
		step.MaxAttempts = 1 + p.Retry.Max
	}
	for _, n := range p.Needs {
		step.Needs = append(step.Needs, plan.Steps[n].Name)
	}
	for k := range s.Attempts {
		step.Attempts = append(step.Attempts, attempt(&s.Attempts[k]))
	}
	if a := s.Latest(); a != nil {
		step.Outputs = a.Outputs
	}
	return step
}

// when is told where it is not the usual.
func when(w run.When) string {
	if w == run.OnSuccess {
		return ""
	}
	return string(w)
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
	return p.AllowFailure || s.Status == run.Failed && s.Stopped == nil && a != nil && a.ExitCode != nil &&
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
	return &rpc.Pause{At: p.At, Actor: p.Actor, Reason: p.Reason, Until: Moment(p.Until)}
}

func stop(c *run.Cancellation) *rpc.Stop {
	if c == nil {
		return nil
	}
	return &rpc.Stop{At: c.At, Actor: c.Actor, Note: c.Note, Run: c.Run, FailureReason: string(c.Reason)}
}

// Absent lists the steps that rules left out.
func Absent(plan *run.Plan) (steps []rpc.AbsentStep) {
	for _, a := range plan.Absent {
		steps = append(steps, rpc.AbsentStep{Stage: a.Stage, Name: a.Name, Reason: a.Why})
	}
	return steps
}
