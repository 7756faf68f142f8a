package expression

import (
	"fmt"
	"reflect"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"
)

// rewriting makes, of the tree of an expression as a person wrote it, the one
// that is compiled.
type rewriting struct {
	source      string
	scope       *Scope
	environment types.Map // what the expression reads, and its types
	reads       []name
	lookUps     []string
	references  []Reference
	late        bool
	runTime     bool
	optional    bool   // the left side of ?? is looked at
	err         *Error // the first
}

func (r *rewriting) fail(at ast.Node, format string, args ...any) ast.Node {
	if r.err == nil {
		r.err = &Error{Offset: r.bytes(at.Location().From), Message: fmt.Sprintf(format, args...)}
	}
	return at
}

// placed puts n where at is.
func placed[N ast.Node](n N, at ast.Node) N {
	n.SetLocation(at.Location())
	return n
}

// node is what stands for n. Whatever it does not name is not in the language.
func (r *rewriting) node(n ast.Node) ast.Node {
	if r.err != nil {
		return n
	}
	switch n := n.(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.StringNode, *ast.FloatNode:
		return n
	case *ast.IntegerNode:
		return placed(&ast.FloatNode{Value: float64(n.Value)}, n)
	case *ast.UnaryNode:
		n.Node = r.node(n.Node)
		return n
	case *ast.BinaryNode:
		return r.binary(n)
	case *ast.ConditionalNode:
		return r.conditional(n)
	case *ast.ArrayNode:
		r.all(n.Nodes)
		return n
	case *ast.CallNode:
		return r.call(n)
	case *ast.IdentifierNode:
		return r.identifier(n)
	case *ast.ChainNode:
		return r.chain(n)
	case *ast.MemberNode:
		return r.member(n)
	case *ast.SliceNode:
		n.Node, n.From, n.To = r.node(n.Node), r.index(n.From), r.index(n.To)
		return n
	}
	return r.fail(n, "%s", foreign(n))
}

// foreign says what of expr-lang's language is not in ours.
func foreign(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BuiltinNode:
		return "there is no function " + n.Name + choices(n.Name, functionNames)
	case *ast.MapNode:
		return "an object cannot be written in an expression"
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		return "an expression has no variables of its own and no ;"
	}
	return "this has no place in an expression"
}

func (r *rewriting) all(nodes []ast.Node) {
	for i, n := range nodes {
		nodes[i] = r.node(n)
	}
}

func (r *rewriting) identifier(n *ast.IdentifierNode) ast.Node {
	_, isInput := r.scope.Inputs[n.Value]
	_, isVariable := r.scope.variable(n.Value)
	p, isName := r.path(n)
	switch {
	case isName:
		return p.resolve(r)
	case n.Value == "steps":
		return r.fail(n, "steps is no value: write steps.NAME.outputs.KEY")
	case r.isRoot(n.Value):
		return r.fail(n, "%s is no value: write %[1]s.NAME", n.Value)
	case isInput:
		return r.fail(n, "unknown name %s: write inputs.%[1]s", n.Value)
	case isVariable:
		return r.fail(n, "unknown name %s: write vars.%[1]s", n.Value)
	case r.unheard(n.Value) != "" && heard[n.Value].key != "":
		return r.fail(n, "%s", r.unheard(n.Value))
	}
	return r.fail(n, "unknown name %s: a name begins with inputs, vars, steps, matrix, run, pipeline or trigger, and text stands in quotes", n.Value)
}

// binary rewrites what expr-lang's operators do not bound, or do not do with
// numbers that are all float64.
func (r *rewriting) binary(n *ast.BinaryNode) ast.Node {
	isOutput := false
	if n.Operator == "??" {
		_, isOutput = r.path(n.Left)
	}
	r.optional = isOutput
	n.Left = r.node(n.Left)
	r.optional = false
	n.Right = r.node(n.Right)
	switch {
	case r.err != nil:
		return n
	case isOutput:
		return r.otherwise(n)
	}
	switch n.Operator {
	case "..":
		return r.fail(n, "there are no ranges; write the array as [1, 2, 3]")
	case "%":
		return placed(&ast.CallNode{Callee: placed(&ast.IdentifierNode{Value: "%"}, n), Arguments: []ast.Node{n.Left, n.Right}}, n)
	case "matches":
		return r.matches(n)
	}
	return n
}

// otherwise is the right side where the left, an output or a member of a
// payload, is missing. Other names have a value always.
func (r *rewriting) otherwise(n *ast.BinaryNode) ast.Node {
	read, ok := n.Left.(*ast.CallNode)
	if !ok {
		return n.Left
	}
	there := has(read.Callee.(*ast.IdentifierNode).Value)
	is := &ast.CallNode{Callee: placed(&ast.IdentifierNode{Value: there}, n), Arguments: read.Arguments}
	return placed(&ast.ConditionalNode{Ternary: true, Cond: placed(is, n), Exp1: read, Exp2: n.Right}, n)
}

// maxStates bounds what a pattern costs for each byte of the text.
const maxStates = 1000

func (r *rewriting) matches(n *ast.BinaryNode) ast.Node {
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok {
		return r.fail(n.Right, "the pattern of matches is a text in quotes")
	}
	parsed, err := syntax.Parse(pattern.Value, syntax.Perl)
	if err != nil {
		return r.fail(n.Right, "%s", err.Error())
	}
	states, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(states.Inst) > maxStates {
		return r.fail(n.Right, "the pattern is too large: at most %d states are allowed", maxStates)
	}
	compiled := placed(&ast.ConstantNode{Value: regexp.MustCompile(pattern.Value)}, n.Right)
	return placed(&ast.CallNode{Callee: placed(&ast.IdentifierNode{Value: "matches"}, n), Arguments: []ast.Node{n.Left, compiled}}, n)
}

