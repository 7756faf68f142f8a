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
