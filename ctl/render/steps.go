package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// stages is the tree of stages and steps, spinner before each step that runs.
// The cells of a matrix stand below a line of their own, by their addresses.
func (s Style) stages(r rpc.Run, spinner string) string {
	wide := nameWidth(r.Stages)
	var b strings.Builder
	for _, stage := range r.Stages {
		b.WriteString(s.stageLine(stage, wide))
		for i, step := range stage.Steps {
			if heads(stage.Steps, i) {
				b.WriteString(cut("    "+Line(step.Matrix)+gap+cells(stage.Steps[i:]), s.Width) + "\n")
			}
			b.WriteString(s.stepLine(step, wide, spinner, s.note(r.Name, stage.Name, step)))
			if spinner == "" {
				b.WriteString(s.outputs(step))
			}
		}
	}
	return b.String()
}

// heads tells whether a step is the first cell of its matrix.
func heads(steps []rpc.RunStep, i int) bool {
	return steps[i].Matrix != "" && (i == 0 || steps[i-1].Matrix != steps[i].Matrix)
}

// cells says how the cells of the matrix at the front of steps stand: "3 cells:
// 2 success, 1 running".
func cells(steps []rpc.RunStep) string {
	var statuses []string
	tally := map[string]int{}
	n := 0
	for ; n < len(steps) && steps[n].Matrix == steps[0].Matrix; n++ {
		if tally[steps[n].Status]++; tally[steps[n].Status] == 1 {
			statuses = append(statuses, steps[n].Status)
		}
	}
	slices.Sort(statuses)
	for i, status := range statuses {
		statuses[i] = fmt.Sprintf("%d %s", tally[status], Line(status))
	}
	return count(n, "cell") + ": " + strings.Join(statuses, ", ")
}

// nameWidth is how wide the column of names is: steps stand two deeper, cells
// four.
func nameWidth(stages []rpc.RunStage) int {
	wide := 0
	for _, stage := range stages {
		wide = max(wide, Width(Line(stage.Name)))
		for _, step := range stage.Steps {
			wide = max(wide, Width(label(step)))
		}
	}
	return wide
}

// label is a step's name in the tree, set in as deep as it stands.
func label(step rpc.RunStep) string {
	if step.Matrix == "" {
		return "  " + Line(step.Name)
	}
	return "    " + Line(cmp.Or(step.Address, step.Name))
}

const statusWidth = len("canceling")

func (s Style) stageLine(stage rpc.RunStage, wide int) string {
	line := "  " + s.paint(bold, pad(Line(stage.Name), wide)) + gap + s.status(stage.Status)
	return cut(line, s.Width) + "\n"
}

func (s Style) stepLine(step rpc.RunStep, wide int, spinner, note string) string {
	mark := "  "
	if spinner != "" && step.Status == "running" {
		mark = s.paint(blue, spinner) + " "
	}
	line := mark + pad(label(step), wide) + gap + pad(s.status(step.Status), statusWidth)
	if took := s.stepDuration(step); took != "" {
		line += gap + pad(took, 6)
	}
	if note != "" {
		line += gap + note
	}
	return cut(strings.TrimRight(line, " "), s.Width) + "\n"
}

// note is all that is to be said of a step beside its status.
func (s Style) note(run, stage string, step rpc.RunStep) string {
	var parts []string
	if step.Matrix != "" {
		parts = append(parts, strings.TrimLeft(strings.TrimPrefix(Line(step.Name), Line(step.Matrix)), ": "))
	}
	if why := s.why(step); why != "" {
		parts = append(parts, why)
	}
	if run != "" && s.playable(step) { // a simulated run has no name
		parts = append(parts, playCommand(run, stage, step))
	}
	return strings.Join(parts, ", ")
}

// playable reports whether a person can begin a step now.
func (s Style) playable(step rpc.RunStep) bool {
	return step.Status == "manual" && !s.isPaused(step) && blockedBy(step) == ""
}

// isPaused reports whether a step is paused still: nobody takes back a pause
// that had a time.
func (s Style) isPaused(step rpc.RunStep) bool {
	return step.Paused != nil && (step.Paused.Until == nil || s.Now.Before(*step.Paused.Until))
}

// playCommand is what a person types to begin a manual step.
func playCommand(run, stage string, step rpc.RunStep) string {
	return "penstockctl play " + Line(run+"/"+stage+"/"+cmp.Or(step.Address, step.Name))
}

// tried tells whether the newest attempt of a step is what its status speaks
// of: of one that is to be tried again, or came to its end before that, it is
// not.
func tried(step rpc.RunStep) bool {
	n := len(step.Attempts)
	if n == 0 {
		return false
	}
	switch a := step.Attempts[n-1]; step.Status {
	case "running", "canceling", "success":
		return true
	case "canceled":
		return a.Status == "canceled"
	case "failed":
		return !waitedTooLong(step, a)
	}
	return false
}

// waitedTooLong tells whether a step that failed did so while it waited for an
// attempt after a.
func waitedTooLong(step rpc.RunStep, a rpc.RunAttempt) bool {
	by := step.Stopped
	return by != nil && by.FailureReason != "" && by.FailureReason != a.FailureReason && a.FinishedAt != nil && a.FinishedAt.Before(by.At)
}

// stepDuration is how long the newest attempt took, or runs already.
func (s Style) stepDuration(step rpc.RunStep) string {
	if !tried(step) {
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

func ended(status string) bool {
	switch status {
	case "success", "failed", "canceled", "skipped":
		return true
	}
	return false
}

// outputs are the values that a step left, in the order of their names, two
// deeper than its name.
func (s Style) outputs(step rpc.RunStep) string {
	var b strings.Builder
	indent := "      "
	if step.Matrix != "" {
		indent += "  "
	}
	for _, name := range slices.Sorted(maps.Keys(step.Outputs)) {
		line := indent + s.paint(dim, Line(name)+" = ") + Line(strings.ReplaceAll(step.Outputs[name], "\n", "↵"))
		b.WriteString(cut(line, s.Width) + "\n")
	}
	return b.String()
}

// Change is one line on a step of a run that changed, for a watcher that is no
// terminal: local time, place, status and what is to be known.
func (s Style) Change(run string, c rpc.StepChange) string {
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
	if s.playable(c.RunStep) {
		line += ", " + playCommand(run, c.Stage, c.RunStep)
	}
	return line + "\n"
}

// clock is when the step came to where it is. What a plugin began or ended
// while there was no daemon has its own time, before the daemon knew of it.
func (s Style) clock(step rpc.RunStep) string {
	at := s.Now
	if step.Since != nil {
		at = *step.Since
	}
	if tried(step) && step.Status != "canceling" && step.Uses != "pipeline" {
		a := step.Attempts[len(step.Attempts)-1]
		if a.FinishedAt != nil {
			at = *a.FinishedAt
		} else if a.StartedAt != nil {
			at = *a.StartedAt
		}
	}
	return at.In(s.zone()).Format(time.TimeOnly)
}
