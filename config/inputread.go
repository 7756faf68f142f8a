package config

import (
	"regexp"
	"slices"
)

const (
	maxInputs  = 20 // of one pipeline, as in GitLab
	maxOptions = 50 // of one input, as in GitLab
)

var inputName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,62}$`)

const inputNameRule = "1 to 63 letters, digits, _ and -, beginning with a letter or _"

// inputs reads the declarations of inputs, each name once.
func (t table) inputs() []Input {
	tables := t.subs("input", "[[input]]")
	if len(tables) > maxInputs {
		t.report(t.key("input").item(maxInputs), "there are %d inputs; at most %d are allowed", len(tables), maxInputs)
	}
	var all []Input
	first := map[string]*place{}
	for _, sub := range tables {
		i := sub.input()
		if taken, again := first[i.Name]; again && i.Name != "" {
			t.report(sub.key("name"), "the input %s is there already, at %s", quote(i.Name), t.line(taken))
			continue
		}
		first[i.Name] = sub.key("name")
		all = append(all, i)
	}
	return all
}

func (t table) input() Input {
	if t.values == nil {
		return Input{Type: String}
	}
	t.allow(inputKind, pipelineKind)
	i := Input{Name: t.inputName(), Type: choose(t, "type", String, Number, Boolean, Array)}
	i.Description, _ = t.text("description")
	i.Regex = t.regex(i.Type)
	i.Options = t.options(&i)
	i.Default = t.defaultOf(&i)
	return i
}

func (t table) inputName() string {
	name, ok := t.text("name")
	switch {
	case !t.has("name"):
		t.missing("name", `an [[input]] begins with name = "…"`)
	case ok && !inputName.MatchString(name):
		t.report(t.key("name"), "name = %s is no name of an input (%s)", quote(name), inputNameRule)
	case ok:
		return name
	}
	return ""
}

// regex reads the pattern of a string's whole value.
func (t table) regex(of InputType) string {
	pattern, ok := t.text("regex")
	if !ok {
		return ""
	}
	if of != String {
		t.report(t.key("regex"), "regex is for strings only, and the input is %s", of.describe())
		return ""
	}
	if _, err := regexp.Compile(pattern); err != nil {
		t.report(t.key("regex"), "regex = %s is none: %v; the syntax is RE2's", quote(pattern), err)
		return ""
	}
	return pattern
}

// options reads the values that an input may have.
func (t table) options(i *Input) []any {
	all, isArray := list(t.values["options"])
	switch {
	case !t.has("options"):
		return nil
	case !isArray:
		t.wrong("options", "an array of values")
		return nil
	case i.Type == Boolean || i.Type == Array:
		t.report(t.key("options"), "options are for strings and numbers only, and the input is %s", i.Type.describe())
		return nil
	case len(all) == 0 || len(all) > maxOptions:
		t.report(t.key("options"), "options has %d values; from 1 to %d are allowed", len(all), maxOptions)
		return nil
	}
	return t.optionsOf(i, all)
}

// optionsOf is the options that pass what else the input demands.
func (t table) optionsOf(i *Input, all []any) []any {
	var options []any
	for k, v := range all {
		at := t.key("options").item(k)
		value := t.asJSON(at, v)
		if err := i.Check(value); err != nil {
			t.report(at, "options: a value %v", err)
			continue
		}
		if slices.Contains(options, value) {
			t.report(at, "options holds %s twice", shown(value))
			continue
		}
		options = append(options, value)
	}
	return options
}

func (t table) defaultOf(i *Input) any {
	v, there := t.values["default"]
	if !there {
		return nil
	}
	value := t.asJSON(t.key("default"), v)
	if err := i.Check(value); err != nil {
		t.report(t.key("default"), "default %v", err)
		return nil
	}
	return value
}

// asJSON is a value as it would come out of JSON: integers are floats there.
func (r *reader) asJSON(at *place, v any) any {
	switch v := r.plain(at, v).(type) {
	case int64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = r.asJSON(at.item(i), v[i])
		}
		return v
	case map[string]any:
		for key := range v {
			v[key] = r.asJSON(at.key(key), v[key])
		}
		return v
	default:
		return v
	}
}

// refuseInputs reports inputs in a pipeline whose values do not change.
func (t table) refuseInputs(of Type) {
	if of == Standard && t.has("input") {
		t.report(t.key("input"), `a standard pipeline has no inputs, because its values do not change from run to run: write type = "dynamic"`)
	}
}
