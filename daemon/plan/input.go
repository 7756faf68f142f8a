package plan

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/config/spelling"
)

// maxInput bounds a value as text, that of an array as JSON, in bytes.
const maxInput = 1 << 20

// takeInputs gives every input its value: the one that is asked for, or the
// default.
func (r *resolver) takeInputs() {
	r.types = map[string]expression.Type{}
	r.plan.Values.Inputs = map[string]any{}
	if r.pipeline.Type == config.Standard && len(r.request.Inputs) > 0 {
		r.refuse(BadInput, `the pipeline is standard: no value changes from run to run; type = "dynamic" lets it have inputs`)
		return
	}
	var names []string
	for i := range r.pipeline.Inputs {
		input := &r.pipeline.Inputs[i]
		names = append(names, input.Name)
		r.types[input.Name] = typeOf[input.Type]
		r.takeInput(input)
	}
	for _, name := range slices.Sorted(maps.Keys(r.request.Inputs)) {
		if _, known := r.types[name]; !known {
			r.refuse(BadInput, "there is no input %s%s", name, didYouMean(name, names))
		}
	}
}

var typeOf = map[config.InputType]expression.Type{
	config.String: expression.String, config.Number: expression.Number,
	config.Boolean: expression.Boolean, config.Array: expression.Array,
}

func (r *resolver) takeInput(input *config.Input) {
	value, given := r.request.Inputs[input.Name]
	switch {
	case given:
		value = convert(input.Type, value)
	case input.Default == nil:
		r.refuse(BadInput, "the input %s is missing: it has no default, so the run must give it", input.Name)
		return
	default:
		value = input.Default
	}
	if n := len(expression.Text(value)); n > maxInput {
		r.refuse(BadInput, "the input %s has %d bytes; at most %d are allowed", input.Name, n, maxInput)
		return
	}
	if err := input.Check(value); err != nil {
		r.refuse(BadInput, "the input %s %v", input.Name, err)
		return
	}
	r.plan.Values.Inputs[input.Name] = value
}

// convert makes of text a value of the type, where the text is one.
func convert(t config.InputType, value any) any {
	text, ok := value.(string)
	if !ok || len(text) > maxInput {
		return value
	}
	switch t {
	case config.Number:
		if f, ok := expression.ParseNumber(strings.TrimSpace(text)); ok {
			return f
		}
	case config.Boolean:
		if b, err := strconv.ParseBool(text); err == nil && (text == "true" || text == "false") {
			return b
		}
	case config.Array:
		var items []any
		if err := json.Unmarshal([]byte(text), &items); err == nil && items != nil {
			return items
		}
	}
	return value
}

func didYouMean(name string, known []string) string {
	if s := spelling.Nearest(name, known); s != "" {
		return "; did you mean " + s + "?"
	}
	if len(known) == 0 {
		return "; the pipeline declares none"
	}
	return "; known are " + strings.Join(known, ", ")
}
