package render

import (
	"fmt"
	"strings"

	"github.com/penstock/penstock/rpc"
)

// Steps is a line for each step that a request has set in motion, with a word
// on what was done to it.
func Steps(r rpc.RunStepsResponse, word string) string {
	var b strings.Builder
	for _, step := range r.Steps {
		b.WriteString(Line(r.Run.Name+"/"+step) + ": " + word + "\n")
	}
	return b.String()
}

// Unscheduled says which of the steps that were named were made manual.
func Unscheduled(r rpc.RunStepsResponse, named []string) string {
	if len(r.Steps) > 0 {
		return Steps(r, "manual now")
	}
	r.Steps = named
	return Steps(r, "manual already")
}

// Canceled says what was asked to end, and what needed no asking: a run, or
// steps of it that were named.
func Canceled(r rpc.RunCancelResponse, named bool) string {
	if named {
		return Steps(rpc.RunStepsResponse{Run: r.Run, Steps: r.Steps}, "asked to end") +
			Steps(rpc.RunStepsResponse{Run: r.Run, Steps: r.Already}, "over already, or asked to end before")
	}
	word := "asked to end"
	switch {
	case r.Unchanged && ended(r.Run.Status):
		word = "over already: " + r.Run.Status
	case r.Unchanged:
		word = "asked to end before"
	}
	return Line(r.Run.Name) + ": " + Line(word) + "\n"
}

// Confirmations are the texts that steps want confirmed, a line each.
func Confirmations(texts []rpc.Confirmation) string {
	var b strings.Builder
	for _, c := range texts {
		b.WriteString(Line(c.Step) + ": " + Line(c.Text) + "\n")
	}
	return b.String()
}

// LogsGo says which logs an erasure takes.
func LogsGo(r rpc.LogEraseResponse) string {
	return fmt.Sprintf("the logs of %s of %s, %s\n",
		count(len(r.Attempts), "attempt"), Line(r.Run+"/"+r.Step), Bytes(r.LogBytes))
}

// Erased says who erased a log, and when.
func (s Style) Erased(e rpc.Erasure) string {
	return "the log was erased by " + Line(e.Actor) + ", " + s.Moment(e.At)
}
