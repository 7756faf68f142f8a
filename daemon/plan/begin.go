package plan

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/run"
)

// Environment is what a step sees when an attempt of it begins: the variables
// of the pipeline, the rule that made the run, the stage, the step and the rule
// that chose it, of the run and of the play, each over those before it, and what
// is predefined over all of them. Outputs
// are those of [run.Run.Outputs], step → name → value. An output that a step has
// not is an [*expression.Missing].
func Environment(p *run.Plan, step int, play map[string]string, outputs map[string]map[string]string) (map[string]string, error) {
	b := begin{plan: p, step: &p.Steps[step], outputs: outputs}
	all, err := b.environment()
	if err != nil {
		return nil, err
	}
	maps.Copy(all, play)
	addPredefined(all, p)
	return all, nil
}

// Settings are a step's settings when an attempt of it begins: see
// [Environment].
func Settings(p *run.Plan, step int, outputs map[string]map[string]string) (map[string]any, error) {
	b := begin{plan: p, step: &p.Steps[step], outputs: outputs}
	with := p.Steps[step].With
	if len(b.step.LateWith) == 0 {
		return with, nil
	}
	visible, err := b.environment()
	if err != nil {
		return nil, err
	}
	var filled any = with
	for pointer, template := range b.step.LateWith {
		value, err := b.evaluate(template, visible)
		if err != nil {
			return nil, fmt.Errorf("with%s: %w", strings.ReplaceAll(pointer, "/", "."), err)
		}
		filled = replaced(filled, strings.Split(pointer, "/")[1:], value)
	}
	return filled.(map[string]any), nil
}

// begin is what is known when an attempt begins.
type begin struct {
	plan    *run.Plan
	step    *run.PlanStep
	outputs map[string]map[string]string
}

// environment evaluates level by level: templates see what is outside of
// theirs.
func (b *begin) environment() (map[string]string, error) {
	all := map[string]string{}
	for _, level := range b.levels() {
		late, err := b.late(level.late, all, b.plan.Values.Variables)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, level.early)
		maps.Copy(all, late)
		maps.Copy(all, b.plan.Values.Variables)
	}
	return all, nil
}

// levels are the variables that the step sees, from the outside in.
func (b *begin) levels() []table {
	stage := &b.plan.Stages[b.step.Stage]
	return []table{
		{b.plan.Environment, b.plan.Late}, {b.plan.RuleEnvironment, b.plan.RuleLate}, {stage.Environment, stage.Late},
		{b.step.Environment, b.step.Late}, {b.step.RuleEnvironment, b.step.RuleLate},
	}
}

// late evaluates the templates of a table but those that something wins over.
func (b *begin) late(templates, visible, over map[string]string) (map[string]string, error) {
	values := make(map[string]string, len(templates))
	for name, template := range templates {
		if _, given := over[name]; given {
			continue
		}
		v, err := b.evaluate(template, visible)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		values[name] = expression.Text(v)
		if err := config.CheckVariable(name, values[name]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (b *begin) evaluate(text string, visible map[string]string) (any, error) {
	template, err := expression.ParseTemplate(text, b.scope(visible))
	if err != nil {
		return nil, err
	}
	values := valuesOf(b.plan)
	values.Variables, values.Matrix, values.Outputs = visible, b.step.Matrix, b.named()
	return template.Evaluate(values)
}

func (b *begin) scope(visible map[string]string) expression.Scope {
	s := expression.Scope{Inputs: map[string]expression.Type{}, Steps: expression.AnyStep, Run: true}
	s.Find = func(variable string) (late, known bool) {
		_, known = visible[variable]
		return false, known
	}
	for name, value := range b.plan.Values.Inputs {
		s.Inputs[name] = expression.TypeOf(value)
	}
	for axis := range b.step.Matrix {
		s.Matrix = append(s.Matrix, axis)
	}
	return s
}

// named are the outputs under every name that placeholders have for a step: a
// matrix of one cell is known by its bare name as well.
func (b *begin) named() map[string]map[string]string {
	all := map[string]map[string]string{}
	maps.Copy(all, b.outputs)
	for _, i := range b.step.After {
		if g := b.plan.Steps[i].Group; g > 0 {
			all[b.plan.Groups[g-1].Name] = b.outputs[b.plan.Key(i)]
		}
	}
	return all
}

// replaced is a copy of v in which value stands at the place that pointer
// leads to; what it does not touch is shared.
func replaced(v any, pointer []string, value any) any {
	if len(pointer) == 0 {
		return value
	}
	switch v := v.(type) {
	case map[string]any:
		key := unescaper.Replace(pointer[0])
		filled := maps.Clone(v)
		filled[key] = replaced(v[key], pointer[1:], value)
		return filled
	case []any:
		i, err := strconv.Atoi(pointer[0])
		if err != nil || i < 0 || i >= len(v) {
			return v // of another plan
		}
		filled := append([]any(nil), v...)
		filled[i] = replaced(v[i], pointer[1:], value)
		return filled
	}
	return v
}

var unescaper = strings.NewReplacer("~1", "/", "~0", "~")
