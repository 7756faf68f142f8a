package render

import (
	"time"

	"github.com/penstock/penstock/rpc"
)

func attempts(all ...rpc.RunAttempt) []rpc.RunAttempt {
	for i := range all {
		all[i].Number = i + 1
	}
	return all
}

func failedAttempt(reason string) rpc.RunAttempt {
	return rpc.RunAttempt{Status: "failed", FailureReason: reason, StartedAt: at(80 * time.Second), FinishedAt: at(70 * time.Second)}
}

// waitingRun has a step for each way not to begin, and for each thing that
// people do to steps.
func waitingRun() rpc.Run {
	summary := rpc.RunSummary{
		Name: "release/7", ID: 9, Number: 7, Pipeline: "release", Revision: 2, Status: "manual", SubQueue: "eu", Priority: -5,
		Cause: rpc.Cause{Source: "command", Actor: "alice"}, CreatedAt: before(5 * time.Minute), StartedAt: at(2 * time.Minute),
		QueuedDuration: 180, Duration: took(30),
	}
	return rpc.Run{
		RunSummary: summary,
		Inputs:     map[string]any{"version": "1.4\x1b[2J", "keep": 7.0, "hosts": []any{"a", "b"}},
		Variables:  map[string]string{"DRY_RUN": "1"},
		Stages:     []rpc.RunStage{testStage(), deployStage()},
		Absent:     []rpc.AbsentStep{{Stage: "deploy", Name: "beta", Reason: `rule 1: if inputs.keep > 9 does not hold`}},
	}
}

func testStage() rpc.RunStage {
	cell := func(address, values, status string, of ...rpc.RunAttempt) rpc.RunStep {
		return rpc.RunStep{Name: "test: " + values, Address: address, Matrix: "test", Status: status, Attempts: attempts(of...)}
	}
	ok := rpc.RunAttempt{Status: "success", StartedAt: at(60 * time.Second), FinishedAt: at(50 * time.Second)}
	again := cell("test@3", "[mac, a/b]", "scheduled", failedAttempt("script_failure"))
	again.DueAt, again.MaxAttempts = at(-30*time.Second), 3
	lost := rpc.RunStep{Name: "lint", Status: "failed", MaxAttempts: 3, AllowFailure: true,
		Attempts: attempts(failedAttempt("lost"), failedAttempt("lost"), failedAttempt("script_failure"))}
	copies := rpc.RunStep{Name: "load 1/2", Address: "load@1", Matrix: "load", Status: "success", Attempts: attempts(ok),
		Outputs: map[string]string{"lines": "one\ntwo"}}
	return rpc.RunStage{Name: "test", Status: "running", Steps: []rpc.RunStep{
		cell("test@1", "[linux, a/b]", "success", ok), cell("test@2", "[bsd, a/b]", "success", ok), again, lost, copies,
	}}
}

