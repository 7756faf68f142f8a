package config

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, text string) *Source {
	t.Helper()
	src, err := ParsePipeline("p.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestEveryKeyArrivesInThePipeline(t *testing.T) {
	got := parse(t, `
name = "full"
description = "all of it"
type = "dynamic"
order = "serial"
workspace = "step"
variables = { B = 2, A = "1", C = true }

[[stage]]
name = "first"
order = "parallel"
variables.S = 1.10
  [[stage.step]]
  name = "a"
  uses = "shell"
  with = { script = "true", n = 3, f = 1.0, b = false, list = [1, { x = "y" }] }
  needs = []
  when = "always"
  allow_failure = true
  timeout = "1m30s"
  variables = { V = "x" }
  dir = "./sub//dir/"
  [[stage.step.with.rows]]
  n = 1

[[stage]]
name = "second"
  [[stage.step]]
  name = "b"
  uses = "http"
  needs = ["a"]
  [[stage.step]]
  name = "c"
  uses = "http"
  dir = "."
`).Pipeline
	want := Pipeline{
		Name: "full", Description: "all of it", Type: Dynamic, Order: Serial, Workspace: WorkspaceStep,
		Overlap: Overlap{OverlapAllow, 1}, AutoCancel: AutoCancel{CancelNone, FailureGoesOn},
		Variables: []Variable{{"A", "1"}, {"B", "2"}, {"C", "true"}},
		Stages: []Stage{
			{Name: "first", Order: Parallel, Variables: []Variable{{"S", "1.10"}}, Steps: []Step{{
				Name: "a", Uses: "shell",
				With: map[string]any{
					"script": "true", "n": int64(3), "f": 1.0, "b": false,
					"list": []any{int64(1), map[string]any{"x": "y"}},
					"rows": []any{map[string]any{"n": int64(1)}},
				},
				Needs: []Need{}, HasNeeds: true, When: Always, AllowFailure: AllowFailure{Always: true}, Timeout: 90 * time.Second,
				Variables: []Variable{{"V", "x"}}, Dir: "sub/dir",
			}}},
			{Name: "second", Order: Serial, Steps: []Step{
				{Name: "b", Uses: "http", Needs: []Need{{Step: "a", Artifacts: true}}, HasNeeds: true, When: OnSuccess},
				{Name: "c", Uses: "http", When: OnSuccess},
			}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestInlineTablesAreTheSamePipeline(t *testing.T) {
	tables := parse(t, small).Pipeline
	inline := parse(t, `name = "p"
stage = [{ name = "s", step = [{ name = "t", uses = "shell" }] }]`).Pipeline
	if !reflect.DeepEqual(tables, inline) {
		t.Errorf("tables\n%+v\ninline\n%+v", tables, inline)
	}
}

func TestLocateFindsTheValueOrTheNearestAroundIt(t *testing.T) {
	src := parse(t, `name = "p"
  [ variables ]
A = 1
[[stage]]
name = "s"
  [[stage.step]]
  name = "one"
  uses = "shell"
  with = { script = "true", "X.Y" = 1, list = [ "a", { b = 2 },
    [3] ] }
  [[stage.step]]
  name = "two"
  uses = "http"
  needs = ["one"]
    [stage.step.with]
    headers.Accept = "*/*"
[[stage]]
name = "z"
step = [{ name = "three", uses = "shell" },
        { name = "four", with.script = "true", uses = "shell" }]
`)
	tests := []struct {
		path         string
		line, column int
	}{
		{"", 1, 1},
		{"name", 1, 1},
		{"variables", 2, 3},
		{"variables.A", 3, 1},
		{"variables.B", 2, 3},
		{"stage[0]", 4, 1},
		{"stage[0].step[0].name", 7, 3},
		{"stage[0].step[0].with.script", 9, 12},
		{"stage[0].step[0].with.script.deeper[2]", 9, 12},
		{`stage[0].step[0].with."X.Y"`, 9, 29},
		{"stage[0].step[0].with.list[0]", 9, 49},
		{"stage[0].step[0].with.list[1].b", 9, 56},
		{"stage[0].step[0].with.list[2][0]", 10, 6},
		{"stage[0].step[0].with.list[3]", 9, 40},
		{"stage[0].step[0].with.list[-1]", 9, 40},
		{"stage[0].step[0].with.list[x]", 9, 40},
		{"stage[0].step[0].with.list[", 9, 40},
		{"stage[0].step[1]", 11, 3},
		{"stage[0].step[1].needs[0]", 14, 12},
		{"stage[0].step[1].with.method", 15, 5},
		{"stage[0].step[1].with.headers.Accept", 16, 13},
		{"stage[0].step[2]", 6, 3},
		{"stage[1].step[0].name", 19, 11},
		{"stage[1].step[1]", 20, 9},
		{"stage[1].step[1].with.script", 20, 31},
		{"stage[9].step[9]", 4, 1},
		{"nowhere", 1, 1},
		{"....", 1, 1},
		{`"`, 1, 1},
	}
	for _, tt := range tests {
		if got, want := src.Locate(tt.path), (Position{tt.line, tt.column}); got != want {
			t.Errorf("Locate(%s) = %v, want %v", tt.path, got, want)
		}
	}
}

func TestLocateFindsInputsRulesAndNeeds(t *testing.T) {
	src := parse(t, `name = "p"
type = "dynamic"
[[input]]
name = "a"
[[ rule ]]
  if = "true"
[[stage]]
name = "s"
  [[stage.step]]
  name = "one"
  uses = "shell"
  matrix = [{ OS = ["linux", "mac"] }]
  [[stage.step]]
  name = "two"
  uses = "http"
  rule = [{ when = "never", if = "false" }, { needs = ["one",
    { step = "one", matrix = [{ OS = "mac" }] }] }]
    [stage.step.retry]
    max = 2
`)
	for path, want := range map[string]Position{
		"input[0].name":                                  {4, 1},
		"input[0].default":                               {3, 1},
		"rule[0].if":                                     {6, 3},
		"rule[0].when":                                   {5, 1},
		"stage[0].step[0].matrix[0].OS[1]":               {12, 30},
		"stage[0].step[1].rule[0].if":                    {16, 29},
		"stage[0].step[1].rule[1].needs[1]":              {17, 5},
		"stage[0].step[1].rule[1].needs[1].x":            {17, 5},
		"stage[0].step[1].rule[1].needs[1].matrix[0].OS": {17, 33},
		"stage[0].step[1].retry.max":                     {19, 5},
		"stage[0].step[1].retry.delay":                   {18, 5},
	} {
		if got := src.Locate(path); got != want {
			t.Errorf("Locate(%s) = %v, want %v", path, got, want)
		}
	}
}

func TestAProblemOfAPluginHasAPlace(t *testing.T) {
	p := parse(t, small).Problem("stage[0].step[0].with.script", "script is missing")
	if got, want := p.Error(), "p.toml:4:1: script is missing"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProblemsNameThePathThatLocateFinds(t *testing.T) {
	text := string(read(t, "testdata/bad/types.toml"))
	src, err := ParsePipeline("types.toml", []byte(text))
	if src == nil {
		t.Fatal("no source beside the problems")
	}
	for _, p := range err.(Problems) {
		if got := src.Locate(p.Path); got != p.Position {
			t.Errorf("Locate(%s) = %v, but the problem is at %v", p.Path, got, p.Position)
		}
	}
}

func TestABadTextStillGivesWhatCouldBeRead(t *testing.T) {
	src, err := ParsePipeline("p.toml", []byte(small+"[[stage]]\nstep = [1, { name = \"u\", uses = \"http\", tiemout = 1 }]\n"))
	if err == nil || src == nil {
		t.Fatalf("got %v, %v; want a source and problems", src, err)
	}
	if got := src.Pipeline.Stages[1].Steps[1].Uses; got != "http" {
		t.Errorf("the step after a broken one uses %q", got)
	}
}

func TestTextThatIsNoTOMLGivesNoSource(t *testing.T) {
	if src, err := ParsePipeline("p.toml", []byte("name = ")); src != nil || err == nil {
		t.Errorf("got %v, %v", src, err)
	}
}

func TestSyntaxErrorsStandWhereTheyAre(t *testing.T) {
	tests := []struct{ text, want string }{
		{"name", "p.toml:1:"},
		{"name = \"p\"\nname = \"q\"\n", "p.toml:2:1: key 'name' has already been defined"},
		{"a = 1\n\nb = tru\n", "p.toml:3:5: "},
		{"a = 1\n[b\n", "p.toml:2:"},
		{"a = 1\nb = 01\n", "p.toml:2:5: "},
		{"a = 1\nb = 99999999999999999999\n", "p.toml:2:5: "},
		{"a = 1\nb = 2024-13-01\n", "p.toml:2:5: "},
		{"a = 1\n[[a]]\n", "p.toml:2:3: "},
		{"a = 1\nb = \"\\q\"\n", "p.toml:2:6: "},
		{"a = [1\n", "p.toml:1:"},
	}
	for _, tt := range tests {
		got := problems(t, tt.text)
		if len(got) != 1 || !strings.HasPrefix(got[0].Error(), tt.want) {
			t.Errorf("%q: got %v, want %s", tt.text, got, tt.want)
		}
	}
}

func TestNamesAreThoseOfTheRule(t *testing.T) {
	good := []string{"a", "0", ".hidden", "a.b_c-d", "...", strings.Repeat("x", 63)}
	bad := []string{"", ".", "..", "-a", "_a", "A", "a b", "a/b", "é", strings.Repeat("x", 64), "a\n"}
	for _, s := range good {
		if !validName(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range bad {
		if validName(s) {
			t.Errorf("%q is taken", s)
		}
	}
}

func TestVariables(t *testing.T) {
	for _, name := range []string{"PATH", "_", "a1", "LDFLAGS", "PYTHONPATH", "ENVIRONMENT", "PENSTOCK"} {
		if why := refuseVariable(name); why != "" {
			t.Errorf("%s is refused: %s", name, why)
		}
	}
	for _, name := range []string{"", "1a", "a-b", "é", "A=B", "LD_PRELOAD", "LD_X", "BASH_ENV", "ENV", "IFS", "PS4", "SHELLOPTS", "PENSTOCK_X"} {
		if refuseVariable(name) == "" {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestVariableValuesAreAsWritten(t *testing.T) {
	tests := []struct{ written, want string }{
		{`"x"`, "x"}, {"1_000", "1000"}, {"0x10", "16"}, {"-3", "-3"}, {"true", "true"},
		{"1.10", "1.10"}, {"+1_0.50", "10.50"}, {"1e3", "1e3"}, {`""`, ""},
	}
	for _, tt := range tests {
		src := parse(t, "variables.V = "+tt.written+"\n"+small)
		if got := src.Pipeline.Variables; len(got) != 1 || got[0].Value != tt.want {
			t.Errorf("%s became %v, want %s", tt.written, got, tt.want)
		}
	}
}

func TestAVariableTooLongForAProcessIsRefused(t *testing.T) {
	value := strings.Repeat(strings.Repeat("x", 99)+"\n", 1400)
	got := problems(t, "variables.V = '''"+value+"'''\n"+small)
	if len(got) != 1 || !strings.Contains(got[0].Message, "131071 bytes") {
		t.Errorf("got %v", got)
	}
}

func TestMoreThanFiftyNeedsAreRefused(t *testing.T) {
	needs := func(n int) string {
		var steps, names strings.Builder
		for i := range n {
			name := "n" + strings.Repeat("x", i)
			if i > 60 {
				t.Fatal("names grow too long")
			}
			steps.WriteString("[[stage.step]]\nname = \"" + name + "\"\nuses = \"shell\"\n")
			names.WriteString("\"" + name + "\",")
		}
		return small + steps.String() + "[[stage.step]]\nname = \"last\"\nuses = \"shell\"\nneeds = [" + names.String() + "]\n"
	}
	if got := problems(t, needs(maxNeeds)); got != nil {
		t.Errorf("50: %v", got)
	}
	if got := problems(t, needs(maxNeeds+1)); len(got) != 1 || !strings.Contains(got[0].Message, "at most 50") {
		t.Errorf("51: %v", got)
	}
}

func TestALongCycleIsShownInPart(t *testing.T) {
	var b strings.Builder
	b.WriteString("name = \"p\"\n[[stage]]\nname = \"s\"\n")
	for i := range 20 {
		next := string(rune('a' + (i+1)%20))
		b.WriteString("[[stage.step]]\nname = \"" + string(rune('a'+i)) + "\"\nuses = \"x\"\nneeds = [\"" + next + "\"]\n")
	}
	got := problems(t, b.String())
	const want = "the steps need each other in a circle: a -> b -> c -> d -> e -> f -> g -> h -> i -> j -> k -> l -> … (8 more) -> a"
	if len(got) != 1 || got[0].Message != want {
		t.Errorf("got %v", got)
	}
}

func TestQuotedKeysAndUnitsAreRead(t *testing.T) {
	text := read(t, filepath.Join("testdata", "good", "quoting.toml"))
	src := parse(t, string(text))
	if got := src.Pipeline.Stages[0].Steps[0].Timeout; got != week+2*day+3*time.Hour+4*time.Minute+5500*time.Millisecond {
		t.Errorf("timeout %v", got)
	}
	if got := src.Pipeline.Stages[0].Steps[0].Dir; got != "a/c" {
		t.Errorf("dir %q", got)
	}
}
