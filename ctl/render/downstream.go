package render

import "github.com/penstock/penstock/rpc"

// downstream names the run that a step stands for, and how that stands.
func (s Style) downstream(d rpc.Downstream) string {
	switch {
	case d.Deleted:
		return Line(d.Run) + " " + s.paint(dim, "deleted")
	case d.Warnings:
		return Line(d.Run) + " " + s.paint(yellow, Line(d.Status)+" with warnings")
	}
	return Line(d.Run) + " " + s.status(d.Status)
}

// blockedBy names the run for a manual step of which another step waits; "" of
// a step that waits for a person itself.
func blockedBy(step rpc.RunStep) string {
	n := len(step.Attempts)
	if step.Status != "manual" || n == 0 {
		return ""
	}
	a := step.Attempts[n-1]
	if a.Downstream == nil || a.FinishedAt != nil {
		return ""
	}
	return a.Downstream.Run
}
