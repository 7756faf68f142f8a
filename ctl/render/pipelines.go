package render

import (
	"fmt"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Pipelines is a list of pipelines, and below it what is paused.
func (s Style) Pipelines(list []rpc.Pipeline) string {
	rows := make([][]string, len(list))
	for i, p := range list {
		rows[i] = append([]string{
			s.paint(bold, Line(p.Name)), fmt.Sprint(p.Revision), fmt.Sprint(p.Stages), fmt.Sprint(p.Steps),
		}, append(s.latest(p.Latest), Line(p.Description))...)
	}
	return s.table([]string{"NAME", "REVISION", "STAGES", "STEPS", "LATEST", "STATUS", "CREATED", "DESCRIPTION"}, rows) + s.allPauses(list)
}

func (s Style) latest(run *rpc.RunSummary) []string {
	if run == nil {
		return []string{"-", "-", "-"}
	}
	return []string{fmt.Sprint(run.Number), s.outcome(*run), s.When(run.CreatedAt)}
}

// Revisions is the history of a pipeline; with differences each revision is
// followed by what it changed.
func (s Style) Revisions(list []rpc.RevisionSummary, differences bool) string {
	if !differences {
		return s.revisionTable(list)
	}
	var b strings.Builder
	for i, r := range list {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(s.Heading(strings.TrimRight(strings.Join(s.revision(r), gap), " ")))
		b.WriteString(s.Difference(r.Difference))
	}
	return b.String()
}

func (s Style) revisionTable(list []rpc.RevisionSummary) string {
	rows := make([][]string, len(list))
	for i, r := range list {
		rows[i] = s.revision(r)
	}
	return s.table([]string{"REVISION", "APPLIED", "BY", "CHANGED", "NOTE"}, rows)
}

func (s Style) revision(r rpc.RevisionSummary) []string {
	number := fmt.Sprint(r.Revision)
	if r.Current {
		number += " (current)"
	}
	return []string{number, s.When(r.AppliedAt), Line(r.AppliedBy), changed(r.Difference), Line(r.Note)}
}

// changed counts the lines that a unified difference adds and takes away.
func changed(difference string) string {
	var added, removed int
	for line := range strings.Lines(body(difference)) {
		switch line[0] {
		case '+':
			added++
		case '-':
			removed++
		}
	}
	if added+removed == 0 {
		return "-"
	}
	return fmt.Sprintf("+%d -%d", added, removed)
}

// body is a unified difference from its first hunk on: without the two lines
// that name the files.
func body(difference string) string {
	if strings.HasPrefix(difference, "@@") {
		return difference
	}
	_, rest, _ := strings.Cut(difference, "\n@@")
	return "@@" + rest
}

// Applied says what an apply, a rollback or a clone did; with dry run what it
// would do, and the difference.
func (s Style) Applied(r rpc.PipelineApplyResponse, dryRun bool) string {
	verb := "unchanged"
	switch {
	case r.Created:
		verb = "created"
	case r.Changed:
		verb = "changed"
	}
	if dryRun && verb != "unchanged" {
		verb = "would be " + verb
	}
	line := fmt.Sprintf("%s: %s, revision %d\n", s.paint(bold, Line(r.Pipeline)), verb, r.Revision)
	for _, one := range r.Schedules {
		line += "  " + Line(one.Trigger) + ": " + Line(one.Description) + ", next " + s.next(one) + "\n"
	}
	for _, note := range r.Notes {
		line += "  " + s.paint(yellow, "note: ") + Line(note) + "\n"
	}
	if dryRun {
		line += s.Difference(r.Difference)
	}
	return line
}

// Difference is a unified difference in colour.
func (s Style) Difference(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = string(Harmless([]byte(strings.TrimRight(line, "\r\n")), false))
		b.WriteString(s.paint(differenceColour(line), line) + "\n")
	}
	return b.String()
}

func differenceColour(line string) string {
	switch {
	case strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "+++ "), strings.HasPrefix(line, "--- "):
		return bold
	case strings.HasPrefix(line, "@@"):
		return cyan
	case strings.HasPrefix(line, "+"):
		return green
	case strings.HasPrefix(line, "-"):
		return red
	}
	return ""
}

// PipelineGoes says what the deletion of a pipeline takes with it.
func PipelineGoes(name string, r rpc.PipelineDeleteResponse) string {
	parts := []string{count(r.Revisions, "revision")}
	if r.Triggers > 0 {
		parts = append(parts, count(r.Triggers, "trigger"))
	}
	if r.Keys > 0 {
		parts = append(parts, count(r.Keys, "trigger key"))
	}
	return fmt.Sprintf("pipeline %s with %s, %s and %s of logs\n",
		Line(name), strings.Join(parts, ", "), runs(r), Bytes(r.LogBytes))
}

func runs(r rpc.PipelineDeleteResponse) string {
	text := count(r.Runs, "run")
	if r.LiveRuns > 0 {
		text += fmt.Sprintf(" (%d not ended)", r.LiveRuns)
	}
	return text
}

// RunGoes says what the deletion of a run takes with it.
func (s Style) RunGoes(r rpc.RunDeleteResponse) string {
	return fmt.Sprintf("run %s (%s) with %s and %s of logs\n",
		Line(r.Run.Name), s.status(r.Run.Status), count(r.Steps, "step"), Bytes(r.LogBytes))
}
