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

// names are the variables that templates at one place can name: those of a
// table, and of what is around it. They are looked up, not listed: there may be
// thousands, for each of thousands of steps.
type names struct {
	outer *names // nil: there are no others
	own   table
	given map[string]string // for the run: over all others
}

// find looks a variable up.
func (n *names) find(name string) (value string, late, known bool) {
	for ; n != nil; n = n.outer {
		if value, known = n.given[name]; known {
			return value, false, true
		}
		if _, late = n.own.late[name]; late {
			return "", true, true
		}
		if value, known = n.own.early[name]; known {
			return value, false, true
		}
	}
	return "", false, false
}

// values are those of some variables; a late one has none.
func (n *names) values(variables []string) map[string]string {
	all := make(map[string]string, len(variables))
	for _, name := range variables {
		if value, late, known := n.find(name); known && !late {
			all[name] = value
		}
	}
	return all
}

// table is a table of variables, evaluated as far as it can be.
type table struct {
	early map[string]string
	late  map[string]string // name → template
}

// inside is what templates see below a table.
func (r *resolver) inside(outer *names, t table) *names {
	if outer != nil && len(t.early)+len(t.late) == 0 {
		return outer
	}
	return &names{outer: outer, own: t, given: r.request.Variables}
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
		r.weigh(len(v.Name) + len(value))
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
	names    *names
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
	if !strings.Contains(text, "{{") || r.weight > maxText {
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
	values.Variables, values.Matrix = at.names.values(t.Variables()), at.matrix
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
	s := expression.Scope{Inputs: r.types, Matrix: at.axes, Run: true}
	s.Find = func(variable string) (late, known bool) {
		_, late, known = at.names.find(variable)
		return late, known
	}
	if at.step {
		s.Steps = expression.AnyStep
	}
	return s
}
