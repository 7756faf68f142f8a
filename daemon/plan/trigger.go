package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
)

// Occasion is what made a trigger fire, and what is given beside it.
type Occasion struct {
	Trigger  expression.Trigger
	Revision uint64
	Upstream expression.Upstream // with config.AfterPipeline
	File     expression.File     // with config.OnFiles
	Payload  string              // with config.OnKey: JSON, where the trigger reads it; "" is null
	// Inputs and Variables win over those of the trigger: what they take the place
	// of is not evaluated.
	Inputs    map[string]any
	Variables map[string]string
}

// TriggerInputs are the inputs and variables of a run of p that a trigger of p
// starts: those of the trigger, evaluated over what it heard of, under those of
// the occasion. Neither is judged: that is for [Resolve], which gets both. The
// error is a [*Refusal] with all that has no value.
func TriggerInputs(p *config.Pipeline, t *config.Trigger, o Occasion) (inputs map[string]any, variables map[string]string, err error) {
	f := firing{trigger: t, values: expression.Values{
		Pipeline: p.Name, Revision: o.Revision, Trigger: o.Trigger, Upstream: o.Upstream, File: o.File,
	}}
	f.hear(o)
	inputs, variables = f.inputs(o.Inputs), f.variables(o.Variables)
	if len(f.problems) > 0 {
		return nil, nil, &Refusal{Problems: f.problems}
	}
	return inputs, variables, nil
}

// firing evaluates what a trigger gives.
type firing struct {
	trigger  *config.Trigger
	values   expression.Values
	deaf     error // why there is no payload
	problems []Problem
}

// hear decodes the payload. One that is no JSON matters only to who reads it.
func (f *firing) hear(o Occasion) {
	if f.trigger.Kind == config.OnKey && o.Payload != "" {
		f.values.Payload, f.deaf = expression.ParsePayload(o.Payload)
	}
}

func (f *firing) inputs(given map[string]any) map[string]any {
	all := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(f.trigger.Inputs)) {
		if _, replaced := given[name]; !replaced {
			all[name] = f.value("the input "+name, f.trigger.Inputs[name])
		}
	}
	maps.Copy(all, given)
	return all
}

func (f *firing) variables(given map[string]string) map[string]string {
	all := map[string]string{}
	for _, v := range f.trigger.Variables {
		if _, replaced := given[v.Name]; !replaced {
			all[v.Name] = expression.Text(f.value("variable "+v.Name, v.Value))
		}
	}
	maps.Copy(all, given)
	return all
}

// value is v with its templates evaluated; what is in the definition stays as
// it is.
func (f *firing) value(what string, v any) any {
	switch v := v.(type) {
	case string:
		return f.text(what, v)
	case []any:
		all := make([]any, len(v))
		for i, item := range v {
			all[i] = f.value(what, item)
		}
		return all
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, item := range v {
			all[key] = f.value(what, item)
		}
		return all
	}
	return v
}

func (f *firing) text(what, text string) any {
	if !strings.Contains(text, "{{") {
		return text
	}
	template, err := expression.ParseTemplate(text, expression.Scope{Place: f.trigger.Kind.Place()})
	if err == nil && f.deaf != nil && template.ReadsPayload() {
		err = f.deaf
	}
	var value any
	if err == nil {
		value, err = template.Evaluate(f.values)
	}
	if err != nil {
		f.problems = append(f.problems, Problem{Kind: BadValue, Message: fmt.Sprintf("trigger %q: %s: %v", f.trigger.Name, what, err)})
		return ""
	}
	return value
}
