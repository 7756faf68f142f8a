package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"
)

// lookUp is a call of a function of the environment: the value is one that may
// be missing, so that there is a second function, which tells whether it is
// there.
func (r *rewriting) lookUp(at ast.Node, function string, t types.Type, arguments ...any) ast.Node {
	if !slices.Contains(r.lookUps, function) {
		r.lookUps = append(r.lookUps, function)
		r.environment[function], r.environment[has(function)] = t, presence[function]
	}
	r.runTime = true
	call := &ast.CallNode{Callee: placed(&ast.IdentifierNode{Value: function}, at)}
	for _, a := range arguments {
		call.Arguments = append(call.Arguments, constant(a, at))
	}
	return placed(call, at)
}

// has names the function that tells whether another has a value: a name that
// no person can write.
func has(function string) string { return "has " + function }

var presence = map[string]types.Type{
	"output":   types.TypeOf(outputs(nil).has),
	"upstream": types.TypeOf(upstreamOutputs(nil).has),
	"payload":  types.TypeOf(payload{}.has),
}

func constant(v any, at ast.Node) ast.Node {
	if n, ok := v.(float64); ok {
		return placed(&ast.FloatNode{Value: n}, at)
	}
	return placed(&ast.StringNode{Value: v.(string)}, at)
}

// lookUp is what a function of the environment does, and the one that tells
// whether it has a value.
func (v *Values) lookUp(function string) (get, has any) {
	switch function {
	case "upstream":
		all := upstreamOutputs(v.Upstream.Outputs)
		return all.get, all.has
	case "payload":
		all := payload{v.Payload}
		return all.get, all.has
	}
	return outputs(v.Outputs).get, outputs(v.Outputs).has
}

// outputs are the values of steps' outputs: step → key → value.
type outputs map[string]map[string]string

func (o outputs) get(step, output string) (string, error) {
	value, ok := o[step][output]
	if !ok {
		return "", &Missing{Step: step, Output: output}
	}
	return value, nil
}

func (o outputs) has(step, output string) bool {
	_, ok := o[step][output]
	return ok
}
