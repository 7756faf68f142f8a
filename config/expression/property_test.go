package expression_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config/expression"
)

// A value is data, whatever it holds: the text comes out as it went in, and
// evaluating the result again would be another evaluation.
func TestValuesAreNeverEvaluated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		evil := rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.SampledFrom([]string{"inputs.secret", "vars.A", "1 + 1", "matrix.M", "steps.s.outputs.o"}),
				func(s string) string { return "{{ " + s + " }}" }),
			rapid.SampledFrom([]string{"{{", "}}", `" + vars.A + "`, `"}} {{ inputs.secret`, "$env", "`", "'", `\`, "%s", "{{ secret }}"}),
		)
		v := expression.Values{
			Inputs:    map[string]any{"value": evil.Draw(t, "input"), "secret": "SECRET", "list": []any{evil.Draw(t, "item")}},
			Variables: map[string]string{"A": evil.Draw(t, "variable")},
			Matrix:    map[string]string{"M": evil.Draw(t, "axis")},
			Outputs:   map[string]map[string]string{"s": {"o": evil.Draw(t, "output")}},
		}
		s := expression.Scope{
			Inputs:    map[string]expression.Type{"value": expression.String, "secret": expression.String, "list": expression.Array},
			Variables: map[string]bool{"A": false}, Matrix: []string{"M"}, Steps: []string{"s"},
		}
		template, err := expression.ParseTemplate("<{{ inputs.value }}|{{ vars.A + matrix.M }}|{{ steps.s.outputs.o }}|{{ inputs.list[0] }}>", s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := template.Evaluate(v)
		want := "<" + v.Inputs["value"].(string) + "|" + v.Variables["A"] + v.Matrix["M"] + "|" + v.Outputs["s"]["o"] + "|" + v.Inputs["list"].([]any)[0].(string) + ">"
		if err != nil || got != want {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
	})
}

// What is known early does not depend on what is known late.
func TestOnlyLateTemplatesReadLateValues(t *testing.T) {
	atoms := []string{
		"inputs.name", "vars.PGHOST", "vars.NUMBERED", "steps.dump.outputs.size", "run.name", "run.source", "pipeline.name",
		"trigger.name", "matrix.OS", "'text'", "string(run.number)", "(steps.dump.outputs.none ?? 'x')", "string(pipeline.revision)",
	}
	late := map[string]bool{"vars.NUMBERED": true, "steps.dump.outputs.size": true, "run.name": true, "string(run.number)": true, "(steps.dump.outputs.none ?? 'x')": true}
	fixed := map[string]bool{"vars.PGHOST": true, "pipeline.name": true, "matrix.OS": true, "'text'": true}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(atoms), 1, 5).Draw(t, "atoms")
		template, err := expression.ParseTemplate("{{ "+strings.Join(parts, " + ")+" }}!", scope())
		if err != nil {
			t.Fatal(err)
		}
		wantLate, wantRunTime := false, false
		for _, p := range parts {
			wantLate, wantRunTime = wantLate || late[p], wantRunTime || !fixed[p]
		}
		if template.Late() != wantLate || template.RunTime() != wantRunTime {
			t.Fatalf("%v: late %v, run time %v", parts, template.Late(), template.RunTime())
		}
		before, err := template.Evaluate(values())
		if err != nil {
			t.Fatal(err)
		}
		changed := values()
		changed.RunID, changed.RunNumber, changed.Outputs, changed.Variables["NUMBERED"] = 0, 0, nil, "other"
		if after, err := template.Evaluate(changed); !wantLate && (err != nil || after != before) {
			t.Fatalf("%v: %v became %v, %v", parts, before, after, err)
		}
	})
}

func TestMissingOutputIsNamed(t *testing.T) {
	template, err := expression.ParseTemplate("x{{ steps.dump.outputs.none }}", scope())
	if err != nil {
		t.Fatal(err)
	}
	if got := template.References(); len(got) != 1 || got[0] != (expression.Reference{Step: "dump", Output: "none"}) {
		t.Errorf("references %v", got)
	}
	_, err = template.Evaluate(values())
	var missing *expression.Missing
	if !errors.As(err, &missing) || *missing != (expression.Missing{Step: "dump", Output: "none"}) {
		t.Fatalf("got %v", err)
	}
	if want := "the step dump has no output none"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestReferencesWithADefaultAreOptional(t *testing.T) {
	template, err := expression.ParseTemplate("{{ steps.dump.outputs.a ?? steps.dump.outputs.b }}{{ (steps.dump.outputs.c + 'x') ?? 'y' }}", scope())
	if err != nil {
		t.Fatal(err)
	}
	want := []expression.Reference{{Step: "dump", Output: "a", Optional: true}, {Step: "dump", Output: "b"}, {Step: "dump", Output: "c"}}
	if got := template.References(); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestVariablesCanBeFound(t *testing.T) {
	s := expression.Scope{Variables: map[string]bool{"A": false}, Find: func(name string) (late, known bool) { return name == "L", len(name) == 1 }}
	template, err := expression.ParseTemplate("{{ vars.A }}{{ B }}{{ vars.A + vars.C }}", s)
	if err != nil {
		t.Fatal(err)
	}
	if got := template.Variables(); !slices.Equal(got, []string{"A", "B", "A", "C"}) || template.Late() {
		t.Errorf("it reads %v", got)
	}
	if template, err = expression.ParseTemplate("{{ L }}", s); err != nil || !template.Late() {
		t.Errorf("a late variable: %v", err)
	}
	if _, err := expression.ParseTemplate("{{ vars.XX }}", s); err == nil {
		t.Error("an unknown variable passes")
	}
	c, err := expression.ParseCondition("vars.A == 'x'", s)
	if err != nil || !slices.Equal(c.Variables(), []string{"A"}) {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestAnyStepLeavesNamesToTheCaller(t *testing.T) {
	s := scope()
	s.Steps = expression.AnyStep
	if template, err := expression.ParseTemplate("{{ steps.unheard.outputs.of }}", s); err != nil || len(template.References()) != 1 {
		t.Errorf("got %v, %v", template, err)
	}
}

func TestEvaluationErrorsSayWhere(t *testing.T) {
	tests := []struct {
		template string
		offset   int
		want     string
	}{
		{"a {{ inputs.hosts[9] }}", 17, "index out of range: 9 (array length is 5)"},
		{"a {{ inputs.hosts[3] }}", 4, "the expression has no value (nil); write VALUE ?? DEFAULT"},
		{"{{ 1 / 0 }}", 2, "the result is no number: a division by zero, or too large"},
		{"{{ inputs.hosts[2] + 'x' }}", 19, "a number is wanted, not a string"},
		{"{{ inputs.hosts[0.5] }}", 16, "0.5 is no place in an array"},
		{"{{ number('0x10') }}", 3, `"0x10" is no number`},
		{"{{ lower(inputs.hosts[2]) }}", 3, "a string is wanted, not a number"},
	}
	for _, tt := range tests {
		template, err := expression.ParseTemplate(tt.template, scope())
		if err != nil {
			t.Fatalf("%s: %v", tt.template, err)
		}
		_, err = template.Evaluate(values())
		var e *expression.Error
		if !errors.As(err, &e) || e.Message != tt.want || e.Offset != tt.offset {
			t.Errorf("%s: got %+v", tt.template, err)
		}
	}
}

func TestAValueThatIsNotGivenIsAnError(t *testing.T) {
	for _, text := range []string{"{{ inputs.keep }}", "x {{ vars.PGHOST }}", "{{ matrix.OS }}"} {
		template, err := expression.ParseTemplate(text, scope())
		if err != nil {
			t.Fatal(err)
		}
		got, err := template.Evaluate(expression.Values{})
		var e *expression.Error
		if !errors.As(err, &e) || e.Offset != strings.Index(text, "{{")+len("{{") {
			t.Errorf("%s: got %v, %#v", text, got, err)
		}
	}
}

func TestConditions(t *testing.T) {
	tests := []struct {
		text    string
		want    bool
		refused string
	}{
		{text: `run.source == "schedule"`, want: true},
		{text: `inputs.dry and trigger.name matches "^n"`, want: true},
		{text: "inputs.hosts[4]['x-y']", want: true},
		{text: "pipeline.revision > 3"},
		{text: "true", want: true},
		{text: "inputs.keep", refused: "a condition must be true or false; this is a number"},
		{text: "dry", want: true},
		{text: "run.number > 3", refused: "a condition is decided before the run exists"},
		{text: "steps.dump.outputs.size == '1'", refused: "a condition is decided before the run exists"},
		{text: "{{ inputs.dry }}", refused: "a condition is an expression already: write it without {{ }}"},
		{text: "", refused: "an expression is missing"},
	}
	for _, tt := range tests {
		c, err := expression.ParseCondition(tt.text, scope())
		if err != nil || tt.refused != "" {
			if err == nil || tt.refused == "" || !strings.HasPrefix(err.Error(), tt.refused) {
				t.Errorf("%s: got %v, want %q", tt.text, err, tt.refused)
			}
			continue
		}
		if got, err := c.Evaluate(values()); err != nil || got != tt.want {
			t.Errorf("%s: got %v, %v", tt.text, got, err)
		}
	}
	c, err := expression.ParseCondition("inputs.hosts[0]", scope())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Evaluate(values()); err == nil {
		t.Errorf("a text is %v as a condition", got)
	}
}

func TestRunIsUnknownWhereTheScopeSaysSo(t *testing.T) {
	s := scope()
	s.Run = false
	if _, err := expression.ParseTemplate("{{ run.number }}", s); err == nil || err.Error() != "run.number is not known before the run exists" {
		t.Errorf("got %v", err)
	}
	s.Steps, s.Matrix = nil, nil
	if _, err := expression.ParseTemplate("{{ steps.dump.outputs.size }}", s); err == nil || err.Error() != "outputs of steps are not known here" {
		t.Errorf("got %v", err)
	}
	if _, err := expression.ParseTemplate("{{ matrix.OS }}", s); err == nil || err.Error() != "matrix.OS: the step has no matrix" {
		t.Errorf("got %v", err)
	}
}

func TestMentions(t *testing.T) {
	tests := []struct {
		script string
		offset int
	}{
		{"echo hello", -1},
		{"docker ps --format '{{.Names}}'", -1},
		{"docker ps --format '{{ .Names }} {{json .}}'", -1},
		{"echo '{{ end }}' {{ '' }}", -1},
		{"echo {{ 1 }} {{ 'x' }} {{ $x := 1 }}", -1},
		{"echo {{ my-tag }}", 5},
		{"docker ps --format '{{.Names}}'; echo {{inputs.keep}}", 38},
		{"x {{{{ inputs.keep }}", 4},
		{"{{ inputs.keep", -1}, {"inputs.keep }}", -1},
		{"rm {{ inputs.nobody }}", 3}, {"{{steps['x'].outputs}}", 0}, {"{{ inputs }} {{ running.x }} {{ .inputs.x }}", -1},
		{"{{ run.number }}", 0}, {"{{ steps.dump.outputs.size }}", 0},
	}
	s := scope()
	s.Run = false
	for _, tt := range tests {
		offset, ok := expression.Mentions(tt.script, s)
		if !ok {
			offset = -1
		}
		if offset != tt.offset {
			t.Errorf("%s: got %d, want %d", tt.script, offset, tt.offset)
		}
	}
}

// Each of these would take hours, or all memory, without its bound.
func TestNoExpressionIsExpensive(t *testing.T) {
	big := strings.Repeat("a", 1<<20)
	ones := make([]any, 50_000)
	for i := range ones {
		ones[i] = 1.0
	}
	s := expression.Scope{Inputs: map[string]expression.Type{"big": expression.String, "list": expression.Array}}
	v := expression.Values{Inputs: map[string]any{"big": big, "list": ones}}
	tests := []string{
		strings.Repeat("(", 400) + "1" + strings.Repeat(" ?: 1)", 400),
		"inputs.big" + strings.Repeat("+inputs.big", 300),
		strings.Repeat("toJSON([", 300) + "'\"'" + strings.Repeat("])", 300),
		"replace(replace(inputs.big, 'a', inputs.big), 'a', inputs.big)",
		"replace(inputs.big, '', inputs.big)",
		"join(split(inputs.big, ''), inputs.big)",
		"any(inputs.list, any(inputs.list, any(inputs.list, # == 2)))",
		"1..100000000",
		"inputs.big matches '" + strings.Repeat("a?", 1000) + strings.Repeat("a", 1000) + "'",
		"inputs.big matches '(a*)*(a*)*(a*)*(a*)*$b'",
		"let x = inputs.big + inputs.big; let y = x + x; y + y",
		"2 ** 100000", "repeat('x', 1000000000)",
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
		"inputs.list == inputs.list" + strings.Repeat(" && inputs.list == inputs.list", 100) + " && false",
		strings.Repeat("-", 4000) + "1", strings.Repeat("!", 4000) + "true", "1" + strings.Repeat(".a", 2000), strings.Repeat("((", 2000),
	}
	for _, source := range tests {
		begin := time.Now()
		if template, err := expression.ParseTemplate("{{ "+source+" }}", s); err == nil {
			_, err = template.Evaluate(v)
			t.Logf("%.60s: %v", source, err)
		} else {
			t.Logf("%.60s: refused: %v", source, err)
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("%.60s took %v", source, took)
		} else {
			t.Log(took)
		}
	}
}

func TestTooLongExpressionsAreRefused(t *testing.T) {
	if _, err := expression.ParseTemplate("{{ '"+strings.Repeat("x", 4096)+"' }}", scope()); err == nil {
		t.Error("4 KiB and more pass")
	}
	if _, err := expression.ParseTemplate("{{ 1"+strings.Repeat("+1", 1100)+" }}", scope()); err == nil {
		t.Error("more than 2000 nodes pass")
	}
	v := values()
	v.Inputs["name"] = strings.Repeat("x", 1<<19)
	for _, text := range []string{"{{ inputs.name + inputs.name + 'x' }}", "{{ inputs.name }}{{ inputs.name }}x"} {
		template, err := expression.ParseTemplate(text, scope())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := template.Evaluate(v); err == nil {
			t.Errorf("%s: a text of more than 1 MiB passes", text)
		}
	}
}

func TestPatternsAreMatchedAgainstShortTexts(t *testing.T) {
	template, err := expression.ParseTemplate("{{ inputs.name matches 'x$' }}", scope())
	if err != nil {
		t.Fatal(err)
	}
	v := values()
	v.Inputs["name"] = strings.Repeat("x", 64<<10)
	if got, err := template.Evaluate(v); got != true {
		t.Errorf("got %v, %v", got, err)
	}
	v.Inputs["name"] = strings.Repeat("x", 64<<10+1)
	if got, err := template.Evaluate(v); err == nil {
		t.Errorf("more than 64 KiB: %v", got)
	}
}

// No text of a client ends the daemon, and every error points into its text.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"{{ inputs.keep }}", "{{ my-tag }}", `{{ steps["test@2"].outputs.ok ?? 'x' }}`, "{{ [1,2][0] | string() }}", "{{ a ? b : c }}",
		"{{ inputs.hosts[1:].x-y }}", "{{ 'ä' matches `x` }}", "{{ {a: 1} }}", "{{ # }}", "{{ b'x' }}", "{{ ::len(x) }}", "{{ if true {1} else {2} }}",
		"{{ inputs.name.x() }}", "{{ not in }}", "{{ $env }}", "{{ 1_0 + 0x1F ** -.5 }}", "}}{{", "{{ \xff }}", "{{ trigger?.[0] }}",
		"{{ payload.commits[0].id ?? payload['x'] }}", "{{ payload?.a[-1] }}", "{{ upstream.outputs['a'].b ?? file.size }}", "{{ payload }}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		template, err := expression.ParseTemplate(text, scope())
		if err == nil {
			_, err = template.Evaluate(values())
		}
		var e *expression.Error
		if err != nil && (!errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) || e.Message == "") {
			t.Errorf("%q: %#v", text, err)
		}
		for place := expression.InSchedule; place <= expression.InKey; place++ {
			template, err := expression.ParseTemplate(text, expression.Scope{Place: place})
			if err == nil {
				_, err = template.Evaluate(heard(t))
			}
			if err != nil && (!errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) || e.Message == "") {
				t.Errorf("%q at %d: %#v", text, place, err)
			}
		}
		expression.Mentions(text, scope())
		if c, err := expression.ParseCondition(text, scope()); err == nil {
			if _, err := c.Evaluate(values()); err != nil && !errors.As(err, &e) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
