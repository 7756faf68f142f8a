package config

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const dynamic = "name = \"p\"\ntype = \"dynamic\"\ninput = [{ name = \"in\", default = \"x\" }]\n"

func TestAWrongPlaceholderIsShownInItsString(t *testing.T) {
	const head = "[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"t\"\nuses = \"x\"\n" // lines 4 to 8
	tests := []struct{ text, want string }{
		{`with.a = "ab {{ inputs.im }}"`, "9:24"},
		{`with.a = 'ab {{ inputs.im }}'`, "9:24"},
		{`with.a = "ä {{ inputs.im }}"`, "9:24"},
		{`with = { "a" = [1, [ "{{ inputs.im }}" ]] }`, "9:33"},
		{"with.a = [\n  \"x\",\n  \"{{ inputs.im }}\" ]", "11:14"},
		{`with.a = "\u0061 {{ inputs.im }}"`, "9:6"},
		{"with.a = \"\"\"\nab\n  {{ inputs.im }}\"\"\"", "11:13"},
		{"with.a = \"\"\"a {{ inputs.im }}\"\"\"", "9:25"},
		{"with.a = '''\nab\n  {{ inputs.im }}'''", "11:13"},
		{"with.a = '''\r\nab\r\n  {{ inputs.im }}'''", "11:13"},
		{"with.a = \"\"\"\n\\tab\n  {{ inputs.im }}\"\"\"", "9:6"},
		{"with.script = \"\"\"\ntrue\n echo {{ inputs.in }}\"\"\"", "11:7"},
		{"with.after_script = [\"true\", \"echo {{ inputs.in }}\"]", "9:36"},
		{"variables.A = \"{{ inputs.im }}\"", "9:26"},
		{"rule = [{ if = 'inputs.im == \"1\"' }]", "9:24"},
		{"resource_group = \"a {{ inputs.im }}\"", "9:31"},
		{"  [[stage.step.with.a]]\n  b.c = \"{{ inputs.im }}\"", "10:20"},
	}
	for _, tt := range tests {
		got := problems(t, dynamic+head+tt.text+"\n")
		if len(got) != 1 || fmt.Sprintf("%d:%d", got[0].Line, got[0].Column) != tt.want {
			t.Errorf("%s: got %v, want one at %s", tt.text, got, tt.want)
		}
	}
}

