package config

import "strings"

// refusePlaceholders reports every string, and every key, that holds `{{`: it
// has a meaning in the language, and to pass it on as it is would change what a
// pipeline does once the meaning is built. It reports NUL characters with it:
// no path, argument or variable can hold one.
func (r *reader) refusePlaceholders() { r.inspectValue(r.root, r.values) }

func (r *reader) inspectValue(at *place, v any) {
	switch v := v.(type) {
	case string:
		r.inspectText(at, v)
		return
	case map[string]any:
		for _, key := range sortedKeys(v) {
			r.inspectText(at.key(key), key)
			r.inspectValue(at.key(key), v[key])
		}
		return
	}
	items, _ := list(v)
	for i, v := range items {
		r.inspectValue(at.item(i), v)
	}
}

func (r *reader) inspectText(at *place, s string) {
	if strings.ContainsRune(s, 0) {
		r.report(at, `text cannot hold the character \u0000`)
	}
	switch {
	case !strings.Contains(s, "{{"):
	case at.isScript():
		r.report(at, `a script cannot hold placeholders, because a value could become code: `+
			`set a variable and write "$NAME" in the script (for a literal {{ in a shell write '{''{')`)
	default:
		r.report(at, "placeholders ({{ … }}) are not supported by this version")
	}
}

// isScript tells whether the place is with.script of a step.
func (p *place) isScript() bool {
	return p.name == "script" && p.parent.name == "with"
}
