package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// stages is the tree of stages and steps, spinner before each step that runs.
func (s Style) stages(stages []rpc.RunStage, spinner string) string {
	wide := nameWidth(stages)
	var b strings.Builder
	for _, stage := range stages {
		b.WriteString(s.stageLine(stage, wide))
		for _, step := range stage.Steps {
			b.WriteString(s.stepLine(step, wide, spinner))
			if spinner == "" {
				b.WriteString(s.outputs(step))
			}
		}
	}
	return b.String()
}

// nameWidth is how wide the column of names is: steps stand two deeper.
func nameWidth(stages []rpc.RunStage) int {
	wide := 0
	for _, stage := range stages {
		wide = max(wide, Width(Line(stage.Name)))
		for _, step := range stage.Steps {
			wide = max(wide, 2+Width(Line(step.Name)))
		}
	}
	return wide
}

const statusWidth = len("canceling")

func (s Style) stageLine(stage rpc.RunStage, wide int) string {
	line := "  " + s.paint(bold, pad(Line(stage.Name), wide)) + gap + s.status(stage.Status)
	return cut(line, s.Width) + "\n"
}

func (s Style) stepLine(step rpc.RunStep, wide int, spinner string) string {
	mark := "  "
	if spinner != "" && step.Status == "running" {
		mark = s.paint(blue, spinner) + " "
	}
	line := mark + pad("  "+Line(step.Name), wide) + gap + pad(s.status(step.Status), statusWidth)
	if took := s.stepDuration(step); took != "" {
		line += gap + pad(took, 6)
	}
	if why := s.why(step); why != "" {
		line += gap + why
	}
	return cut(strings.TrimRight(line, " "), s.Width) + "\n"
}

// stepDuration is how long the newest attempt took, or runs already.
func (s Style) stepDuration(step rpc.RunStep) string {
	if len(step.Attempts) == 0 {
		return ""
	}
	a := step.Attempts[len(step.Attempts)-1]
	switch {
	case a.StartedAt == nil:
		return ""
	case a.FinishedAt == nil:
		return Duration(s.Now.Sub(*a.StartedAt))
	}
	return Duration(a.FinishedAt.Sub(*a.StartedAt))
}

// why is what is to be known of a step beside its status: the failure of its
// newest attempt, how many attempts it took, what outlived it.
func (s Style) why(step rpc.RunStep) string {
	if len(step.Attempts) == 0 {
		return ""
	}
	a := step.Attempts[len(step.Attempts)-1]
	var parts []string
	if a.FailureReason != "" {
		parts = append(parts, s.paint(red, Line(a.FailureReason)))
	}
	if a.ExitCode != nil && *a.ExitCode != 0 {
		parts = append(parts, fmt.Sprintf("exit code %d", *a.ExitCode))
	}
	if a.Message != "" {
		parts = append(parts, Line(a.Message))
	}
	if len(a.Leftovers) > 0 {
		parts = append(parts, "ended what it left behind: "+Line(strings.Join(a.Leftovers, ", ")))
	}
	if a.Number > 1 {
		parts = append(parts, fmt.Sprintf("attempt %d", a.Number))
	}
	if step.AllowFailure && step.Status == "failed" {
		parts = append(parts, "may fail")
	}
	return strings.Join(parts, ", ")
}

// outputs are the values that a step left, in the order of their names.
func (s Style) outputs(step rpc.RunStep) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(step.Outputs)) {
		line := "      " + s.paint(dim, Line(name)+" = ") + Line(step.Outputs[name])
		b.WriteString(cut(line, s.Width) + "\n")
	}
	return b.String()
}

// Change is one line on a step that changed, for a watcher that is no
// terminal: local time, place, status and what is to be known.
func (s Style) Change(c rpc.StepChange) string {
	line := s.clock(c.RunStep) + " " + Line(c.Stage) + "/" + Line(c.Name) + ": " + s.status(c.Status)
	switch took := s.stepDuration(c.RunStep); {
	case took == "" || c.Status == "running":
	case c.Status == "canceling":
		line += " after " + took
	default:
		line += " in " + took
	}
	if why := s.why(c.RunStep); why != "" {
		line += ", " + why
	}
	return line + "\n"
}

// clock is when the step came to where it is; the present where it tells not,
// as of one that is asked to end.
func (s Style) clock(step rpc.RunStep) string {
	at := s.Now
	if n := len(step.Attempts); n > 0 && step.Status != "canceling" {
		a := step.Attempts[n-1]
		if a.FinishedAt != nil {
			at = *a.FinishedAt
		} else if a.StartedAt != nil {
			at = *a.StartedAt
		}
	}
	return at.In(s.zone()).Format(time.TimeOnly)
}
