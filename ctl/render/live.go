package render

import (
	"fmt"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Live is the view of a run that is redrawn in place: it has at most Height-1
// lines (the cursor stands on the last row), none wider than Width, so that a
// terminal neither scrolls nor wraps it. Where the tree is too tall, stages
// that are complete shrink to a line, then those that have not begun, and what
// is still too much is counted. Frame turns the spinner.
func (s Style) Live(r rpc.Run, frame int) string {
	s.Width = max(0, s.Width-1) // some terminals wrap after the last column
	head := cut(s.paint(bold, Line(r.Name))+gap+s.outcome(r.RunSummary)+gap+elapsed(r.RunSummary), s.Width) + "\n"
	spinner := `|/-\`[frame&3 : frame&3+1]
	if s.Height <= 0 {
		return head + s.stages(r, spinner)
	}
	r.Stages = shrink(r.Stages, s.Height-2)
	return head + s.limit(s.stages(r, spinner), s.Height-2)
}

// shrink takes the steps out of stages that need no eye, until so many rows
// are enough.
func shrink(stages []rpc.RunStage, rows int) []rpc.RunStage {
	for _, quiet := range []string{"success", "skipped", "created", "failed", "canceled"} {
		if height(stages) <= rows {
			break
		}
		stages = fold(stages, quiet)
	}
	return stages
}

// fold takes the steps out of the stages of a status.
func fold(stages []rpc.RunStage, status string) []rpc.RunStage {
	folded := make([]rpc.RunStage, len(stages))
	for i, stage := range stages {
		if stage.Status == status {
			stage.Steps = nil
		}
		folded[i] = stage
	}
	return folded
}

func height(stages []rpc.RunStage) int {
	rows := len(stages)
	for _, stage := range stages {
		rows += len(stage.Steps)
		for i := range stage.Steps {
			if heads(stage.Steps, i) {
				rows++
			}
		}
	}
	return rows
}

// limit keeps so many lines, the last of them saying how many are missing.
func (s Style) limit(text string, rows int) string {
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	if len(lines) <= rows {
		return text
	}
	rows = max(rows, 1)
	missing := fmt.Sprintf("  and %s more", count(len(lines)-rows+1, "line"))
	return strings.Join(lines[:rows-1], "") + s.paint(dim, missing) + "\n"
}