// Each line is of one place; a comment says what is wrong there, if anything.
func TestNamesAreThoseOfTheirPlace(t *testing.T) {
	const text = `
[variables]
P = "1"
PLATE = "{{ run.number }}"
%s
[[rule]]
variables.P = "{{ vars.P }}2"
%s
[[stage]]
name = "s"
variables = { S = "{{ vars.P }}", P = "{{ vars.P }}3" %s }
[[stage.step]]
name = "a"
uses = "x"
[[stage.step]]
name = "t"
uses = "x"
variables = { T = "{{ vars.S }}{{ vars.P }}{{ steps.a.outputs.x }}{{ matrix.M }}", E = "{{ vars.S }}{{ matrix.M }}" %s }
matrix = [{ M = 1, N = 1 }, { M = 2 }]
rule = [{ if = "vars.E == '1' and vars.S == '1' and vars.P == '1'", variables = { E = "{{ vars.E }}{{ vars.T }}", ONLY = "1" } } %s]
%s
`
	tests := []struct {
		part int // which of the places
		add  string
		want string // "" passes
	}{
		{0, "", ""},
		{0, `A = "{{ inputs.in }}{{ run.source }}{{ trigger.name }}{{ pipeline.revision }}"`, ""},
		{0, `A = "{{ vars.P }}"`, "the variables of one table do not see each other"},
		{0, `A = "{{ vars.S }}"`, "no variable S"},
		{0, `A = "{{ steps.a.outputs.x }}"`, "outputs of steps are not known here"},
		{1, `if = "vars.P == '1'"`, ""},
		{1, `if = "vars.PLATE == '1'"`, "before the run exists"},
		{2, `, A = "{{ vars.PLATE }}"`, ""},
		{2, `, A = "{{ vars.S }}"`, "the variables of one table do not see each other"},
		{2, `, A = "{{ vars.T }}"`, "no variable T"},
		{2, `, A = "{{ matrix.M }}"`, "matrix"},
		{3, `, A = "{{ vars.T }}"`, "the variables of one table do not see each other"},
		{3, `, A = "{{ matrix.N }}"`, "the matrix has no N"},
		{4, `, { if = "vars.T == ''" }`, "before the run exists"},
		{4, `, { if = "matrix.M == '' and vars.M == matrix.M" }`, ""},
		{4, `, { if = "matrix.N == ''" }`, "the matrix has no N"},
		{5, `with.a = "{{ vars.M }}{{ PENSTOCK_NODE_INDEX }} of {{ PENSTOCK_NODE_TOTAL }}"`, ""},
		{5, `with.a = "{{ vars.N }}"`, "no variable N"},
		{3, `, M = "{{ run.id }}", A = "{{ M }}"`, "no variable M"},
		{5, `resource_group = "{{ M }}"`, ""},
		{4, `, { if = "steps.a.outputs.x == ''" }`, "outputs of steps"},
		{4, `, { variables = { A = "{{ steps.a.outputs.x }}{{ matrix.M }}" } }`, ""},
		{5, `with.a = "{{ vars.T }}{{ vars.S }}{{ vars.PLATE }}{{ matrix.M }}{{ steps.a.outputs.x }}"`, ""},
		{5, `with.a = "{{ vars.ONLY }}"`, "no variable ONLY"},
		{5, `resource_group = "{{ vars.S }}{{ vars.P }}{{ matrix.M }}"`, ""},
		{5, `resource_group = "{{ vars.T }}"`, "needed when the run is created"},
		{5, `resource_group = "{{ vars.E }}"`, "needed when the run is created"}, // a rule makes it late
		{5, `resource_group = "{{ vars.P }}:"`, "with X for its placeholders"},
		{5, `dir = "{{ vars.P }}"`, "dir takes no placeholder"},
		{5, `with.script = "echo {{ vars.T }}"`, "a script cannot hold placeholders"},
		{5, `with.script = "echo {{.T}} {{ T "`, ""},
		{5, `with = { command = "echo", args = ["{{ vars.P }}"] }`, ""},
	}
	for _, tt := range tests {
		parts := []any{"", "", "", "", "", ""}
		parts[tt.part] = tt.add
		got := problems(t, dynamic+fmt.Sprintf(text, parts...))
		if tt.want == "" && got != nil || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0].Message, tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.add, got, tt.want)
		}
	}
}

func TestAStandardPipelineHoldsNothingThatARunChanges(t *testing.T) {
	for add, want := range map[string]bool{
		`variables.A = "{{ pipeline.name }}"`:                              true,
		`variables.A = "{{ run.source }}"`:                                 false,
		`variables.A = "{{ trigger.scheduled_at }}"`:                       false,
		`rule = [{ if = "run.source == 'schedule'", when = "never" }, {}]`: true,
	} {
		got := problems(t, add+"\n"+small)
		if want != (got == nil) || !want && !strings.Contains(got[0].Message, `type = "dynamic"`) {
			t.Errorf("%s: got %v", add, got)
		}
	}
}

// Needs and outputs, however mixed, pass exactly where no step waits for
// itself; serial stages and later ones are looked at by the goldens.
func TestNeedsAndOutputsPassWhereThereIsNoCircle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "steps")
		edges := make([][]bool, n)
		var text strings.Builder
		text.WriteString(dynamic + "[[stage]]\nname = \"s\"\n")
		for i := range n {
			edges[i] = make([]bool, n)
			fmt.Fprintf(&text, "[[stage.step]]\nname = \"s%d\"\nuses = \"x\"\n", i)
			var needs, byRule, settings []string
			for to := range n {
				if to == i {
					continue
				}
				switch rapid.IntRange(0, 8).Draw(t, "edge") {
				case 0:
					needs = append(needs, fmt.Sprintf("\"s%d\"", to))
				case 1:
					byRule = append(byRule, fmt.Sprintf("{ step = \"s%d\" }", to))
				case 2:
					settings = append(settings, fmt.Sprintf("\"{{ steps.s%d.outputs.x }}\"", to))
				default:
					continue
				}
				edges[i][to] = true
			}
			fmt.Fprintf(&text, "needs = [%s]\nrule = [{ needs = [%s] }]\nwith.a = [%s]\n",
				strings.Join(needs, ","), strings.Join(byRule, ","), strings.Join(settings, ","))
		}
		_, err := ParsePipeline("p.toml", []byte(text.String()))
		circle := closesCircle(edges)
		if circle != (err != nil) || circle && !strings.Contains(err.Error(), "in a circle") {
			t.Errorf("%s\na circle: %v; got %v", text.String(), circle, err)
		}
	})
}

