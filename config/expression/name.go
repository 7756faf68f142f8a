package expression

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"

	"github.com/penstock/penstock/config/spelling"
)

// name is a value that an expression reads.
type name struct{ root, name string }

// key is what the value is called in what expr-lang sees: a name that no
// person can write.
func (n name) key() string { return n.root + "." + n.name }

// roots are the first words of names.
var roots = map[string]bool{
	"inputs": true, "vars": true, "steps": true, "matrix": true, "run": true, "pipeline": true, "trigger": true,
}

// given are the names that a scope has which has their root, with their types.
var given = map[name]types.Type{
	{"upstream", "pipeline"}: types.String, {"upstream", "run"}: types.String, {"upstream", "status"}: types.String,
	{"file", "path"}: types.String, {"file", "name"}: types.String, {"file", "size"}: types.Float64,
	{"run", "id"}: types.Float64, {"run", "number"}: types.Float64, {"run", "name"}: types.String,
	{"run", "source"}: types.String, {"run", "actor"}: types.String,
	{"pipeline", "name"}: types.String, {"pipeline", "revision"}: types.Float64,
	{"trigger", "name"}: types.String, {"trigger", "scheduled_at"}: types.String,
}

// lateNames are known when the run exists.
var lateNames = map[name]bool{{"run", "id"}: true, {"run", "number"}: true, {"run", "name"}: true}

// bare is the input or the variable that a name alone means.
func (r *rewriting) bare(n *ast.IdentifierNode) ast.Node {
	_, isInput := r.scope.Inputs[n.Value]
	_, isVariable := r.scope.variable(n.Value)
	switch {
	case isInput && isVariable:
		return r.fail(n, "%s is ambiguous: there are an input and a variable of that name; write inputs.%[1]s or vars.%[1]s", n.Value)
	case isInput:
		return r.input(n, n.Value)
	case isVariable:
		return r.variable(n, n.Value)
	}
	known := append(slices.Sorted(maps.Keys(r.scope.Inputs)), slices.Sorted(maps.Keys(r.scope.Variables))...)
	return r.fail(n, "no input and no variable %s%s", n.Value, didYouMean(n.Value, known))
}

// resolve is what stands for the value that root and the names after it mean;
// at is the last of them.
func (r *rewriting) resolve(root string, names []string, at ast.Node) ast.Node {
	if why := r.unheard(root); why != "" {
		return r.fail(at, "%s", why)
	}
	switch root {
	case "inputs":
		return r.input(at, names[0])
	case "vars":
		return r.variable(at, names[0])
	case "matrix":
		return r.axis(at, names[0])
	case "steps":
		return r.output(at, names)
	case "upstream":
		if names[0] == "outputs" {
			return r.lookUp(at, "upstream", types.TypeOf(upstreamOutputs(nil).get), names[1], names[2])
		}
	}
	n := name{root, names[0]}
	t, ok := given[n]
	switch {
	case !ok:
		return r.fail(at, "%s has no %s%s", root, n.name, choices(n.name, members(root)))
	case lateNames[n] && !r.scope.Run:
		return r.fail(at, "%s is not known before the run exists", n.key())
	}
	r.late = r.late || lateNames[n]
	r.runTime = r.runTime || n != name{"pipeline", "name"}
	return r.read(at, n, t)
}

func members(root string) (all []string) {
	for n := range given {
		if n.root == root {
			all = append(all, n.name)
		}
	}
	if root == "upstream" {
		all = append(all, "outputs")
	}
	slices.Sort(all)
	return all
}

func (r *rewriting) input(at ast.Node, input string) ast.Node {
	t, ok := r.scope.Inputs[input]
	if !ok {
		return r.fail(at, "no input %s%s", input, choices(input, slices.Sorted(maps.Keys(r.scope.Inputs))))
	}
	r.runTime = true
	return r.read(at, name{"inputs", input}, exprTypes[t])
}

var exprTypes = map[Type]types.Type{
	Any: types.Any, String: types.String, Number: types.Float64, Boolean: types.Bool, Array: types.Array(types.Any),
}

func (r *rewriting) variable(at ast.Node, variable string) ast.Node {
	late, ok := r.scope.variable(variable)
	if !ok {
		return r.fail(at, "no variable %s%s", variable, choices(variable, slices.Sorted(maps.Keys(r.scope.Variables))))
	}
	r.late, r.runTime = r.late || late, r.runTime || late
	return r.read(at, name{"vars", variable}, types.String)
}

