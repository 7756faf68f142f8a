package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// portrait is all of a run that a simulation and a daemon must agree on, a line
// for each part.
type portrait struct{ strings.Builder }

func (p *portrait) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// imagined is the portrait of a simulated run.
func imagined(r *run.Run) string {
	var p portrait
	p.line("run %s warnings=%v", r.State.Status, r.State.Warnings)
	for i, stage := range r.Plan.Stages {
		p.line("stage %s %s", stage.Name, r.StageStatus(i))
	}
	for i := range r.Steps {
		s := &r.Steps[i]
		p.line("step %s/%s %s %s paused=%v stopped=%v", r.Plan.Stages[r.Plan.Steps[i].Stage].Name, r.Plan.Key(i), s.Status, s.Skipped, s.Paused != nil, s.Stopped != nil)
		for _, a := range s.Attempts {
			p.attempt(a.Number, string(a.Status), string(a.FailureReason), a.ExitCode)
		}
		if a := s.Latest(); a != nil {
			p.outputs(a.Outputs)
		}
	}
	for _, a := range r.Plan.Absent {
		p.line("absent %s/%s: %s", a.Stage, a.Name, a.Why)
	}
	return p.String()
}

// told is the portrait of a run as a daemon tells it.
func told(r *rpc.Run) string {
	var p portrait
	p.line("run %s warnings=%v", r.Status, r.Warnings)
	for _, stage := range r.Stages {
		p.line("stage %s %s", stage.Name, stage.Status)
	}
	for _, stage := range r.Stages {
		for _, s := range stage.Steps {
			key := s.Name
			if s.Address != "" {
				key = s.Address
			}
			p.line("step %s/%s %s %s paused=%v stopped=%v", stage.Name, key, s.Status, s.SkipReason, s.Paused != nil, s.Stopped != nil)
			for _, a := range s.Attempts {
				p.attempt(a.Number, a.Status, a.FailureReason, a.ExitCode)
			}
			p.outputs(s.Outputs)
		}
	}
	for _, a := range r.Absent {
		p.line("absent %s/%s: %s", a.Stage, a.Name, a.Reason)
	}
	return p.String()
}

func (p *portrait) attempt(number int, status, reason string, exitCode *int) {
	code := ""
	if reason == string(run.ScriptFailure) && exitCode != nil {
		code = fmt.Sprint(*exitCode)
	}
	p.line("  attempt %d %s %s %s", number, status, reason, code)
}

func (p *portrait) outputs(all map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(all)) {
		p.line("  output %s=%s", k, all[k])
	}
}

// explained is an explanation of a simulated run as a tree of lines. Messages of
// plugins, times and how long an attempt waited are not in it: a simulation has
// others.
func explained(p *run.Plan, x run.Explanation, indent string) string {
	subject := x.Subject
	if x.Step >= 0 {
		subject = p.Stages[p.Steps[x.Step].Stage].Name + "/" + subject
	}
	text := trimmed(indent+subject, string(x.Status), x.Text, x.Release)
	for _, cause := range x.Causes {
		text += explained(p, cause, indent+"  ")
	}
	return text
}

// explainedBy is an explanation of a daemon as such a tree.
func explainedBy(x *rpc.Explanation, indent string) string {
	text := trimmed(indent+x.Subject, x.Status, x.Text, x.Release)
	for i := range x.Causes {
		text += explainedBy(&x.Causes[i], indent+"  ")
	}
	return text
}

var (
	instants = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)`)
	others   = regexp.MustCompile(`^attempt \d+ waited `)
	messages = regexp.MustCompile(`(failed \([^)]*\)): [^;]*`)
)

func trimmed(subject, status, text, release string) string {
	if others.MatchString(text) {
		return ""
	}
	line := fmt.Sprintf("%s %s: %s; %s\n", subject, status, text, release)
	return messages.ReplaceAllString(instants.ReplaceAllString(line, "TIME"), "$1")
}
