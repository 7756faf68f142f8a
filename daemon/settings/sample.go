package settings

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
)

// sampling makes settings that a plugin can check of those of a step: in the
// place of each placeholder stands what it may become.
type sampling struct {
	scope  expression.Scope
	values expression.Values
	guess  map[string]bool // the paths of the values that were put in, as plugins write paths
}

// sample is with as a plugin may get it, and the paths of what was guessed.
func sample(p *config.Pipeline, stage *config.Stage, step *config.Step) (with map[string]any, guessed map[string]bool) {
	s := sampling{guess: map[string]bool{}}
	s.takeInputs(p.Inputs)
	s.takeVariables(p, stage, step)
	s.scope.Steps, s.scope.Matrix, s.scope.Run = expression.AnyStep, step.CommonAxes(), true
	if step.With == nil {
		return nil, nil
	}
	with = map[string]any{}
	for key, v := range step.With {
		if with[key] = v; !step.Literal(key) {
			with[key] = s.value(v, settingKey(key))
		}
	}
	return with, s.guess
}

func (s *sampling) takeInputs(inputs []config.Input) {
	s.scope.Inputs, s.values.Inputs = map[string]expression.Type{}, map[string]any{}
	for _, input := range inputs {
		t := map[config.InputType]expression.Type{
			config.String: expression.String, config.Number: expression.Number,
			config.Boolean: expression.Boolean, config.Array: expression.Array,
		}[input.Type]
		s.scope.Inputs[input.Name] = t
		switch {
		case input.Default != nil:
			s.values.Inputs[input.Name] = input.Default
		case len(input.Options) > 0:
			s.values.Inputs[input.Name] = input.Options[0]
		default:
			s.values.Inputs[input.Name] = anyOf(t)
		}
	}
}

// takeVariables takes every variable that a placeholder of the step may name.
func (s *sampling) takeVariables(p *config.Pipeline, stage *config.Stage, step *config.Step) {
	s.scope.Variables, s.values.Variables = map[string]bool{}, map[string]string{}
	tables := [][]config.Variable{p.Variables, stage.Variables, step.Variables}
	for _, rule := range p.Rules {
		tables = append(tables, rule.Variables)
	}
	for _, rule := range step.Rules {
		tables = append(tables, rule.Variables)
	}
	for _, table := range tables {
		for _, v := range table {
			s.scope.Variables[v.Name], s.values.Variables[v.Name] = false, v.Value
		}
	}
}

// value is v with samples for its placeholders.
func (s *sampling) value(v any, path string) any {
	switch v := v.(type) {
	case string:
		return s.text(v, path)
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, item := range v {
			all[key] = s.value(item, path+"."+settingKey(key))
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, item := range v {
			all[i] = s.value(item, fmt.Sprintf("%s[%d]", path, i))
		}
		return all
	}
	return v
}

func (s *sampling) text(text, path string) any {
	t, err := expression.ParseTemplate(text, s.scope)
	if err != nil || t.Constant() {
		return text // what is wrong with it was said already
	}
	s.guess[path] = true
	value, err := t.Evaluate(s.values)
	if err != nil {
		return anyOf(t.Type()) // it reads what only a run has
	}
	return value
}

// anyOf is some value of a type.
func anyOf(t expression.Type) any {
	switch t {
	case expression.Number:
		return 1.0
	case expression.Boolean:
		return true
	case expression.Array:
		return []any{}
	}
	return "x"
}

// settingKey is a key as paths have it.
func settingKey(key string) string {
	plain := func(r rune) bool {
		return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if key != "" && strings.TrimFunc(key, plain) == "" {
		return key
	}
	return strconv.Quote(key)
}

// isGuessed reports whether path is that of a value that was guessed, or lies in
// one: what a plugin says of it says nothing of the pipeline.
func isGuessed(guessed map[string]bool, path string) bool {
	for end := len(path); end > 0; end = strings.LastIndexAny(path[:end], ".[") {
		if guessed[path[:end]] {
			return true
		}
	}
	return false
}
