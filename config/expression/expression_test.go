package expression_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/penstock/penstock/config/expression"
)

func scope() expression.Scope {
	return expression.Scope{
		Inputs: map[string]expression.Type{
			"keep": expression.Number, "name": expression.String, "dry": expression.Boolean, "hosts": expression.Array,
			"my-tag": expression.String, "both": expression.String, "half": expression.Number,
		},
		Variables: map[string]bool{"PGHOST": false, "NUMBERED": true, "both": false, "PG-HOST": false},
		Steps:     []string{"dump", "build-all", "1.5", "test@2"},
		Matrix:    []string{"OS", "ARCH-1"},
		Run:       true,
	}
}

func values() expression.Values {
	return expression.Values{
		Inputs: map[string]any{
			"keep": 7.0, "name": "app", "dry": true, "my-tag": "v1", "both": "b", "half": 2.5,
			"hosts": []any{"a", "b", 3.0, nil, map[string]any{"ip": "10.0.0.1", "x-y": true, "a$b": "dollar"}},
		},
		Variables: map[string]string{"PGHOST": "db", "NUMBERED": "n42", "both": "v", "PG-HOST": "pg"},
		Outputs: map[string]map[string]string{
			"dump": {"size": "12"}, "build-all": {"image-id": "sha"}, "1.5": {"x": "y"}, "test@2": {"ok": "yes"},
		},
		Matrix: map[string]string{"OS": "linux", "ARCH-1": "arm"},
		RunID:  9, RunNumber: 42, Source: "schedule", Actor: "anna", Pipeline: "nightly", Revision: 3,
		Trigger: expression.Trigger{Name: "night", ScheduledAt: "2026-01-02T03:04:05Z"},
	}
}

