package render

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// why is what is to be known of a step beside its status: what it waits for,
// who had a hand in it, the failure of its newest attempt, how many attempts it
// took, what outlived it.
func (s Style) why(step rpc.RunStep) string {
	parts := append(s.waits(step), s.unbegun(step)...)
	if n := len(step.Attempts); n > 0 {
		if d := step.Attempts[n-1].Downstream; d != nil {
			parts = append(parts, s.downstream(*d))
		}
		if tried(step) || step.Status == "scheduled" { // by its retry rule, because of that
			parts = append(parts, s.failure(step.Attempts[n-1])...)
		}
		if max := step.MaxAttempts; max > 1 && n <= max && (n > 1 || step.Status == "failed") {
			parts = append(parts, fmt.Sprintf("attempt %d/%d", n, max))
		} else if n > 1 {
			parts = append(parts, fmt.Sprintf("attempt %d", n))
		}
	}
	if by := step.RequestedBy; by != nil && by.Actor != "" {
		parts = append(parts, asked(step)+" by "+Line(by.Actor))
	}
	if step.AllowFailure && step.Status == "failed" {
		parts = append(parts, "may fail")
	}
	return strings.Join(parts, ", ")
}

// asked is what a person did with a step.
func asked(step rpc.RunStep) string {
	if step.Status == "manual" && step.When != "manual" {
		return "unscheduled"
	}
	return "asked for"
}

// unbegun is why a step failed that failed before its attempt began.
func (s Style) unbegun(step rpc.RunStep) []string {
	by, n := step.Stopped, len(step.Attempts)
	if step.Status != "failed" || by == nil || n > 0 && step.Attempts[n-1].FailureReason == by.FailureReason {
		return nil
	}
	return s.failure(rpc.RunAttempt{FailureReason: by.FailureReason, Message: by.Note})
}

// waits is what a step waits for, or what kept it from beginning.
func (s Style) waits(step rpc.RunStep) (parts []string) {
	if step.DueAt != nil && !ended(step.Status) && step.Status != "running" {
		parts = append(parts, s.due(*step.DueAt))
	}
	switch {
	case step.Status == "waiting_for_resource":
		parts = append(parts, "for "+Line(step.ResourceGroup))
	case blockedBy(step) != "":
		parts = append(parts, "it waits for a manual step")
	case step.Status == "manual" && step.AllowFailure:
		parts = append(parts, "optional")
	case step.Status == "manual":
		parts = append(parts, "the run waits for it")
	}
	switch {
	case s.isPaused(step) && !ended(step.Status) || step.SkipReason == "paused" && step.Paused != nil:
		parts = append(parts, s.pause(*step.Paused))
	case step.SkipReason == "skip":
		parts = append(parts, cmp.Or(Line(step.SkipMessage), "left out"))
	case step.SkipReason == "paused":
		parts = append(parts, "paused")
	}
	if step.Stopped != nil && (step.Status == "canceled" || step.Status == "canceling") {
		parts = append(parts, stopped(*step.Stopped))
	}
	return parts
}

// due is when something happens by itself: "due in 3m05s, at 12:03:05".
func (s Style) due(at time.Time) string {
	clock := at.In(s.zone()).Format(time.TimeOnly)
	if at.Sub(s.Now) >= 12*time.Hour {
		clock = s.Moment(at)
	}
	if !at.After(s.Now) {
		return "due now"
	}
	return fmt.Sprintf("due in %s, at %s", Duration(at.Sub(s.Now)), clock)
}

func stopped(by rpc.Stop) string {
	text := "by " + Line(by.Actor)
	switch {
	case by.Run != "":
		text = "made redundant by " + Line(by.Run)
	case by.Actor == "":
		text = "by a rule"
	}
	if by.Note != "" {
		text += ": " + Line(by.Note)
	}
	return text
}

// failure is what is to be known of how an attempt ended.
func (s Style) failure(a rpc.RunAttempt) (parts []string) {
	if a.FailureReason != "" {
		parts = append(parts, s.paint(red, Line(a.FailureReason)))
	}
	if a.ExitCode != nil && *a.ExitCode != 0 {
		parts = append(parts, fmt.Sprintf("exit code %d", *a.ExitCode))
	}
	if a.Message != "" && a.Downstream == nil { // else it says how that ended
		parts = append(parts, Line(a.Message))
	}
	if len(a.Leftovers) > 0 {
		parts = append(parts, "ended what it left behind: "+Line(strings.Join(a.Leftovers, ", ")))
	}
	if a.Erased != nil {
		parts = append(parts, "log erased by "+Line(a.Erased.Actor))
	}
	return parts
}
