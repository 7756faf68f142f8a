package simulation

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/config/spelling"
	"github.com/penstock/penstock/daemon/plan"
)

// sources are why the runs of triggers exist, in the words of the daemon.
var sources = map[config.TriggerKind]string{
	config.OnSchedule: "schedule", config.AfterPipeline: "subscription", config.OnFiles: "file", config.OnKey: "trigger",
}

// asked is what a run is asked with: by somebody, or by a trigger of the
// pipeline. A start that says by itself why the run exists may name a trigger
// that the pipeline knows nothing of, such as a key of callers.
func asked(p *config.Pipeline, s config.Start) (plan.Request, error) {
	t := p.Trigger(s.Trigger)
	q := plan.Request{
		Inputs: s.Inputs, Variables: s.Variables, Source: cmp.Or(s.Source, "command"), Actor: s.Actor, Revision: 1,
		Trigger: expression.Trigger{Name: s.Trigger, ScheduledAt: s.ScheduledAt}, Payload: s.Payload,
	}
	if err := fitting(p, t, s); err != nil || t == nil {
		return q, err
	}
	q.Source = cmp.Or(s.Source, sources[t.Kind])
	if t.Kind == config.OnSchedule && s.ScheduledAt == "" {
		q.Trigger.ScheduledAt = s.At.UTC().Format(time.RFC3339)
	}
	var err error
	q.Inputs, q.Variables, err = plan.TriggerInputs(p, t, plan.Occasion{
		Trigger: q.Trigger, Revision: q.Revision, Upstream: upstream(t, s.Upstream), File: s.File, Payload: s.Payload,
		Inputs: s.Inputs, Variables: s.Variables,
	})
	return q, err
}

// fitting is why a start and a trigger do not belong together.
func fitting(p *config.Pipeline, t *config.Trigger, s config.Start) error {
	var kind config.TriggerKind
	if t != nil {
		kind = t.Kind
	}
	switch {
	case t == nil && s.Trigger != "" && s.Source == "":
		return unknownTrigger(p, s.Trigger)
	case s.Upstream.Status != "" && kind != config.AfterPipeline:
		return fmt.Errorf("upstream is what a trigger with after hears of, and %q is none", s.Trigger)
	case s.File.Path != "" && kind != config.OnFiles:
		return fmt.Errorf("file is what a trigger with files hears of, and %q is none", s.Trigger)
	}
	return nil
}

func unknownTrigger(p *config.Pipeline, name string) error {
	var known []string
	for _, t := range p.Triggers {
		known = append(known, t.Name)
	}
	switch near := spelling.Nearest(name, known); {
	case near != "":
		return fmt.Errorf("the pipeline has no trigger %q; did you mean %q?", name, near)
	case len(known) == 0:
		return fmt.Errorf("the pipeline has no trigger %q, and no other; say why the run exists with a source", name)
	}
	return fmt.Errorf("the pipeline has no trigger %q; known are %s", name, strings.Join(known, ", "))
}

// upstream is the run that a trigger hears of, where nothing else is said a
// success of the pipeline that it follows.
func upstream(t *config.Trigger, u expression.Upstream) expression.Upstream {
	u.Pipeline = cmp.Or(u.Pipeline, t.After.Pipeline)
	u.Run = cmp.Or(u.Run, u.Pipeline+"/1")
	u.Status = cmp.Or(u.Status, "success")
	return u
}