func deployStage() rpc.RunStage {
	pause := rpc.Pause{At: before(time.Hour), Actor: "bob", Reason: "not on\nFridays", Until: at(-48 * time.Hour)}
	over := rpc.Pause{At: before(time.Hour), Actor: "bob", Until: at(0)}
	redone := rpc.RunStep{Name: "again", Status: "running",
		RequestedBy: &rpc.StepRequest{At: before(time.Minute), Actor: "carol"},
		Attempts:    attempts(failedAttempt("script_failure"), rpc.RunAttempt{Status: "running", StartedAt: at(time.Second)})}
	erased := failedAttempt("script_failure")
	erased.Erased = &rpc.Erasure{At: before(time.Second), Actor: "dora"}
	return rpc.RunStage{Name: "deploy", Status: "manual", Steps: []rpc.RunStep{
		{Name: "prod", Status: "manual", Confirmation: "Sure?"},
		{Name: "optional", Status: "manual", AllowFailure: true},
		{Name: "later", Status: "scheduled", DueAt: at(-30 * time.Hour)},
		{Name: "soon", Status: "scheduled", DueAt: at(time.Second)},
		{Name: "locked", Status: "waiting_for_resource", ResourceGroup: "production"},
		{Name: "paused", Status: "skipped", SkipReason: "paused", Paused: &pause},
		{Name: "to-come", Status: "created", Paused: &pause},
		{Name: "left-out", Status: "skipped", SkipReason: "skip", SkipMessage: "skip = true in the stage"},
		{Name: "not-admitted", Status: "skipped", SkipReason: "not_admitted"},
		{Name: "old", Status: "canceled", Stopped: &rpc.Stop{At: before(time.Minute), Run: "release/8"}},
		{Name: "older", Status: "canceled", Stopped: &rpc.Stop{Actor: "penstock", Run: "release/8", Note: `overlap = "cancel"`}},
		{Name: "skipped-again", Status: "skipped", SkipReason: "not_admitted", Attempts: attempts(failedAttempt("lost"), failedAttempt("lost"))},
		{Name: "held-back", Status: "manual", Paused: &pause},
		{Name: "held-once", Status: "manual", Paused: &over},
		{Name: "unwanted", Status: "canceled", Stopped: &rpc.Stop{At: before(time.Minute), Actor: "bob", Note: "no"}},
		redone,
		{Name: "unscheduled", Status: "manual", RequestedBy: &rpc.StepRequest{Actor: "erin"}},
		{Name: "again-by-hand", Status: "manual", When: "manual", RequestedBy: &rpc.StepRequest{Actor: "erin"}},
		{Name: "too-late", Status: "failed", Stopped: &rpc.Stop{Actor: "penstock", Note: "it waited for longer than 2s", FailureReason: "stuck_or_timeout"}},
		{Name: "by-hand", Status: "failed", MaxAttempts: 1, Attempts: attempts(failedAttempt("lost"), failedAttempt("lost"))},
		{Name: "secret", Status: "failed", Attempts: attempts(erased)},
		child("works", "running", "running"), child("asks", "manual", "manual"), child("done", "success", "success"), child("broken", "failed", "failed"), deletedChild(),
	}}
}

// child is a step that stands for another run.
func child(name, status, run string) rpc.RunStep {
	a := rpc.RunAttempt{Status: status, StartedAt: at(80 * time.Second), Downstream: &rpc.Downstream{
		Run: name + "/7", ID: 12, Status: run, Warnings: run == "success",
	}}
	if ended(status) {
		a.FinishedAt = at(70 * time.Second)
	}
	if status == "failed" {
		a.FailureReason, a.Message = "downstream_pipeline_failed", name+"/7 ended as failed"
	}
	return rpc.RunStep{Name: name, Uses: "pipeline", Status: status, Attempts: attempts(a)}
}

func deletedChild() rpc.RunStep {
	step := child("gone", "success", "success")
	step.Attempts[0].Downstream.Deleted = true
	return step
}

func heldSummary() rpc.RunSummary {
	return rpc.RunSummary{Name: "a/2", ID: 3, Number: 2, Pipeline: "a", Status: "created", Held: true,
		Cause: rpc.Cause{Source: "command"}, CreatedAt: before(time.Minute), QueuedDuration: 60}
}

func sampleExplanation() rpc.Explanation {
	lint := rpc.Explanation{Subject: "test/lint", Status: "running", Since: at(time.Hour), Text: "attempt 1 works"}
	return rpc.Explanation{
		Subject: "release/7/deploy/prod", Status: "created", Since: at(5 * time.Minute),
		Text: "it waits for the stages before its own", Release: "it is decided when these are over\x1b[2J",
		Causes: rpc.Causes{{Subject: "test/test: [mac, a/b]", Status: "scheduled", Since: at(time.Minute), Text: "its retry is due later",
			Causes: rpc.Causes{lint, {Text: "and 3 more"}}}, lint},
	}
}

func sampleResources() []rpc.Resource {
	step := func(run string) rpc.ResourceStep {
		return rpc.ResourceStep{Run: run, Step: "deploy/prod", Status: "running"}
	}
	holder := step("a/1")
	return []rpc.Resource{
		{Name: "production", Mode: "oldest_first", Holder: &holder, Waiting: []rpc.ResourceStep{step("a/2"), step("a/3"), step("a/4"), step("a/5")}},
		{Name: "free", Mode: "unordered"},
	}
}

func pausedPipelines() []rpc.Pipeline {
	return []rpc.Pipeline{{Name: "weekly", Revision: 1, Stages: 1, Steps: 1, Pauses: []rpc.Pause{
		{At: before(2 * time.Hour), Actor: "alice", Reason: "the disk is\nfull", Until: at(-24 * time.Hour)},
		{Stage: "deploy", Step: "prod", At: before(time.Minute), Actor: "bob"},
	}}}
}
