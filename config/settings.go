package config

import (
	"math"
	"time"
)

// settings reads `with`. The values are string, int64, float64, bool, []any and
// map[string]any only: what JSON can carry to a plugin. Dates and times are
// refused, because a plugin would see a string and could not tell what its
// author meant; nan and inf because JSON has neither.
func (t table) settings() map[string]any {
	with, ok := t.sub("with")
	if !ok {
		return nil
	}
	settings, _ := with.plain(with.place, with.values).(map[string]any)
	return settings
}

func (r *reader) plain(at *place, v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for _, key := range sortedKeys(v) {
			m[key] = r.plain(at.key(key), v[key])
		}
		return m
	case time.Time:
		r.report(at, "a value cannot be a date or time: put it in quotes")
		return ""
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			r.report(at, "a value cannot be nan or inf")
			return 0.0
		}
		return v
	}
	all, ok := list(v)
	if !ok {
		return v
	}
	items := make([]any, len(all))
	for i, v := range all {
		items[i] = r.plain(at.item(i), v)
	}
	return items
}
