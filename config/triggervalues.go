package config

import (
	"slices"

	"github.com/penstock/penstock/config/expression"
)

// Place is where expressions in the inputs and variables of a trigger of the
// kind stand.
func (k TriggerKind) Place() expression.Place {
	return map[TriggerKind]expression.Place{
		OnSchedule: expression.InSchedule, AfterPipeline: expression.InAfter, OnFiles: expression.InFiles, OnKey: expression.InKey,
	}[k]
}

// givenInputs reads what a trigger gives as inputs, as far as it can be judged
// without knowing what its placeholders become.
func (t table) givenInputs(trigger *Trigger, p *Pipeline) map[string]any {
	sub, ok := t.sub("inputs")
	if p.Type == Standard || t.has("inputs") && !ok {
		return nil
	}
	var given map[string]any
	for _, name := range sortedKeys(sub.values) {
		if given == nil {
			given = map[string]any{}
		}
		given[name] = sub.givenInput(name, p.Inputs)
	}
	if trigger.Kind != OnKey && trigger.Kind != "" {
		t.demandInputs(given, p.Inputs)
	}
	return given
}

// givenInput reads one value: of the type that the input has.
func (t table) givenInput(name string, inputs []Input) any {
	at := t.key(name)
	value := t.asJSON(at, t.values[name])
	text, isText := value.(string)
	i := slices.IndexFunc(inputs, func(i Input) bool { return i.Name == name })
	switch {
	case i < 0:
		t.report(at, "there is no input %s%s", quote(name), knownInputs(name, inputs))
	case !isText || !holdsPlaceholder(text):
		if err := inputs[i].Check(value); err != nil {
			t.report(at, "the input %s %v", quote(name), err)
		}
	}
	return value
}

func knownInputs(name string, inputs []Input) string {
	if len(inputs) == 0 {
		return "; the pipeline has none"
	}
	var known []string
	for _, i := range inputs {
		known = append(known, i.Name)
	}
	return didYouMean(name, known)
}

// demandInputs reports inputs that nobody would give: no run could ever start.
// One that callers give may be missing.
func (t table) demandInputs(given map[string]any, inputs []Input) {
	at := t.place
	if t.has("inputs") {
		at = t.key("inputs")
	}
	for k, i := range inputs {
		_, there := given[i.Name]
		if !there && i.Name != "" && !t.defaultWritten(k) {
			t.report(at, "the input %s is missing: it has no default, so the trigger must give it, or it could never start a run", quote(i.Name))
		}
	}
}

// defaultWritten tells whether input number k has a default, be it a wrong one,
// which was reported.
func (t table) defaultWritten(k int) bool {
	inputs := t.root.key("input")
	return k < len(inputs.items) && inputs.items[k].keys["default"] != nil
}

// triggers judges what triggers give to their runs: it is evaluated before there
// is a run, over what the trigger heard of.
func (j *judgement) triggers(t table, p *Pipeline) {
	for k := range p.Triggers {
		trigger, at := &p.Triggers[k], t.key("trigger").item(k)
		if trigger.Kind == "" || p.Type == Standard {
			j.leave(at, t.valueOf("trigger", k)) // what is wrong was reported
			continue
		}
		names := scope{place: trigger.Kind.Place()}
		sub := table{reader: j.reader, place: at}
		j.variables(sub, trigger.Variables, names, nil)
		for _, name := range sortedKeys(trigger.Inputs) {
			j.triggerInput(at.key("inputs").key(name), name, trigger.Inputs[name], names)
		}
	}
}

// valueOf is an element of an array.
func (t table) valueOf(key string, index int) any {
	all, _ := list(t.values[key])
	return all[index]
}

// leave marks the placeholders of a value as judged.
func (j *judgement) leave(at *place, v any) {
	switch v := v.(type) {
	case string:
		j.judged[at] = true
		return
	case map[string]any:
		for key, inner := range v {
			j.leave(at.key(key), inner)
		}
		return
	}
	items, _ := list(v)
	for i, inner := range items {
		j.leave(at.item(i), inner)
	}
}

// triggerInput judges a value with placeholders, whose type may be known.
func (j *judgement) triggerInput(at *place, name string, v any, names scope) {
	text, isText := v.(string)
	if !isText {
		j.setting(at, v, names, holder{key: "the input " + quote(name)})
		return
	}
	template := j.compile(at, text, names, holder{key: "the input " + quote(name)})
	want, declared := j.inputs[name]
	if template == nil || !declared {
		return
	}
	// Text is converted where it can be; whether it can only a run knows.
	if got := template.Type(); got != expression.Any && got != expression.String && got != want {
		j.report(at, "the input %s must be %s, and the placeholder is %s", quote(name), withArticle(want), withArticle(got))
	}
}

func withArticle(t expression.Type) string {
	if t == expression.Array {
		return "an array"
	}
	return "a " + t.String()
}

// titles judges what runs are called: it is known when they are created.
func (j *judgement) titles(t table, p *Pipeline, names scope) {
	j.template(t.key("run_name"), p.RunName, names, holder{key: "run_name", early: true})
	for _, label := range p.Labels {
		j.template(t.key("labels").key(label.Name), label.Value, names, holder{key: "label " + quote(label.Name), early: true})
	}
}
