package config

import "strings"

// inspectValue reports what no text of a pipeline may hold: NUL characters,
// because no path, argument or variable can hold one, and placeholders where
// they would be passed on as they are.
func (r *reader) inspectValue(at *place, v any, judged map[*place]bool) {
	switch v := v.(type) {
	case string:
		if holdsPlaceholder(v) && !judged[at] {
			r.report(at, "%s takes no placeholder", at.named())
		}
		r.inspectText(at, v)
		return
	case map[string]any:
		for _, key := range sortedKeys(v) {
			if holdsPlaceholder(key) {
				r.report(at.key(key), "a key takes no placeholder")
			}
			r.inspectText(at.key(key), key)
			r.inspectValue(at.key(key), v[key], judged)
		}
		return
	}
	items, _ := list(v)
	for i, v := range items {
		r.inspectValue(at.item(i), v, judged)
	}
}

func (r *reader) inspectText(at *place, s string) {
	if strings.ContainsRune(s, 0) {
		r.report(at, `text cannot hold the character \u0000`)
	}
}

// named is the key that the place belongs to.
func (p *place) named() string {
	for p.index >= 0 && p.parent != nil {
		p = p.parent
	}
	return p.name
}
