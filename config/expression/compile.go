package expression

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

const (
	maxSource = 4 << 10 // bytes of an expression
	maxNodes  = 2000
)

// program is an expression, compiled.
type program struct {
	source     string
	offset     int // of the source in its template
	code       *vm.Program
	typ        Type
	reads      []name
	lookUps    []string // functions of the environment
	references []Reference
	late       bool
	runTime    bool
}

// compile compiles one expression. Offsets of errors are those in source.
//
// The parser's tree is not compiled as it is: only what the package's page
// names is let through, names are resolved, and operations whose cost
// expr-lang does not bound are replaced by ours.
func compile(source string, s Scope) (*program, *Error) {
	if len(source) > maxSource {
		return nil, &Error{Message: fmt.Sprintf("an expression has at most %d bytes; this one has %d", maxSource, len(source))}
	}
	if strings.TrimSpace(source) == "" {
		return nil, &Error{Message: "an expression is missing: write a name, such as {{ inputs.NAME }}"}
	}
	r := &rewriting{source: source, scope: &s, environment: types.Map{}}
	config := configuration()
	tree, err := r.parse(config)
	if err != nil {
		return nil, err
	}
	config.WithEnv(r.environment)
	code, typ, err := r.check(tree, config)
	return &program{
		source: source, code: code, typ: typ,
		reads: r.reads, lookUps: r.lookUps, references: r.references, late: r.late, runTime: r.runTime,
	}, err
}

// configuration allows our functions and none of expr-lang's.
func configuration() *conf.Config {
	c := &conf.Config{
		Strict: true, ShortCircuit: true, MaxNodes: maxNodes,
		Functions: functions, Disabled: disabled,
	}
	c.WithEnv(types.Map{})
	return c
}

var disabled = func() map[string]bool {
	all := map[string]bool{}
	for _, f := range builtin.Builtins {
		all[f.Name] = true
	}
	return all
}()

// parse is the tree of the source, rewritten.
func (r *rewriting) parse(config *conf.Config) (*parser.Tree, *Error) {
	if trimmed := strings.TrimSpace(r.source); bare(trimmed) && !keywords[trimmed] && !r.isRoot(trimmed) {
		node := &ast.IdentifierNode{Value: trimmed}
		node.SetLocation(file.Location{From: strings.Index(r.source, trimmed)})
		return &parser.Tree{Node: r.bare(node), Source: file.NewSource(r.source)}, r.err
	}
	joined, failure := join(r.source)
	if failure != nil {
		return nil, failure
	}
	tree, err := parser.ParseWithConfig(joined, config)
	if err != nil {
		return nil, r.explain(err)
	}
	tree.Node = r.node(tree.Node)
	return tree, r.err
}

// keywords are values or operators, so that none of them is the name of an
// input where it stands alone.
var keywords = map[string]bool{
	"true": true, "false": true, "nil": true, "not": true, "and": true, "or": true, "in": true, "let": true, "if": true,
	"else": true, "matches": true, "contains": true, "startsWith": true, "endsWith": true,
}

// check checks the types and compiles.
func (r *rewriting) check(tree *parser.Tree, config *conf.Config) (*vm.Program, Type, *Error) {
	t, err := new(checker.Checker).Check(tree, config)
	if err != nil {
		return nil, Any, r.explain(err)
	}
	ast.Walk(&tree.Node, sums{})
	code, err := compiler.Compile(tree, config)
	if err != nil {
		return nil, Any, r.explain(err)
	}
	return code, typeOf(t), nil
}

func typeOf(t reflect.Type) Type {
	switch t.Kind() {
	case reflect.String:
		return String
	case reflect.Float64:
		return Number
	case reflect.Bool:
		return Boolean
	case reflect.Slice:
		return Array
	}
	return Any
}

// explain makes an error of expr-lang ours: where it is, in bytes, and what, in
// the words of the language.
func (r *rewriting) explain(err error) *Error {
	e := &Error{Message: err.Error()}
	var positioned *file.Error
	if errors.As(err, &positioned) {
		e.Offset, e.Message = r.bytes(positioned.From), positioned.Message
	}
	e.Message, _, _ = strings.Cut(e.Message, "\n")
	if strings.HasSuffix(e.Message, "exceeds maximum allowed nodes") {
		e.Message = fmt.Sprintf("the expression is too large: it has more than %d parts", maxNodes)
	}
	e.Message = conversion.ReplaceAllString(e.Message, "a $2 is wanted, not a $1")
	e.Message = strings.ReplaceAll(e.Message, string(joint), "-")
	e.Message = goTypes.ReplaceAllStringFunc(e.Message, func(name string) string { return ourTypes[name] })
	return e
}

// bytes is the offset in bytes of a rune of the source.
func (r *rewriting) bytes(runes int) int {
	for i := range r.source {
		if runes--; runes < 0 {
			return i
		}
	}
	return len(r.source)
}

// conversion is what expr-lang says of a value whose type nobody knew before.
var conversion = regexp.MustCompile(`^interface conversion: interface \{\} is (.+), not (.+)$`)

var (
	goTypes  = regexp.MustCompile(`\[\]interface \{\}|\[\](float64|string|bool)|map\[string\]interface \{\}|interface \{\}|\b(float64|int|bool|unknown)\b`)
	ourTypes = map[string]string{
		"[]interface {}": "array", "[]float64": "array", "[]string": "array", "[]bool": "array", "map[string]interface {}": "object", "interface {}": "any value",
		"float64": "number", "int": "number", "bool": "boolean", "unknown": "any value",
	}
)

// evaluate is the value of the expression: string, float64, bool, []any or
// map[string]any.
func (p *program) evaluate(v Values) (any, error) {
	environment, err := p.environment(&v)
	if err != nil {
		return nil, &Error{Offset: p.offset, Message: err.Error()}
	}
	machine := vm.VM{MemoryBudget: maxResult}
	value, err := machine.Run(p.code, environment)
	if err != nil {
		return nil, p.explain(err)
	}
	value, err = result(value)
	if err != nil {
		return nil, &Error{Offset: p.offset, Message: err.Error()}
	}
	return value, nil
}

func (p *program) explain(err error) *Error {
	r := rewriting{source: p.source}
	e := r.explain(err)
	e.Offset += p.offset
	var missing *Missing
	if errors.As(err, &missing) {
		e.Message, e.cause = missing.Error(), missing
	}
	return e
}
