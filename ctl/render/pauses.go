package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock/penstock/rpc"
)

// Pauses are the pauses of a pipeline, a line each.
func (s Style) Pauses(pipeline string, pauses []rpc.Pause) string {
	var b strings.Builder
	for _, p := range pauses {
		b.WriteString(s.paint(yellow, Paused(pipeline, p)+": "+s.pause(p)) + "\n")
	}
	return b.String()
}

// Resumed says what became of the pause of a part, and what is paused still.
func (s Style) Resumed(part string, r *rpc.PipelinePausesResponse) string {
	word := "resumed"
	if r.Unchanged {
		word = "was not paused"
	}
	return Line(part) + ": " + word + "\n" + s.Pauses(r.Pipeline, r.Pauses)
}

// NotResumed says why the resuming of schedules changed nothing: the pause that
// may hold them is that of their pipeline.
func NotResumed(name string, schedules []rpc.Schedule) string {
	for _, one := range schedules {
		if one.PauseOf != "" {
			return fmt.Sprintf("%s was not paused by itself; %s is: resume that.", Line(name), Line(one.PauseOf))
		}
	}
	return Line(name) + " was not paused."
}

func (s Style) allPauses(list []rpc.Pipeline) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(s.Pauses(p.Name, p.Pauses))
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n" + b.String()
}

// Paused names what a pause is of: nightly, nightly/deploy or
// nightly/deploy/prod.
func Paused(pipeline string, p rpc.Pause) string {
	name := pipeline
	for _, part := range []string{p.Stage, p.Step} {
		if part != "" {
			name += "/" + part
		}
	}
	return Line(name)
}

// pause says who paused, since when, until when and why.
func (s Style) pause(p rpc.Pause) string {
	return "paused " + s.decree(p.Actor, p.At, p.Until, p.Reason)
}

// decree says who decided something, since when, until when and why.
func (s Style) decree(actor string, at time.Time, until *time.Time, reason string) string {
	text := "by " + Line(actor) + " " + s.When(at)
	if until != nil {
		text += " until " + s.Moment(*until)
	}
	if reason != "" {
		text += ": " + Line(reason)
	}
	return text
}
