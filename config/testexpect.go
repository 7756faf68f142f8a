package config

import (
	"math"
	"strings"
)

// expectation reads what is to be seen of a run.
func (t table) expectation(key string) Expectation {
	e := Expectation{document: t.document}
	t, ok := t.sub(key)
	if !ok {
		return e
	}
	t.allow(expectKind)
	e.place = t.place
	if len(t.values) == 0 {
		t.report(t.place, "the expectation is empty; known are %s", strings.Join(expectKind.keys, ", "))
	}
	e.Refused = t.pattern("refused")
	t.refusedAlone()
	e.Name, _ = t.text("name")
	e.Labels = t.texts("labels")
	if inputs, ok := t.sub("inputs"); ok {
		e.Inputs, _ = floats(t.plain(inputs.place, inputs.values)).(map[string]any)
	}
	e.Run = t.word("run", statuses)
	if warns, ok := t.boolean("warnings"); ok {
		e.Warnings = &warns
	}
	e.Stages, e.Steps, e.Reasons = t.words("stages", statuses), t.words("steps", statuses), t.words("reasons", reasons)
	e.Attempts = t.counts("attempts")
	t.mentionStages("stages")
	for _, key := range []string{"steps", "reasons", "attempts", "with", "environment"} {
		t.mentionKeys(key)
	}
	items, _ := t.strings("absent")
	for _, it := range items {
		e.Absent = append(e.Absent, it.text)
		t.mention(it.at, it.text)
	}
	e.Order = t.order()
	e.Duration, _ = t.duration("duration")
	e.Elapsed, _ = t.duration("elapsed")
	t.given(&e)
	return e
}

// refusedAlone reports what is expected of a run that is not to be.
func (t table) refusedAlone() {
	if t.has("refused") && len(t.values) > 1 {
		t.report(t.key("refused"), "refused says that there is no run: then nothing else can be seen of it")
	}
}

// word reads one of known; "" where the key is absent.
func (t table) word(key string, known []string) string {
	if !t.has(key) {
		return ""
	}
	return choose(t, key, known...)
}

// words reads a table of words, such as step → status.
func (t table) words(key string, known []string) map[string]string {
	sub, ok := t.sub(key)
	if !ok {
		return nil
	}
	all := map[string]string{}
	for _, name := range sortedKeys(sub.values) {
		all[name] = choose(sub, name, known...)
	}
	return all
}

// counts reads a table of numbers, such as step → attempts.
func (t table) counts(key string) map[string]int {
	sub, ok := t.sub(key)
	if !ok {
		return nil
	}
	all := map[string]int{}
	for _, name := range sortedKeys(sub.values) {
		n, _ := sub.integer(name, 0, math.MaxInt32)
		all[name] = int(n)
	}
	return all
}

// order reads which steps come before which: names, or lists of names whose
// order among themselves does not matter.
func (t table) order() (groups [][]string) {
	if !t.has("order") {
		return nil
	}
	all, ok := list(t.values["order"])
	if !ok || len(all) < 2 {
		t.report(t.key("order"), `order must be an array of at least two: ["dump", "store"] or [["dump", "check"], ["store"]]`)
	}
	for i, v := range all {
		groups = append(groups, t.together(t.key("order").item(i), v))
	}
	return groups
}

func (t table) together(at *place, v any) (names []string) {
	members := []element{{v, at}}
	if inner, ok := list(v); ok {
		members = members[:0]
		for i, m := range inner {
			members = append(members, element{m, at.item(i)})
		}
	}
	for _, m := range members {
		name, ok := m.value.(string)
		if !ok {
			t.report(m.at, "order must hold names of steps, or lists of them, not %s", describe(m.value))
			continue
		}
		names = append(names, name)
		t.mention(m.at, name)
	}
	return names
}

// given reads what steps are given: settings and variables.
func (t table) given(e *Expectation) {
	if sub, ok := t.sub("with"); ok {
		e.With = map[string]map[string]any{}
		for _, step := range sortedKeys(sub.values) {
			if settings, ok := sub.sub(step); ok {
				e.With[step], _ = floats(t.plain(settings.place, settings.values)).(map[string]any)
			}
		}
	}
	if sub, ok := t.sub("environment"); ok {
		e.Environment = map[string]map[string]string{}
		for _, step := range sortedKeys(sub.values) {
			e.Environment[step] = sub.texts(step)
		}
	}
}
