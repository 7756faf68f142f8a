package config

import (
	"path"
	"path/filepath"
)

// pipeline reads the table at the top of a text.
func (t table) pipeline() Pipeline {
	t.allow(pipelineKind, stageKind, stepKind)
	p := Pipeline{
		Name:      t.name("name", `a pipeline begins with name = "…"`),
		Type:      choose(t, "type", Standard, Dynamic),
		Order:     choose(t, "order", Parallel, Serial),
		Workspace: choose(t, "workspace", WorkspaceRun, WorkspaceStep),
		Variables: t.variables("variables"),
	}
	p.Description, _ = t.text("description")
	stages := t.subs("stage", "[[stage]]")
	if !t.has("stage") || t.empty("stage") {
		t.report(t.place, "stage is missing: a pipeline has at least one [[stage]]")
	}
	for _, s := range stages {
		p.Stages = append(p.Stages, s.stage(p.Order))
	}
	t.refuseSameStages(stages)
	t.checkNeeds(p.Stages, stages)
	return p
}

// empty tells whether key holds an array without elements.
func (t table) empty(key string) bool {
	all, ok := list(t.values[key])
	return ok && len(all) == 0
}

func (t table) stage(order Order) Stage {
	if t.values == nil {
		return Stage{Order: order}
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
	for _, step := range t.subs("step", "[[stage.step]]") {
		s.Steps = append(s.Steps, step.step())
	}
	if !t.has("step") || t.empty("step") {
		t.report(t.place, "step is missing: a stage has at least one [[stage.step]]")
	}
	return s
}

func (t table) step() Step {
	if t.values == nil {
		return Step{When: OnSuccess}
	}
	t.allow(stepKind, stageKind, pipelineKind)
	s := Step{
		Name:      t.name("name", `a [[stage.step]] begins with name = "…"`),
		Uses:      t.name("uses", `it says what the step does, such as uses = "shell"`),
		With:      t.settings(),
		HasNeeds:  t.has("needs"),
		Needs:     t.needs(),
		When:      t.when(),
		Variables: t.variables("variables"),
		Dir:       t.dir(),
	}
	s.Timeout, _ = t.duration("timeout")
	s.AllowFailure = t.allowFailure()
	return s
}

func (t table) when() When {
	if s, _ := t.values["when"].(string); s == "manual" || s == "delayed" {
		t.report(t.key("when"), "when = %s is not supported by this version", quote(s))
		return OnSuccess
	}
	return choose(t, "when", OnSuccess, OnFailure, Always)
}

func (t table) allowFailure() AllowFailure {
	if _, ok := t.values["allow_failure"].(map[string]any); ok {
		t.report(t.key("allow_failure"), "allow_failure as a table is not supported by this version; write true or false")
		return AllowFailure{}
	}
	b, _ := t.boolean("allow_failure")
	return AllowFailure{Always: b}
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