func TestEvaluate(t *testing.T) {
	tests := []struct {
		template string
		want     any
	}{
		{"plain }} text { {", "plain }} text { {"},
		{"", ""},
		{"{{ inputs.keep }}", 7.0},
		{"{{inputs.keep}} copies", "7 copies"},
		{"{{ inputs.half }}{{ inputs.dry }}", "2.5true"},
		{"{{ inputs.dry }}", true},
		{"x{{ inputs.hosts }}", `x["a","b",3,null,{"a$b":"dollar","ip":"10.0.0.1","x-y":true}]`},
		{`{{ inputs.hosts[4]["a$b"] }}`, "dollar"},
		{"{{ keep }}", 7.0}, {"{{ my-tag }}", "v1"}, {"{{ PG-HOST }}", "pg"}, {"app:{{my-tag}}", "app:v1"},
		{"{{ inputs.my-tag }}", "v1"}, {"{{ inputs.my-tag + inputs.name }}", "v1app"},
		{"{{ inputs.keep - 1 }}", 6.0}, {"{{ inputs.keep -1 }}", 6.0}, {"{{ 3-1 }}", 2.0},
		{"{{ inputs['my-tag'] }}", "v1"}, {"{{ inputs?.keep }}", 7.0},
		{"{{ vars.PGHOST }}", "db"}, {"{{ vars.NUMBERED }}", "n42"},
		{"{{ steps.dump.outputs.size }}", "12"},
		{"{{ steps.build-all.outputs.image-id }}", "sha"},
		{`{{ steps["1.5"].outputs.x }}`, "y"}, {`{{ steps["test@2"].outputs["ok"] }}`, "yes"},
		{"{{ steps.dump.outputs.none ?? 'x' }}", "x"}, {"{{ steps.dump.outputs.size ?? 'x' }}", "12"},
		{"{{ steps.dump?.outputs?.none ?? 'x' }}", "x"},
		{"{{ inputs.dry ? 'a' : steps.dump.outputs.none }}", "a"},
		{"{{ matrix.OS }}/{{ matrix.ARCH-1 }}", "linux/arm"},
		{"{{ run.id }} {{ run.number }} {{ run.name }} {{ run.source }} {{ run.actor }}", "9 42 nightly/42 schedule anna"},
		{"{{ pipeline.name }}@{{ pipeline.revision }}", "nightly@3"},
		{"{{ trigger.name }} {{ trigger.scheduled_at }}", "night 2026-01-02T03:04:05Z"},
		{`{{ "{{" }}x{{ "}}" }}`, "{{x}}"}, {"{{ `}}` }}!", "}}!"}, {`{{ 'it\'s' }}`, "it's"},
		{"{{ inputs.hosts[0] }}", "a"}, {"{{ inputs.hosts[-1].ip }}", "10.0.0.1"}, {"{{ inputs.hosts[4].x-y }}", true},
		{"{{ inputs.hosts[1:3] }}", []any{"b", 3.0}}, {"{{ inputs.hosts[inputs.keep - 7] }}", "a"},
		{"{{ inputs.hosts[3] ?? 'none' }}", "none"}, {"{{ inputs.hosts[2] + 1 }}", 4.0}, {"{{ inputs.hosts[0] + 'z' }}", "az"},
		{"{{ [1, 'x', inputs.dry] }}", []any{1.0, "x", true}}, {"{{ [] }}", []any{}},
		{"{{ 1 + 2 * 3 }}", 7.0}, {"{{ 7 % 4 }}", 3.0}, {"{{ 2 ** 10 }}", 1024.0}, {"{{ 1 / 2 }}", 0.5}, {"<{{ -1 * 0 }}>", "<0>"}, {"{{ -inputs.keep }}", -7.0},
		{"{{ 9223372036854775807 + 1 }}", 9223372036854775808.0},
		{"{{ 'b' in inputs.hosts }}", true}, {"{{ 'c' not in inputs.hosts }}", true}, {"{{ 3 in inputs.hosts }}", true},
		{"{{ inputs.name contains 'pp' and not (inputs.name startsWith 'b') && inputs.name endsWith 'p' }}", true},
		{`{{ inputs.name matches "^a.p$" }}`, true}, {`{{ inputs.name not matches "^b" }}`, true},
		{"{{ inputs.keep == 7 ? 'seven' : 'other' }}", "seven"}, {"{{ inputs.keep >= 7 or false }}", true},
		{"{{ len(inputs.hosts) }}", 5.0}, {"{{ len('äb') }}", 2.0},
		{"{{ lower('Ab') + upper('Ab') + trim(' x ') }}", "abABx"},
		{"{{ split('a,b', ',') }}", []any{"a", "b"}}, {"{{ join(['a', 'b'], '-') }}", "a-b"}, {"{{ join(inputs.hosts[0:3], ' ') }}", "a b 3"},
		{"{{ replace('aXbX', 'X', '-') }}", "a-b-"}, {"{{ string(7) + string(true) + string([1]) }}", "7true[1]"},
		{"{{ number('2.50') }}", 2.5}, {"{{ number(inputs.hosts[2]) + 1 }}", 4.0},
		{"{{ toJSON('a\"<') }}", `"a\"<"`}, {"{{ toJSON(inputs.hosts[0:2]) }}", `["a","b"]`},
		{"{{ int(2.9) + floor(-2.5) + ceil(2.1) + round(2.5) }}", 5.0}, {"{{ int(2.9) }}", 2.0},
		{"{{ inputs.hosts | len() }}", 5.0},
		{"{{ 1e21 }} {{ 0.0000001 }} {{ 100000 }}", "1e+21 1e-07 100000"},
	}
	for _, tt := range tests {
		template, err := expression.ParseTemplate(tt.template, scope())
		if err != nil {
			t.Errorf("%s: %v", tt.template, err)
			continue
		}
		got, err := template.Evaluate(values())
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %#v, %v, want %#v", tt.template, got, err, tt.want)
		}
		if is := expression.TypeOf(got); err == nil && template.Type() != is && template.Type() != expression.Any {
			t.Errorf("%s: type %v, but the value is a %v", tt.template, template.Type(), is)
		}
	}
}

