package config

// pipelineName reads the name of the pipeline, which a child need not have.
func (t table) pipelineName() string {
	if t.child && !t.has("name") {
		return ""
	}
	return t.name("name", `a pipeline begins with name = "…"`)
}

// pipelineType reads the type of the pipeline. A child is dynamic by default:
// what it is given is all that tells it from others.
func (t table) pipelineType() Type {
	if t.child {
		return choose(t, "type", Dynamic, Standard)
	}
	return choose(t, "type", Standard, Dynamic)
}

// refuseInChild reports what a child cannot have: it belongs to the run that
// starts it, and nothing of it stays for later runs to be beside.
func (t table) refuseInChild() {
	if !t.child {
		return
	}
	const why = "%s belongs to a pipeline that stays; this text is that of a child, which is run once, inside of another run"
	for _, key := range []string{"trigger", "overlap", "retention"} {
		if t.has(key) {
			t.report(t.key(key), why, key)
		}
	}
	t.refuseNewRun(why)
	rules, _ := list(t.values["rule"])
	for i, v := range rules {
		if rule, ok := t.table(t.key("rule").item(i), v); ok {
			rule.refuseNewRun(why)
		}
	}
}

// refuseNewRun reports a word on newer runs.
func (t table) refuseNewRun(why string) {
	if sub, ok := t.values["auto_cancel"].(map[string]any); ok && sub["on_new_run"] != nil {
		t.report(t.key("auto_cancel").key("on_new_run"), why, "on_new_run")
	}
}
