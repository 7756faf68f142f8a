package expression_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"pgregory.net/rapid"

	"github.com/penstock/penstock/config/expression"
)

// Where our language and expr-lang's share an expression they share its
// meaning, though operators and functions were replaced. Not shared is what
// comes of all numbers being float64, such as 1 / -0.
func TestExpressionsMeanWhatTheyMeanInExprLang(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := source(t, rapid.SampledFrom([]string{"number", "text", "boolean"}).Draw(t, "type"), 4)
		want, err := expr.Eval(source, nil)
		if i, ok := want.(int); ok {
			want = float64(i)
		}
		if f, ok := want.(float64); err != nil || ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
			t.Skip("it has no value there")
		}
		template, err := expression.ParseTemplate("{{"+source+"}}", expression.Scope{})
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		if got, err := template.Evaluate(expression.Values{}); err != nil || got != want {
			t.Fatalf("%s: got %v, %v, want %v", source, got, err, want)
		}
	})
}

// forms are expressions of a type; N, T and B stand for others.
var forms = map[string][]string{
	"number": {"(N + N)", "(N - N)", "(N * N)", "(N / I)", "(I % I)", "-(N)", "(B ? N : N)", "len(T)", "floor(N)", "ceil(N)", "round(N)", "[N, N, N][1]", "[N, N][-1]"},
	"text":   {"(T + T)", "lower(T)", "upper(T)", "trim(T)", "replace(T, 'a', T)", "(B ? T : T)", "[T, T][0]", "string(I)", "string(B)", "join(split(T, 'b'), T)", "([nil][0] ?? T)"},
	"boolean": {
		"(N < N)", "(N >= N)", "(N == N)", "(N != N)", "(T == T)", "(T < T)", "(B and B)", "(B or B)", "(B && B)", "(B || B)", "!(B)", "not (B)",
		"(T contains T)", "(T startsWith T)", "(T endsWith T)", "(T in [T, T])", "(T not in [T])", "(T matches '^a|b$')", "(T not matches 'a+')", "(N in [N, N])",
	},
	"integer": {"1", "2", "7"},
}

func source(t *rapid.T, kind string, depth int) string {
	leaves := map[string][]string{
		"number": {"0", "1", "2", "3", "10", "0.5", "2.25"}, "text": {"''", "'a'", `"ab"`, "`b a`", "' B'", `"\u00e4"`},
		"boolean": {"true", "false"}, "integer": {"1", "2", "7"},
	}[kind]
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		return rapid.SampledFrom(leaves).Draw(t, "value")
	}
	form := rapid.SampledFrom(forms[kind]).Draw(t, "form")
	var b strings.Builder
	for _, c := range form {
		switch inner := map[rune]string{'N': "number", 'T': "text", 'B': "boolean", 'I': "integer"}[c]; inner {
		case "":
			fmt.Fprintf(&b, "%c", c)
		default:
			b.WriteString(source(t, inner, depth-1))
		}
	}
	return b.String()
}