// A | marks the offset.
func TestWhatIsRefusedIsSaidWhereItIs(t *testing.T) {
	tests := []struct{ template, want string }{
		{"x {{ inputs.|kepe }}", "no input kepe; did you mean keep?"},
		{"ä {{ inputs.|kepe }}", "no input kepe; did you mean keep?"},
		{"{{ 'ä' + inputs.|nmae }}", "no input nmae; did you mean name?"},
		{"{{ |kepe }}", "no input and no variable kepe; did you mean keep?"},
		{"{{ |Tag }}", "no input and no variable Tag"},
		{"{{ |both }}", "both is ambiguous: there are an input and a variable of that name; write inputs.both or vars.both"},
		{"{{ |keep + 1 }}", "unknown name keep: write inputs.keep"},
		{"{{ |PGHOST + 'x' }}", "unknown name PGHOST: write vars.PGHOST"},
		{"{{ vars.|PGHOTS }}", "no variable PGHOTS; did you mean PGHOST?"},
		{"{{ inputs.|keep-1 }}", "no input keep-1; did you mean keep?"},
		{"{{ matrix.|OSS }}", "the matrix has no OSS; did you mean OS?"},
		{"{{ steps.dmup.outputs.|size }}", "no step dmup whose outputs can be read here; did you mean dump?"},
		{"{{ steps.dump.results.|size }}", "a step has outputs only: steps.dump.outputs.NAME"},
		{"{{ |steps.dump }}", "steps is no value: write steps.NAME.outputs.KEY"},
		{"{{ |inputs }}", "inputs is no value: write inputs.NAME"},
		{"{{ len(|vars) }}", "vars is no value: write vars.NAME"},
		{"{{ run.|numbre }}", "run has no numbre; did you mean number?"},
		{"{{ inputs[vars.|PGHOST] }}", "a name after inputs is fixed: what an expression reads must be known without evaluating it"},
		{"|{{ inputs.keep", `a placeholder has {{ but no }}; a literal {{ is written {{ "{{" }}`},
		{"{{| }}", "an expression is missing: write a name, such as {{ inputs.NAME }}"},
		{"{{ |$env }}", "$ has no meaning here: a variable is vars.NAME"},
		{"{{ 1 |// x\n }}", "an expression holds no comment"},
		{"{{ inputs.keep |+ 'x' }}", "invalid operation: + (mismatched types number and string)"},
		{"{{ inputs.keep |== 'x' }}", "invalid operation: == (mismatched types number and string)"},
		{"{{ |now() }}", "there is no function now"},
		{"{{ |matches('a', 'b') }}", ""},
		{"{{ |lowre('a') }}", "there is no function lowre; did you mean lower?"},
		{"{{ |map(inputs.hosts, #) }}", "there is no function map"},
		{"{{ let |x = 1; x }}", "an expression has no variables of its own and no ;"},
		{"{{ 1 |.. 3 }}", "there are no ranges; write the array as [1, 2, 3]"},
		{"{{ inputs.|dry ?: true }}", "there is no ?: ; write a ? b : c, or a ?? b"},
		{"{{ |{'a': 1} }}", "an object cannot be written in an expression"},
		{"{{ inputs.name matches inputs.|name }}", "the pattern of matches is a text in quotes"},
		{"{{ inputs.name matches |'(' }}", "error parsing regexp: missing closing ): `(`"},
		{"{{ inputs.name matches |'a{600}b{600}' }}", "the pattern is too large: at most 1000 states are allowed"},
		{"{{ inputs.name.|upper() }}", "a value has no functions of its own"},
		{"{{ inputs.keep |inputs.name }}", "unexpected token Identifier(\"inputs\")"},
	}
	for _, tt := range tests {
		offset := strings.Index(tt.template, "|")
		text := tt.template[:offset] + tt.template[offset+1:]
		_, err := expression.ParseTemplate(text, scope())
		var e *expression.Error
		if !errors.As(err, &e) || !strings.HasPrefix(e.Message, tt.want) || e.Offset != offset {
			t.Errorf("%s: got %+v, want %d: %s", text, err, offset, tt.want)
		}
	}
}