func (s *Scope) variable(name string) (late, known bool) {
	if late, known = s.Variables[name]; known || s.Find == nil {
		return late, known
	}
	return s.Find(name)
}

func (r *rewriting) axis(at ast.Node, axis string) ast.Node {
	if r.scope.Matrix == nil {
		return r.fail(at, "matrix.%s: the step has no matrix", axis)
	}
	if !slices.Contains(r.scope.Matrix, axis) {
		return r.fail(at, "the matrix has no %s%s", axis, choices(axis, r.scope.Matrix))
	}
	return r.read(at, name{"matrix", axis}, types.String)
}

// output is a call of a function of the environment, so that an output which
// is not needed may be missing.
func (r *rewriting) output(at ast.Node, names []string) ast.Node {
	step, output := names[0], names[2]
	switch {
	case names[1] != "outputs":
		return r.fail(at, "a step has outputs only: steps.%s.outputs.NAME", step)
	case r.scope.Steps == nil:
		return r.fail(at, "outputs of steps are not known here")
	case !slices.Contains(r.scope.Steps, step) && !slices.Equal(r.scope.Steps, AnyStep):
		return r.fail(at, "no step %s whose outputs can be read here%s", step, didYouMean(step, r.scope.Steps))
	}
	r.late, r.runTime = true, true
	r.references = append(r.references, Reference{Step: step, Output: output, Optional: r.optional})
	return r.lookUp(at, "output", types.TypeOf(outputs(nil).get), step, output)
}

// read is the identifier of a value of the environment.
func (r *rewriting) read(at ast.Node, n name, t types.Type) ast.Node {
	if _, again := r.environment[n.key()]; !again {
		r.environment[n.key()] = t
		r.reads = append(r.reads, n)
	}
	return placed(&ast.IdentifierNode{Value: n.key()}, at)
}

// variables lists the variables that the program reads.
func (p *program) variables() (all []string) {
	for _, n := range p.reads {
		if n.root == "vars" {
			all = append(all, n.name)
		}
	}
	return all
}

// environment is what the program reads of v.
func (p *program) environment(v *Values) (map[string]any, error) {
	all := make(map[string]any, len(p.reads)+2*len(p.lookUps))
	for _, n := range p.reads {
		value := v.of(n)
		if value == nil {
			return nil, fmt.Errorf("%s has no value", n.key())
		}
		all[n.key()] = value
	}
	for _, function := range p.lookUps {
		all[function], all[has(function)] = v.lookUp(function)
	}
	return all, nil
}

// of is the value of a name, nil if there is none.
func (v *Values) of(n name) any {
	switch n.root {
	case "inputs":
		return v.Inputs[n.name]
	case "vars":
		return present(v.Variables, n.name)
	case "matrix":
		return present(v.Matrix, n.name)
	}
	switch n.key() {
	case "run.id":
		return float64(v.RunID)
	case "run.number":
		return float64(v.RunNumber)
	case "run.name":
		return fmt.Sprintf("%s/%d", v.Pipeline, v.RunNumber)
	case "run.source":
		return v.Source
	case "run.actor":
		return v.Actor
	case "pipeline.name":
		return v.Pipeline
	case "pipeline.revision":
		return float64(v.Revision)
	case "trigger.name":
		return v.Trigger.Name
	case "trigger.scheduled_at":
		return v.Trigger.ScheduledAt
	case "upstream.pipeline":
		return v.Upstream.Pipeline
	case "upstream.run":
		return v.Upstream.Run
	case "upstream.status":
		return v.Upstream.Status
	case "file.path":
		return v.File.Path
	case "file.name":
		return v.File.Name
	case "file.size":
		return float64(v.File.Size)
	}
	return nil
}

func present(all map[string]string, name string) any {
	if value, ok := all[name]; ok {
		return value
	}
	return nil
}

// choices is the end of a message: what was probably meant, or what there is.
func choices(word string, known []string) string {
	if s := didYouMean(word, known); s != "" || len(known) == 0 || len(known) > 20 {
		return s
	}
	return "; known are " + strings.Join(known, ", ")
}

func didYouMean(word string, known []string) string {
	if s := spelling.Nearest(word, known); s != "" {
		return "; did you mean " + s + "?"
	}
	return ""
}
