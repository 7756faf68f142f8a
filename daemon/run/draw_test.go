package run

import (
	"fmt"
	"time"

	"pgregory.net/rapid"
)

// odds is true once in n.
func odds(t *rapid.T, n int, label string) bool { return rapid.IntRange(1, n).Draw(t, label) == 1 }

// drawPlan is a plan of up to four stages with all kinds of edges and rules.
func drawPlan(t *rapid.T) *Plan {
	p := &Plan{RunID: 7, Pipeline: "p", Number: 3, CancelOnFailure: odds(t, 8, "on_step_failure")}
	if odds(t, 4, "run limit") {
		p.MaxParallel = rapid.IntRange(1, 3).Draw(t, "max_parallel")
	}
	if odds(t, 8, "run timeout") {
		p.Timeout = 20 * time.Second
	}
	for range rapid.IntRange(0, 2).Draw(t, "groups") {
		p.Groups = append(p.Groups, Group{
			Name: fmt.Sprint("g", len(p.Groups)), MaxParallel: rapid.IntRange(0, 2).Draw(t, "cells"), FailFast: odds(t, 3, "fail_fast"),
		})
	}
	for k := range rapid.IntRange(1, 4).Draw(t, "stages") {
		p.Stages = append(p.Stages, PlanStage{Name: fmt.Sprint("stage", k), Serial: odds(t, 4, "serial")})
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			p.Steps = append(p.Steps, drawStep(t, p, k))
		}
	}
	return p
}

func drawStep(t *rapid.T, p *Plan, stage int) PlanStep {
	i := len(p.Steps)
	whens := []When{"", OnSuccess, OnSuccess, OnFailure, Always, ByHand, Delayed}
	s := PlanStep{
		Name: fmt.Sprint("s", i), Stage: stage, Uses: "shell", When: rapid.SampledFrom(whens).Draw(t, "when"),
		AllowFailure: odds(t, 4, "allow"), HasNeeds: rapid.Bool().Draw(t, "dag"),
		Group: rapid.IntRange(0, len(p.Groups)).Draw(t, "group"),
	}
	if odds(t, 6, "codes") {
		s.AllowExitCodes = []int{3}
	}
	if odds(t, 4, "downstream") {
		s.Downstream = rapid.SampledFrom([]Strategy{StrategyNone, StrategyDepend, StrategyMirror}).Draw(t, "strategy")
	}
	if s.When == Delayed {
		s.StartIn = time.Duration(rapid.IntRange(1, 5).Draw(t, "start_in")) * time.Second
	}
	if odds(t, 4, "retry") {
		s.Retry = RetryRule{Max: rapid.IntRange(1, 2).Draw(t, "max"), Delay: time.Duration(rapid.IntRange(0, 3).Draw(t, "delay")) * time.Second}
	}
	if odds(t, 10, "skip") {
		s.Skip = "skip = true"
	}
	if odds(t, 6, "resource") {
		s.ResourceGroup = "prod"
	}
	if odds(t, 6, "waiting") {
		s.WaitingTimeout = 4 * time.Second
	}
	for n := range i {
		if s.HasNeeds && odds(t, 3, "need") {
			s.Needs = append(s.Needs, n)
		} else if odds(t, 10, "after") {
			s.After = append(s.After, n)
		}
	}
	return s
}

// drawEvent is what happens next: mostly the world does its work, at times a
// person interferes.
func drawEvent(t *rapid.T, r *Run, ready []int, now time.Time) Event {
	events := worldly(t, r, ready, now)
	if len(events) == 0 || odds(t, 4, "person") {
		events = personal(t, r, now)
	}
	return rapid.SampledFrom(events).Draw(t, "event")
}