// conditional refuses a ?: b. Its tree holds a twice, and each of several in
// each other would double the program.
func (r *rewriting) conditional(n *ast.ConditionalNode) ast.Node {
	switch {
	case !n.Ternary:
		return r.fail(n.Cond, "there is no if in an expression; write a ? b : c")
	case n.Exp1 == n.Cond:
		return r.fail(n.Cond, "there is no ?: ; write a ? b : c, or a ?? b")
	}
	n.Cond, n.Exp1, n.Exp2 = r.node(n.Cond), r.node(n.Exp1), r.node(n.Exp2)
	return n
}

func (r *rewriting) call(n *ast.CallNode) ast.Node {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	switch {
	case !ok:
		return r.fail(n, "a value has no functions of its own; known functions are %s", strings.Join(functionNames, ", "))
	case !isFunction(callee.Value):
		return r.fail(n, "there is no function %s%s", callee.Value, choices(callee.Value, functionNames))
	}
	r.all(n.Arguments)
	return n
}

// chain is ?. in a path: no part of a name can be nil, so there it is a dot.
func (r *rewriting) chain(n *ast.ChainNode) ast.Node {
	if _, ok := r.path(n); ok {
		return r.node(n.Node)
	}
	n.Node = r.node(n.Node)
	return n
}

func (r *rewriting) member(n *ast.MemberNode) ast.Node {
	if p, ok := r.path(n); ok {
		return p.resolve(r)
	}
	n.Node = r.node(n.Node)
	if key, ok := n.Property.(*ast.StringNode); ok {
		key.Value = r.written(key)
	} else {
		n.Property = r.index(n.Property)
	}
	return n
}

// written is a name as it was written; in quotes nothing was joined.
func (r *rewriting) written(n *ast.StringNode) string {
	if at := r.bytes(n.Location().From); at < len(r.source) && quotes(r.source[at]) {
		return n.Value
	}
	return strings.ReplaceAll(n.Value, string(joint), "-")
}

// index is n as a place in an array, which is an integer to expr-lang.
func (r *rewriting) index(n ast.Node) ast.Node {
	if n == nil {
		return nil
	}
	return placed(&ast.CallNode{Callee: placed(&ast.IdentifierNode{Value: "[]"}, n), Arguments: []ast.Node{r.node(n)}}, n)
}

// path is a root and the names that belong to it.
type path struct {
	root  *ast.IdentifierNode
	names []ast.Node
	last  ast.Node
}

// path reports whether n is a name as a whole, and which.
func (r *rewriting) path(n ast.Node) (path, bool) {
	p := path{last: n}
	for {
		switch at := n.(type) {
		case *ast.ChainNode:
			n = at.Node
			continue
		case *ast.MemberNode:
			p.names = append(p.names, at.Property)
			n = at.Node
			continue
		case *ast.IdentifierNode:
			p.root = at
			return p, r.isRoot(at.Value) && p.whole()
		}
		return p, false
	}
}

// whole reports whether the names after the root are as many as belong to it.
func (p path) whole() bool {
	n := len(p.names)
	switch p.root.Value {
	case "payload":
		return true
	case "steps":
		return n == len([]string{"NAME", "outputs", "KEY"})
	case "upstream":
		if first, ok := p.first(); ok && first == "outputs" {
			return n == len([]string{"outputs", "STEP", "KEY"})
		}
	}
	return n == 1
}

// first is the name right after the root.
func (p path) first() (string, bool) {
	if len(p.names) == 0 {
		return "", false
	}
	text, ok := p.names[len(p.names)-1].(*ast.StringNode)
	if !ok {
		return "", false
	}
	return text.Value, true
}

func (p path) resolve(r *rewriting) ast.Node {
	if p.root.Value == "payload" {
		return p.ofPayload(r)
	}
	names := make([]string, len(p.names))
	for i, n := range p.names {
		text, ok := n.(*ast.StringNode)
		if !ok {
			return r.fail(n, notFixed, p.root.Value)
		}
		names[len(names)-1-i] = r.written(text)
	}
	return r.resolve(p.root.Value, names, p.names[0])
}

const notFixed = "a name after %s is fixed: what an expression reads must be known without evaluating it"

// ofPayload is a member of a payload: any way of names and places.
func (p path) ofPayload(r *rewriting) ast.Node {
	if why := r.unheard("payload"); why != "" {
		return r.fail(p.root, "%s", why)
	}
	way := make([]any, len(p.names))
	for i, n := range p.names {
		step, ok := r.step(n)
		if !ok {
			return r.fail(n, notFixed, "payload")
		}
		way[len(way)-1-i] = step
	}
	return r.lookUp(p.root, "payload", types.TypeOf(payload{}.get), way...)
}

// step is a name, or a place in an array, that is written as it is.
func (r *rewriting) step(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return r.written(n), true
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.UnaryNode:
		if place, ok := n.Node.(*ast.IntegerNode); ok && n.Operator == "-" {
			return -float64(place.Value), true
		}
	}
	return nil, false
}

// sums is a visitor of a tree with types: it replaces + where it may join
// strings, because expr-lang does not bound that.
type sums struct{}

// Visit is ast.Visitor's.
func (sums) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.BinaryNode)
	if !ok || n.Operator != "+" || n.Left.Type().Kind() == reflect.Float64 && n.Right.Type().Kind() == reflect.Float64 {
		return
	}
	callee := placed(&ast.IdentifierNode{Value: "+"}, n)
	callee.SetType(reflect.TypeOf(add))
	call := &ast.CallNode{Callee: callee, Arguments: []ast.Node{n.Left, n.Right}}
	call.SetType(n.Type())
	ast.Patch(node, call)
}
