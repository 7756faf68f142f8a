package simulation

import (
	"strings"

	"github.com/penstock/penstock/daemon/run"
)

// Why says why the step that a name means, or with "" the run, is as it is: a
// line, and below it, set in, a line for each of its causes.
func (w *World) Why(name string) (string, error) {
	if name == "" {
		return told(w.run.WhyRun(), ""), nil
	}
	steps, err := w.find([]string{name})
	if err != nil {
		return "", err
	}
	lines := make([]string, len(steps))
	for k, i := range steps {
		lines[k] = told(w.run.Why(i), "")
	}
	return strings.Join(lines, "\n"), nil
}

// Reason says in a line why a step is as it is; "" of a step that is not in the
// run.
func (w *World) Reason(name string) string {
	steps, err := w.find([]string{name})
	if err != nil {
		return ""
	}
	return w.run.Why(steps[0]).Text
}

func told(x run.Explanation, indent string) string {
	text := indent + strings.TrimSpace(x.Subject+" "+string(x.Status))
	for _, part := range []string{x.Text, x.Release} {
		if part != "" {
			text += ": " + part
		}
	}
	for _, cause := range x.Causes {
		text += "\n" + told(cause, indent+"  ")
	}
	return text
}
