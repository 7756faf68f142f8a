package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/host"
	"github.com/penstock/penstock/daemon/logs"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/plugins/protocol"
)

// attempts turns what the engine is owed into what the host and the log store
// do: it knows where on the disk an attempt lives, and nothing else does.
//
//	<state>/attempts/<run id>.<step>.<attempt>/   while it is not sealed; step is its key
//	<state>/spare/                                emptied ones, for the next
//	<state>/workspaces/<run id>/                  until the run is deleted
//	<state>/logs/<run id>/                        until the run is deleted
type attempts struct {
	state  string
	host   *host.Host
	logs   *logs.Store
	limits atomic.Pointer[limits]
	begun  bell // an attempt has begun: it has a directory
	log    *slog.Logger
}

// limits are what each new attempt is given.
type limits struct {
	grace    time.Duration
	logLimit int64
}

// Launch is engine.Host's.
func (a *attempts) Launch(at engine.Attempt, report func(engine.Report)) {
	request, err := a.request(at)
	if err != nil {
		go report(engine.Report{Outcome: run.Outcome{Status: run.Failed, FailureReason: run.MissingDependency, Message: err.Error()}})
		return
	}
	a.host.Launch(host.Attempt{
		Directory: a.directory(at.Plan, at.Step, at.Number), Type: at.Plan.Steps[at.Step].Uses,
		BootID: at.BootID, Canceled: at.Canceled, Request: request, Payload: at.Plan.Values.Payload,
		Ground: a.ground(at.Plan, at.Step),
	}, func(r host.Report) {
		switch r.Kind {
		case host.Begun:
			a.begun.ring()
		case host.Ended:
			report(engine.Report{Outcome: outcome(r.Outcome), LogSize: r.Outcome.LogSize})
		}
	})
}

// Stop is engine.Host's.
func (a *attempts) Stop(name string, force bool) { a.host.Stop(name, force) }

// request is what the plugin is asked to do. Its error says that what the step
// reads of others makes no settings, or no environment, for it: an output is
// missing, or is not what its place takes.
func (a *attempts) request(at engine.Attempt) (protocol.Request, error) {
	p, step := at.Plan, &at.Plan.Steps[at.Step]
	settings, err := plan.Settings(p, at.Step, at.Outputs)
	if err != nil {
		return protocol.Request{}, err
	}
	environment, err := plan.Environment(p, at.Step, at.Variables, at.Outputs)
	if err != nil {
		return protocol.Request{}, err
	}
	if p.Values.Payload != "" {
		addPayload(environment, filepath.Join(a.directory(p, at.Step, at.Number), protocol.PayloadFile))
	}
	limits := a.limits.Load()
	return protocol.Request{
		Attempt:  p.AttemptName(at.Step, at.Number),
		Pipeline: p.Pipeline, Run: p.Number, RunID: p.RunID,
		Stage: p.Stages[step.Stage].Name, Step: step.Name, Number: at.Number,
		Settings: settings, Environment: environment,
		Workspace: filepath.Join(a.ground(p, at.Step), step.Dir), Timeout: step.Timeout, SilenceTimeout: step.SilenceTimeout,
		Grace: limits.grace, LogLimit: limits.logLimit,
	}, nil
}

// addPayload tells a step where the payload of its run lies. The second name is
// GitLab's; a variable of the pipeline that has it stays.
func addPayload(environment map[string]string, path string) {
	environment[protocol.EnvPayload] = path
	if _, taken := environment["TRIGGER_PAYLOAD"]; !taken {
		environment["TRIGGER_PAYLOAD"] = path
	}
}

// ground is the workspace of a step: the run's, or its own.
func (a *attempts) ground(p *run.Plan, i int) string {
	if p.Workspace == run.WorkspaceStep {
		return filepath.Join(a.workspaces(p.RunID), p.Key(i))
	}
	return a.workspaces(p.RunID)
}

func (a *attempts) workspaces(run uint64) string {
	return filepath.Join(a.state, "workspaces", fmt.Sprint(run))
}

func (a *attempts) directory(plan *run.Plan, step, attempt int) string {
	return filepath.Join(a.state, "attempts", fmt.Sprintf("%d.%s.%d", plan.RunID, plan.Key(step), attempt))
}

// Seal is engine.Archive's.
func (a *attempts) Seal(plan *run.Plan, step, attempt int) run.Log {
	sealed, err := a.logs.Seal(logs.Key{Run: plan.RunID, Step: step, Attempt: attempt}, a.directory(plan, step, attempt))
	log := run.Log{
		Size: sealed.Size, GapStart: sealed.GapStart, GapSize: sealed.GapSize,
		Lines: sealed.Lines, SHA256: sealed.SHA256, Stored: sealed.Stored,
	}
	if err != nil {
		log.Problem = err.Error()
		a.log.Error("a log cannot be sealed; its files stay where they are",
			"attempt", plan.AttemptName(step, attempt), "directory", a.directory(plan, step, attempt), "error", err)
	}
	return log
}

// Sweep is engine.Archive's.
func (a *attempts) Sweep(plan *run.Plan, step, attempt int) {
	if err := a.host.Discard(a.directory(plan, step, attempt)); err != nil {
		a.log.Warn("an attempt's directory stays behind", "error", err)
	}
}

// Erase is engine.Archive's.
func (a *attempts) Erase(plan *run.Plan, step, attempt int) error {
	err := a.logs.RemoveAttempt(logs.Key{Run: plan.RunID, Step: step, Attempt: attempt})
	if err != nil {
		a.log.Error("a log cannot be erased; it is tried again at the next start",
			"attempt", plan.AttemptName(step, attempt), "error", err)
	}
	return err
}

// removeRun removes the files of a run whose records are gone.
func (a *attempts) removeRun(id uint64) error {
	return errors.Join(a.logs.Remove(id), os.RemoveAll(a.workspaces(id)))
}

func outcome(o host.Outcome) run.Outcome {
	out := run.Outcome{
		Status: run.Status(o.Status), FailureReason: run.FailureReason(o.FailureReason),
		ExitCode: o.ExitCode, Message: o.Message, StartedAt: o.BegunAt, FinishedAt: o.EndedAt,
		Leftovers: o.Leftovers, Outputs: o.Outputs,
	}
	if o.Plugin.SHA256 != "" {
		out.Plugin = fmt.Sprintf("%s sha256:%s", o.Plugin.Version, o.Plugin.SHA256)
	}
	return out
}
