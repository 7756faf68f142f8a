package config

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
	if sub, ok := t.values["auto_cancel"].(map[string]any); ok && sub["on_new_run"] != nil {
		t.report(t.key("auto_cancel").key("on_new_run"), why, "on_new_run")
	}
}
