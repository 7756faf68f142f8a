package render

import (
	"fmt"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Frame is how a simulated run stands after an event.
type Frame struct {
	Event string
	Run   *rpc.Run
}

// Move is a step of a simulated run that changed.
type Move struct {
	Stage, Step string
	From, To    string // statuses
	Why         string
}

// Simulated is a run that is performed nowhere: what `status` shows of one that
// is, but for what it has not.
func (s Style) Simulated(r *rpc.Run) string {
	s.Width = 0
	nameless := *r
	nameless.Name = "" // no command of penstockctl could be given for it
	return s.paint(bold, Line(r.Pipeline)) + gap + s.outcome(r.RunSummary) + "\n" + s.stages(nameless, "") + s.absent(r.Absent)
}

// Frames is a table of events, how the run stood after each and which steps
// had changed.
func (s Style) Frames(frames []Frame) string {
	rows := make([][]string, len(frames))
	for i, f := range frames {
		var before *rpc.Run
		if i > 0 {
			before = frames[i-1].Run
		}
		rows[i] = []string{fmt.Sprint(i), Line(f.Event), s.outcome(f.Run.RunSummary), s.news(before, f.Run)}
	}
	s.Width = 0
	return s.table([]string{"", "EVENT", "RUN", "STEPS"}, rows)
}

// news lists the steps that are not as they were; at first all of them.
func (s Style) news(before, after *rpc.Run) string {
	var parts []string
	for i, stage := range after.Stages {
		news := stage.Steps
		if before != nil {
			news = moved(before.Stages[i].Steps, stage.Steps)
		}
		for len(news) > 0 {
			n := alike(news)
			parts = append(parts, several(news[:n])+" "+s.status(news[0].Status))
			news = news[n:]
		}
	}
	return strings.Join(parts, ", ")
}

// moved are the steps of after whose status is not that of before.
func moved(before, after []rpc.RunStep) (steps []rpc.RunStep) {
	for i, step := range after {
		if before[i].Status != step.Status {
			steps = append(steps, step)
		}
	}
	return steps
}

// alike is how many steps at the front of some are cells of one matrix in one
// status.
func alike(steps []rpc.RunStep) int {
	n := 1
	for steps[0].Matrix != "" && n < len(steps) && steps[n].Matrix == steps[0].Matrix && steps[n].Status == steps[0].Status {
		n++
	}
	return n
}

// several names a step, or says how many cells of their matrix some are.
func several(steps []rpc.RunStep) string {
	if len(steps) == 1 {
		return Line(steps[0].Name)
	}
	return fmt.Sprintf("%s: %s", Line(steps[0].Matrix), count(len(steps), "cell"))
}

// Moves is a line for each step that changed and why, and one for the run where
// its status did.
func (s Style) Moves(before, after *rpc.Run, moves []Move) string {
	var b strings.Builder
	for _, m := range moves {
		fmt.Fprintf(&b, "  %s/%s: %s", Line(m.Stage), Line(m.Step), s.status(m.From))
		if m.From != m.To {
			b.WriteString(" → " + s.status(m.To))
		}
		if m.Why != "" {
			b.WriteString(s.paint(dim, "  "+Line(m.Why)))
		}
		b.WriteString("\n")
	}
	if before.Status != after.Status {
		fmt.Fprintf(&b, "  the run: %s → %s\n", s.status(before.Status), s.outcome(after.RunSummary))
	}
	if b.Len() == 0 {
		return "  nothing changes\n"
	}
	return b.String()
}