// worldly is what the world owes the run.
func worldly(t *rapid.T, r *Run, ready []int, now time.Time) (events []Event) {
	for _, i := range ready {
		events = append(events, Begin{Step: i, At: now, BootID: "boot"})
	}
	for i := range r.Steps {
		for _, e := range r.Owed(i) {
			switch e.Kind {
			case Spawn:
				events = append(events, drawSpawn(t, i, e.Attempt, now))
			case Seal:
				events = append(events, Sealed{Step: i, Attempt: e.Attempt, At: now})
			case EraseLog:
				events = append(events, Erased{Step: i, Attempt: e.Attempt, At: now})
			default:
				events = append(events, Ended{Step: i, Attempt: e.Attempt, At: now, Outcome: drawOutcome(t, now)})
			}
		}
		if a := r.Steps[i].Latest(); a != nil && a.Downstream != nil && !a.Ended() {
			events = append(events, drawFollowed(t, i, a.Number, now))
		}
		if r.Steps[i].Status == WaitingForResource {
			events = append(events, Grant{Step: i, At: now})
		}
	}
	for i := -1; i < len(r.Steps); i++ {
		if at := r.Alarm(i); !at.IsZero() && !now.Before(at) {
			events = append(events, Due{Step: i, At: now})
		}
	}
	if r.State.Held {
		events = append(events, Release{At: now})
	}
	return events
}

// personal is what a person may ask, sensible or not.
func personal(t *rapid.T, r *Run, now time.Time) []Event {
	i := rapid.IntRange(0, len(r.Steps)-1).Draw(t, "step")
	some := []int{i}
	return []Event{
		Play{Steps: some, At: now, Actor: "x", Variables: map[string]string{"A": "b"}},
		Play{Steps: some, At: now, Actor: "x"},
		Enqueue{Steps: some, At: now},
		Unschedule{Steps: some, At: now, Actor: "x"},
		Retry{Steps: some, At: now, Actor: "x"},
		Retry{Steps: some, At: now, Actor: "x", After: true, Attempt: rapid.IntRange(0, 2).Draw(t, "attempt")},
		Retry{At: now, Actor: "x"},
		Pause{Steps: some, Paused: Paused{At: now, Actor: "x", Until: now.Add(3 * time.Second)}},
		Resume{Steps: some, At: now},
		Erase{Step: i, Attempt: rapid.IntRange(0, 2).Draw(t, "attempt"), At: now, Actor: "x"},
		drawFollowed(t, i, max(1, len(r.Steps[i].Attempts)), now),
		Hold{At: now},
		Cancel{Cancellation: Cancellation{At: now, Actor: "x"}, Steps: some},
		Cancel{Cancellation: Cancellation{At: now, Actor: "x", Force: rapid.Bool().Draw(t, "force")}},
	}
}

// drawSpawn is what becomes of a run that a step is to stand for.
func drawSpawn(t *rapid.T, step, attempt int, now time.Time) Event {
	if odds(t, 5, "refused") {
		return Ended{Step: step, Attempt: attempt, At: now, Outcome: Outcome{Status: Failed, FailureReason: DownstreamCreationFailed}}
	}
	status := rapid.SampledFrom([]Status{Created, Pending, Manual, Success, Skipped}).Draw(t, "child")
	return Spawned{Step: step, Attempt: attempt, At: now, Run: Downstream{ID: uint64(attempt), Name: "child/1", Status: status}}
}

func drawFollowed(t *rapid.T, step, attempt int, now time.Time) Event {
	statuses := []Status{Pending, Running, Manual, Canceling, Success, Success, Failed, Canceled, Skipped}
	return Followed{Step: step, Attempt: attempt, At: now, Status: rapid.SampledFrom(statuses).Draw(t, "child")}
}

func drawOutcome(t *rapid.T, now time.Time) Outcome {
	o := Outcome{Status: rapid.SampledFrom([]Status{Success, Success, Failed, Canceled}).Draw(t, "outcome"), StartedAt: now.Add(-time.Second)}
	if o.Status == Failed {
		o.FailureReason = rapid.SampledFrom([]FailureReason{ScriptFailure, Lost}).Draw(t, "reason")
		code := rapid.IntRange(1, 3).Draw(t, "code")
		o.ExitCode = &code
	}
	return o
}
