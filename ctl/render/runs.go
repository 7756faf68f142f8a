package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// nameColumns is how much of a name of its own is shown of a run in a list: the
// columns behind it are to be seen.
const nameColumns = 24

// Runs is a list of runs. There is a column for names of their own where one of
// them has one.
func (s Style) Runs(list []rpc.RunSummary) string {
	named := slices.ContainsFunc(list, func(r rpc.RunSummary) bool { return r.RunName != "" })
	headings := []string{"RUN", "ID", "STATUS", "CAUSE", "CREATED", "DURATION"}
	if named {
		headings = slices.Insert(headings, 2, "NAME")
	}
	rows := make([][]string, len(list))
	for i, r := range list {
		rows[i] = []string{
			s.paint(bold, Line(r.Name)), fmt.Sprint(r.ID), s.outcome(r),
			cause(r.Cause), s.When(r.CreatedAt), elapsed(r),
		}
		if named {
			rows[i] = slices.Insert(rows[i], 2, cut(Line(r.RunName), nameColumns))
		}
	}
	return s.table(headings, rows)
}

// Run is a run with all its steps. Its lines are not cut: what a failed step
// said is to be read whole.
func (s Style) Run(r rpc.Run) string {
	s.Width = 0
	return s.paint(bold, Line(r.Name)) + gap + s.outcome(r.RunSummary) + "\n" +
		s.pairs(
			[2]string{"name", Line(r.RunName)},
			[2]string{"labels", variables(r.Labels)},
			[2]string{"id", fmt.Sprint(r.ID)},
			[2]string{"revision", fmt.Sprint(r.Revision)},
			[2]string{"cause", cause(r.Cause)},
			[2]string{"instant", s.moment(r.Cause.ScheduledAt)},
			[2]string{"sub-queue", Line(r.SubQueue)},
			[2]string{"priority", nonzero(r.Priority)},
			[2]string{"inputs", inputs(r.Inputs)},
			[2]string{"variables", variables(r.Variables)},
			[2]string{"created", s.Moment(r.CreatedAt)},
			[2]string{"started", s.moment(r.StartedAt)},
			[2]string{"finished", s.moment(r.FinishedAt)},
			[2]string{"queued", queued(r.RunSummary)},
			[2]string{"duration", elapsed(r.RunSummary)},
			[2]string{"message", Line(r.Message)},
		) + "\n" + s.stages(r, "") + s.absent(r.Absent)
}

// absent are the steps that rules left out.
func (s Style) absent(steps []rpc.AbsentStep) string {
	var b strings.Builder
	for _, step := range steps {
		b.WriteString(s.paint(dim, "  "+Line(step.Stage)+"/"+Line(step.Name)+gap+"not in this run: "+Line(step.Reason)) + "\n")
	}
	return b.String()
}

func nonzero(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// inputs are values as they would be written in JSON, in the order of their
// names.
func inputs(values map[string]any) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text, err := JSON(values[name])
		if err != nil { // it came from JSON
			text = []byte("?")
		}
		parts = append(parts, Line(name)+" = "+Line(string(text)))
	}
	return strings.Join(parts, ", ")
}

func variables(values map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, Line(name)+"="+Line(values[name]))
	}
	return strings.Join(parts, ", ")
}

// queued is how long a run waited for its first step to start; "" where that
// is no time worth a word.
func queued(r rpc.RunSummary) string {
	if r.QueuedDuration < 1 {
		return ""
	}
	return Duration(seconds(r.QueuedDuration))
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// Verdict is one line on how a run stands.
func (s Style) Verdict(r rpc.RunSummary) string {
	line := Line(r.Name) + ": " + s.outcome(r)
	if d := elapsed(r); d != "" {
		line += " in " + d
	}
	return line + "\n"
}

// Failures names the steps that failed and may not, a line each: what a
// person asks first after "failed".
func (s Style) Failures(r rpc.Run) string {
	var b strings.Builder
	for _, stage := range r.Stages {
		for _, step := range stage.Steps {
			if step.Status == "failed" && !step.AllowFailure {
				fmt.Fprintf(&b, "%s/%s: %s\n", Line(stage.Name), Line(step.Name), s.why(step))
			}
		}
	}
	return b.String()
}

// Blocked names the manual steps that a run waits for, each with the command
// that plays it; of one that waits for another run, the command that shows why;
// of a paused one, the pause.
func (s Style) Blocked(r rpc.Run) string {
	var b strings.Builder
	for _, stage := range r.Stages {
		for _, step := range stage.Steps {
			if step.Status != "manual" || step.AllowFailure {
				continue
			}
			todo := playCommand(r.Name, stage.Name, step)
			switch run := blockedBy(step); {
			case run != "":
				todo = "penstockctl why " + Line(run)
			case s.isPaused(step):
				todo = s.pause(*step.Paused)
			}
			fmt.Fprintf(&b, "%s/%s: %s\n", Line(stage.Name), Line(step.Name), todo)
		}
	}
	return b.String()
}

func (s Style) moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return s.Moment(*t)
}

// outcome is the status of a run with a word on warnings.
func (s Style) outcome(r rpc.RunSummary) string {
	switch {
	case r.Warnings:
		return s.paint(yellow, Line(r.Status)+" with warnings")
	case r.Held:
		return s.status(r.Status) + ", held"
	}
	return s.status(r.Status)
}

// elapsed is how long steps of a run have worked.
func elapsed(r rpc.RunSummary) string {
	if r.Duration == nil {
		return ""
	}
	return Duration(seconds(*r.Duration))
}

// unnamed has the name of a trigger that was given none, by the source of its
// runs, which says as much.
var unnamed = map[string]string{"schedule": "schedule", "file": "files", "subscription": "after"}

// cause says in a few words why a run exists.
func cause(c rpc.Cause) string {
	text := Line(c.Source)
	if c.Trigger != "" && c.Source != "command" && c.Trigger != unnamed[c.Source] {
		text += " " + Line(c.Trigger)
	}
	if c.Actor != "" {
		text += " by " + Line(c.Actor)
	}
	if c.Trigger != "" && c.Source == "command" {
		text += " as " + Line(c.Trigger)
	}
	if c.Upstream != nil {
		text += ", from " + Line(c.Upstream.Name)
	}
	if c.Note != "" {
		text += ": " + Line(c.Note)
	}
	return text
}
