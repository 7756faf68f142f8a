package expression

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
)

// maxMatched is how much text a pattern is matched against, in bytes.
const maxMatched = 64 << 10

// functions are all that there are. Those whose name is an operator stand for
// it in a rewritten tree; no person can write their calls, but that of matches,
// which isFunction refuses.
var functions = conf.FunctionsTable{
	"len":     function("len", length, (func(string) float64)(nil), (func([]any) float64)(nil)),
	"lower":   function("lower", ofText(strings.ToLower), (func(string) string)(nil)),
	"upper":   function("upper", ofText(strings.ToUpper), (func(string) string)(nil)),
	"trim":    function("trim", ofText(strings.TrimSpace), (func(string) string)(nil)),
	"split":   function("split", split, (func(string, string) []any)(nil)),
	"join":    function("join", joinItems, (func([]any, string) string)(nil)),
	"replace": function("replace", replace, (func(string, string, string) string)(nil)),
	"string":  function("string", toText, (func(any) string)(nil)),
	"number":  function("number", toNumber, (func(any) float64)(nil)),
	"toJSON":  function("toJSON", toJSON, (func(any) string)(nil)),
	"int":     function("int", ofNumber(math.Trunc), (func(float64) float64)(nil)),
	"floor":   function("floor", ofNumber(math.Floor), (func(float64) float64)(nil)),
	"ceil":    function("ceil", ofNumber(math.Ceil), (func(float64) float64)(nil)),
	"round":   function("round", ofNumber(math.Round), (func(float64) float64)(nil)),
	"[]":      function("[]", toIndex, (func(float64) int)(nil)),
	"%":       function("%", remainder, (func(float64, float64) float64)(nil)),
	"+":       function("+", sum, add),
	"matches": function("matches", match, (func(string, *regexp.Regexp) bool)(nil)),
}

var functionNames = slices.DeleteFunc(slices.Sorted(maps.Keys(functions)), func(name string) bool { return !isFunction(name) })

// isFunction reports whether a person may call name.
func isFunction(name string) bool {
	_, ok := functions[name]
	return ok && name != "matches" && inName(name[0])
}

// function is one with its types, each a nil func.
func function(name string, f func(...any) (any, error), signatures ...any) *builtin.Function {
	b := &builtin.Function{Name: name, Func: f}
	for _, s := range signatures {
		b.Types = append(b.Types, reflect.TypeOf(s))
	}
	return b
}

// add is the type of +.
func add(any, any) any { return nil }

// argument is an argument as a T. Elements of arrays have types that nobody
// could check before.
func argument[T any](args []any, i int) (T, error) {
	if v, ok := args[i].(T); ok {
		return v, nil
	}
	var want T
	return want, fmt.Errorf("a %s is wanted, not %s", typeOf(reflect.TypeOf(want)), describe(args[i]))
}

// describe names a value by its type.
func describe(v any) string {
	if v == nil {
		return "nil"
	}
	return "a " + typeOf(reflect.TypeOf(v)).String()
}

func ofText(f func(string) string) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		s, err := argument[string](args, 0)
		if err != nil {
			return nil, err
		}
		return bounded(f(s))
	}
}

func ofNumber(f func(float64) float64) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		n, err := argument[float64](args, 0)
		return f(n), err
	}
}

var errTooLarge = fmt.Errorf("the value is larger than %d bytes", maxResult)

// bounded refuses a value that is too large.
func bounded(v any) (any, error) {
	if size(v, maxResult) > maxResult {
		return nil, errTooLarge
	}
	return v, nil
}

func length(args ...any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return float64(utf8.RuneCountInString(v)), nil
	case []any:
		return float64(len(v)), nil
	}
	return nil, fmt.Errorf("len is of a string or an array, not of %s", describe(args[0]))
}

func split(args ...any) (any, error) {
	s, err := argument[string](args, 0)
	separator, err2 := argument[string](args, 1)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	parts := strings.Split(s, separator)
	items := make([]any, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	return bounded(items)
}

func joinItems(args ...any) (any, error) {
	items, err := argument[[]any](args, 0)
	separator, err2 := argument[string](args, 1)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, item := range items {
		if i > 0 {
			b.WriteString(separator)
		}
		if b.Len()+size(item, maxResult) > maxResult {
			return nil, errTooLarge
		}
		b.WriteString(Text(item))
	}
	return bounded(b.String())
}

func replace(args ...any) (any, error) {
	s, err := argument[string](args, 0)
	old, err2 := argument[string](args, 1)
	by, err3 := argument[string](args, 2)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, err
	}
	if len(s)+strings.Count(s, old)*(len(by)-len(old)) > maxResult {
		return nil, errTooLarge
	}
	return strings.ReplaceAll(s, old, by), nil
}

func toText(args ...any) (any, error) {
	if args[0] == nil {
		return nil, errors.New("nil has no text")
	}
	return toJSONText(args[0])
}

// toJSONText is the text of a value; what JSON makes longer than it is is
// looked at again.
func toJSONText(v any) (any, error) {
	if _, err := bounded(v); err != nil {
		return nil, err
	}
	return bounded(Text(v))
}

func toJSON(args ...any) (any, error) {
	if s, ok := args[0].(string); ok {
		text, err := toJSONText([]any{s})
		if err != nil {
			return nil, err
		}
		return strings.TrimSuffix(strings.TrimPrefix(text.(string), "["), "]"), nil
	}
	return toJSONText(args[0])
}

func toNumber(args ...any) (any, error) {
	switch v := args[0].(type) {
	case float64:
		return v, nil
	case string:
		if f, ok := ParseNumber(strings.TrimSpace(v)); ok {
			return f, nil
		}
		return nil, fmt.Errorf("%.40q is no number", v)
	}
	return nil, fmt.Errorf("%s is no number", describe(args[0]))
}

// toIndex is a place in an array; one in an object is a string.
func toIndex(args ...any) (any, error) {
	if s, ok := args[0].(string); ok {
		return s, nil
	}
	f, err := argument[float64](args, 0)
	if err == nil && (f != math.Trunc(f) || math.Abs(f) > maxResult) {
		err = fmt.Errorf("%s is no place in an array", numberText(f))
	}
	return int(f), err
}

func remainder(args ...any) (any, error) {
	a, err := argument[float64](args, 0)
	b, err2 := argument[float64](args, 1)
	return math.Mod(a, b), errors.Join(err, err2)
}

func sum(args ...any) (any, error) {
	if a, ok := args[0].(float64); ok {
		b, err := argument[float64](args, 1)
		return a + b, err
	}
	a, err := argument[string](args, 0)
	b, err2 := argument[string](args, 1)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	if len(a)+len(b) > maxResult {
		return nil, errTooLarge
	}
	return a + b, nil
}

func match(args ...any) (any, error) {
	s, err := argument[string](args, 0)
	if err != nil {
		return nil, err
	}
	if len(s) > maxMatched {
		return nil, fmt.Errorf("matches looks at texts of at most %d bytes; this one has %d", maxMatched, len(s))
	}
	return args[1].(*regexp.Regexp).MatchString(s), nil
}

// result is what an expression's value is outside of it.
func result(v any) (any, error) {
	switch n := v.(type) {
	case nil:
		return nil, errors.New("the expression has no value (nil); write VALUE ?? DEFAULT")
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, errors.New("the result is no number: a division by zero, or too large")
		}
		v = n + 0 // of -0, which nobody means
	}
	return bounded(v)
}