// closesCircle looks for a step that reaches itself, by Warshall's closure.
func closesCircle(edges [][]bool) bool {
	for k := range edges {
		for i := range edges {
			for j := range edges {
				edges[i][j] = edges[i][j] || edges[i][k] && edges[k][j]
			}
		}
	}
	for i := range edges {
		if edges[i][i] {
			return true
		}
	}
	return false
}

// What a scope finds by what a text mentions judges the text as all of its
// names do.
func TestMentionedNamesAreEnough(t *testing.T) {
	n := &node{step: &Step{Name: "cells", Parallel: 3}}
	s := scope{
		variables: []map[string]bool{{"A": false, "B_1": true}, {"A": true, "C": false}},
		steps:     map[string]*node{"a.b": {step: &Step{}}, "a-b": {step: &Step{}}, "a": {step: &Step{}}, "cells": n},
	}
	tests := []struct{ text, variables, steps string }{
		{"", "map[]", "[]"},
		{"{{ vars.A }}", "map[A:true]", "[]"},
		{"{{B_1}}{{C}}", "map[B_1:true C:false]", "[]"},
		{"{{ vars['C'] + vars.B_1 }}", "map[B_1:true C:false]", "[]"},
		{"{{ 1 - C }}", "map[C:false]", "[]"},
		{"{{ steps.a-b.outputs.x }}", "map[]", "[a-b a]"},
		{`{{ steps["a.b"].outputs.x }}`, "map[]", "[a.b a]"},
		{"{{ steps['cells@3'].outputs.x }}", "map[]", "[cells@3]"},
		{"{{ steps['cells@4'].outputs.x }}{{ steps['cells@0'] }}{{ steps['cells@03'] }}{{ steps['a@1'] }}", "map[]", "[]"},
		{"{{ not steps.cells.outputs.x?C:A }}", "map[A:true C:false]", "[cells]"},
	}
	for _, tt := range tests {
		got := s.of(tt.text)
		if v, steps := fmt.Sprint(got.Variables), fmt.Sprint(unique(got.Steps)); v != tt.variables || steps != tt.steps {
			t.Errorf("%s: got %s, %s; want %s, %s", tt.text, v, steps, tt.variables, tt.steps)
		}
	}
	if s.steps = nil; s.of("x").Steps != nil || s.whole().Steps != nil {
		t.Error("steps where there are none")
	}
}

func unique(all []string) (once []string) {
	seen := map[string]bool{}
	for _, s := range all {
		if !seen[s] {
			seen[s] = true
			once = append(once, s)
		}
	}
	return once
}

func TestAfterManyWrongPlaceholdersThereIsNoMoreAdvice(t *testing.T) {
	var text strings.Builder
	text.WriteString(dynamic + "[variables]\n")
	for i := range maxAdvised + 3 {
		fmt.Fprintf(&text, "A%03d = \"{{ inputs.i }}\"\n", i)
	}
	advised, bare := 0, 0
	for _, p := range problems(t, text.String()+strings.TrimPrefix(small, "name = \"p\"\n")) {
		advised += strings.Count(p.Message, ": no input i; known are in")
		if strings.HasSuffix(p.Message, ": no input i") {
			bare++
		}
	}
	if advised != maxAdvised || bare != 3 {
		t.Errorf("%d with advice, %d without; want %d and 3", advised, bare, maxAdvised)
	}
}
