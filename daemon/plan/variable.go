package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
)

// takeVariables checks what is given for the run.
func (r *resolver) takeVariables() {
	given := r.request.Variables
	if r.pipeline.Type == config.Standard && len(given) > 0 {
		r.refuse(BadVariable, `the pipeline is standard: no value changes from run to run; type = "dynamic" lets a run have variables`)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if err := config.CheckVariable(name, given[name]); err != nil {
			r.refuse(BadVariable, "%v", err)
		}
	}
}

// names are the variables that templates at one place can name.
type names struct {
	values map[string]string
	late   map[string]bool // of every name; the value of a late one is not known yet
}

// table is a table of variables, evaluated as far as it can be.
type table struct {
	early map[string]string
	late  map[string]string // name → template
}

// inside is what templates see below a table: its variables over the outer
// ones, and over all those that the run was given.
func (r *resolver) inside(outer names, t table) names {
	if len(t.early)+len(t.late) == 0 && outer.late != nil {
		return outer
	}
	in := names{values: map[string]string{}, late: map[string]bool{}}
	maps.Copy(in.values, outer.values)
	maps.Copy(in.late, outer.late)
	for name, value := range t.early {
		in.values[name], in.late[name] = value, false
	}
	for name := range t.late {
		in.late[name] = true
	}
	for name, value := range r.request.Variables {
		in.values[name], in.late[name] = value, false
	}
	return in
}

// evaluate evaluates a table of variables at a place.
func (r *resolver) evaluate(variables []config.Variable, at *place) table {
	var t table
	for _, v := range variables {
		value, late := r.text("variable "+v.Name, v.Value, at)
		if late {
			put(&t.late, v.Name, v.Value)
			continue
		}
		if strings.Contains(v.Value, "{{") {
			if err := config.CheckVariable(v.Name, value); err != nil {
				r.refuse(BadValue, "%s%v", at.name, err)
			}
		}
		put(&t.early, v.Name, value)
	}
	return t
}

func put(m *map[string]string, key, value string) {
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[key] = value
}

// place is where templates stand: what they see, and what they were found to
// read.
type place struct {
	name     string // begins messages: `step "dump": `, or nothing
	names    names
	step     bool // outputs can be read
	axes     []string
	matrix   map[string]string
	compiled map[string]*expression.Template
	reads    []expression.Reference
}

// text evaluates a template to text; one that is late stays as it is.
func (r *resolver) text(what, text string, at *place) (value string, late bool) {
	v, late := r.value(what, text, at)
	if late {
		return text, true
	}
	return expression.Text(v), false
}

// value evaluates a template.
func (r *resolver) value(what, text string, at *place) (value any, late bool) {
	if !strings.Contains(text, "{{") {
		return text, false
	}
	t, err := r.compile(text, at)
	if err != nil {
		r.refuse(BadValue, "%s%s: %v", at.name, what, err)
		return "", false
	}
	if t.Late() {
		at.reads = append(at.reads, t.References()...)
		return nil, true
	}
	values := r.values()
	values.Variables, values.Matrix = at.names.values, at.matrix
	value, err = t.Evaluate(values)
	if err != nil {
		r.refuse(BadValue, "%s%s: %v", at.name, what, err)
		return "", false
	}
	return value, false
}

// compile compiles a template once for all the cells of a step.
func (r *resolver) compile(text string, at *place) (*expression.Template, error) {
	if t, ok := at.compiled[text]; ok {
		return t, nil
	}
	t, err := expression.ParseTemplate(text, r.scope(at))
	if err == nil && at.compiled != nil {
		at.compiled[text] = t
	}
	return t, err
}

func (r *resolver) scope(at *place) expression.Scope {
	s := expression.Scope{Inputs: r.types, Variables: at.names.late, Matrix: at.axes, Run: true}
	if at.step {
		s.Steps = expression.AnyStep
	}
	return s
}
