package config

import (
	"path"
	"path/filepath"
)

// pipeline reads the table at the top of a text.
func (t table) pipeline() Pipeline {
	t.allow(pipelineKind, stageKind, stepKind, occasionKind)
	cancels := t.autoCancel(AutoCancel{OnNewRun: CancelNone, OnStepFailure: FailureGoesOn})
	p := Pipeline{
		Name:       t.pipelineName(),
		Type:       t.pipelineType(),
		Order:      choose(t, "order", Parallel, Serial),
		Workspace:  choose(t, "workspace", WorkspaceRun, WorkspaceStep),
		Overlap:    t.overlap(),
		AutoCancel: cancels,
		Retention:  t.retention(),
		Inputs:     t.inputs(),
		Variables:  t.variables("variables"),
		Rules:      t.runRules(cancels),
		RunName:    t.runName(),
		Labels:     t.labels(),
	}
	p.Description, _ = t.text("description")
	p.Priority, _ = t.count("priority", -maxPriority, maxPriority)
	p.Timeout, _ = t.duration("timeout")
	p.MaxParallel, _ = t.count("max_parallel", 1, maxRunning)
	t.refuseInputs(p.Type)
	t.refuseInChild()
	p.Triggers = t.triggers(&p)
	t.stages(&p)
	return p
}

// stages reads the stages and their steps, and what these want of each other.
func (t table) stages(p *Pipeline) {
	tables := t.subs("stage", "[[stage]]")
	if !t.has("stage") || t.empty("stage") {
		t.report(t.place, "stage is missing: a pipeline has at least one [[stage]]")
	}
	nodes := make([][]*node, len(tables))
	for level, s := range tables {
		var stage Stage
		stage, nodes[level] = s.stage(p.Order)
		p.Stages = append(p.Stages, stage)
	}
	t.refuseSameStages(tables)
	t.checkSteps(p, tables, nodes)
}

// empty tells whether key holds an array without elements.
func (t table) empty(key string) bool {
	all, ok := list(t.values[key])
	return ok && len(all) == 0
}

func (t table) stage(order Order) (Stage, []*node) {
	if t.values == nil {
		return Stage{Order: order}, nil
	}
	t.allow(stageKind, stepKind, pipelineKind)
	s := Stage{
		Name:      t.name("name", `a [[stage]] begins with name = "…"`),
		Order:     order,
		Variables: t.variables("variables"),
	}
	if t.has("order") {
		s.Order = choose(t, "order", Parallel, Serial)
	}
	s.Skip, _ = t.boolean("skip")
	var nodes []*node
	for _, sub := range t.subs("step", "[[stage.step]]") {
		step, wants := sub.step()
		s.Steps = append(s.Steps, step)
		nodes = append(nodes, &node{table: sub, wants: wants})
	}
	if !t.has("step") || t.empty("step") {
		t.report(t.place, "step is missing: a stage has at least one [[stage.step]]")
	}
	return s, nodes
}

// step reads a step, and the steps that it wants, be it only by a rule.
func (t table) step() (Step, []want) {
	if t.values == nil {
		return Step{When: OnSuccess}, nil
	}
	t.allow(stepKind, stageKind, pipelineKind)
	s := Step{
		Name:      t.name("name", `a [[stage.step]] begins with name = "…"`),
		Uses:      t.name("uses", `it says what the step does, such as uses = "shell"`),
		With:      t.settings(),
		HasNeeds:  t.has("needs"),
		When:      t.when(),
		Retry:     t.retry(),
		Variables: t.variables("variables"),
		Dir:       t.dir(),
	}
	var wants, more []want
	s.Needs, wants = t.needs()
	s.Rules, more = t.stepRules()
	s.StartIn = t.startIn(s.When)
	s.Confirmation = t.confirmation(&s)
	s.AllowFailure, _ = t.allowFailure(s.When)
	t.limits(&s)
	t.multiples(&s)
	t.checkDownstream(&s)
	return s, append(wants, more...)
}

// limits reads what bounds a step, in time or beside other runs.
func (t table) limits(s *Step) {
	s.Skip, _ = t.boolean("skip")
	s.Timeout, _ = t.duration("timeout")
	s.SilenceTimeout, _ = t.duration("silence_timeout")
	s.WaitingTimeout, _ = t.duration("waiting_timeout")
	s.ResourceGroup = t.resourceGroup()
	s.Interruptible, _ = t.boolean("interruptible")
}

// dir reads a directory below the workspace, as a clean path; the workspace
// itself is "".
func (t table) dir() string {
	s, ok := t.text("dir")
	if !ok {
		return ""
	}
	if s == "" || !filepath.IsLocal(s) {
		t.report(t.key("dir"), "dir = %s must be a path below the workspace: relative, and without a way out by ..", quote(s))
		return ""
	}
	if s = path.Clean(s); s == "." {
		return ""
	}
	return s
}

// refuseSameStages reports stage names that occur twice.
func (t table) refuseSameStages(stages []table) {
	first := map[string]*place{}
	for _, s := range stages {
		name, ok := s.values["name"].(string)
		if !ok {
			continue
		}
		at := s.key("name")
		if taken, again := first[name]; again {
			t.report(at, "the stage %s is there already, at %s", quote(name), t.line(taken))
			continue
		}
		first[name] = at
	}
}
