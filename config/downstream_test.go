package config

import (
	"reflect"
	"strings"
	"testing"
)

// downstreamText is a pipeline with a step that starts a run with settings.
func downstreamText(with string) string {
	return `name = "p"
type = "dynamic"
[[input]]
name = "to"
default = "x"
[[stage]]
name = "s"
  [[stage.step]]
  name = "go"
  uses = "pipeline"
    [stage.step.with]
` + with
}

func readDownstream(t *testing.T, with map[string]any) *Downstream {
	t.Helper()
	d, err := ReadDownstream(with)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAllThatADownstreamStepCanSayArrives(t *testing.T) {
	step := parse(t, downstreamText(`
pipeline = "deploy"
strategy = "mirror"
forward = { yaml_variables = false, pipeline_variables = true }
inputs = { keep = 3, list = [1, { a = 2 }], on = true, name = "x" }
variables = { A = 1.10, B = true, C = "c" }
`)).Pipeline.Stages[0].Steps[0]
	got := readDownstream(t, step.With)
	want := &Downstream{
		Pipeline: "deploy", Strategy: StrategyMirror, Forward: Forward{PipelineVariables: true},
		Inputs:    map[string]any{"keep": 3.0, "list": []any{1.0, map[string]any{"a": 2.0}}, "on": true, "name": "x"},
		Variables: map[string]string{"A": "1.10", "B": "true", "C": "c"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if step.Strategy() != StrategyMirror {
		t.Errorf("the strategy is %q", step.Strategy())
	}
}

func TestADownstreamStepHasGitLabsDefaults(t *testing.T) {
	step := parse(t, downstreamText(`file = "./gen//child.toml"`)).Pipeline.Stages[0].Steps[0]
	got := readDownstream(t, step.With)
	want := &Downstream{
		File: "gen/child.toml", Strategy: StrategyNone, Forward: Forward{YAMLVariables: true}, Variables: map[string]string{},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestSettingsOfADownstreamStepAreJudgedAgainOnceTheyAreEvaluated(t *testing.T) {
	parse(t, downstreamText(`
pipeline = "{{ inputs.to }}"
variables = { A = "{{ inputs.to }}" }
`))
	for text, with := range map[string]map[string]any{
		"is no name":           {"pipeline": "No Name"},
		`"{{ x }}" is no name`: {"pipeline": "{{ x }}"},
		"below":                {"file": "../up.toml"},
		"file beside pipeline": {"pipeline": "a", "file": "b"},
		"pipeline must be":     {"pipeline": 3.0},
		"pipeline is missing":  {},
	} {
		if _, err := ReadDownstream(with); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v: got %v, want %q in it", with, err, text)
		}
	}
}

func TestReadingEvaluatedSettingsLeavesThemAsTheyAre(t *testing.T) {
	with := map[string]any{"pipeline": "deploy", "inputs": map[string]any{"list": []any{int64(1)}}}
	readDownstream(t, with)
	if got := with["inputs"].(map[string]any)["list"].([]any)[0]; got != int64(1) {
		t.Errorf("the plan's own value became %T", got)
	}
}

func TestPlaceholdersOfAnInlineChildAreItsOwn(t *testing.T) {
	step := parse(t, downstreamText(`inline = '''
type = "dynamic"
[[input]]
name = "of-the-child"
default = "x"
[[stage]]
name = "s"
  [[stage.step]]
  name = "a"
  uses = "shell"
  with = { script = "true", note = "{{ inputs.of-the-child }}" }
'''`)).Pipeline.Stages[0].Steps[0]
	if !step.Literal("inline") || step.Literal("pipeline") {
		t.Error("the text of a child is the one setting that is not evaluated")
	}
}

func TestAProblemOfAnInlineChildIsToldWhereItStands(t *testing.T) {
	text := downstreamText("inline = '''\nstagee = 1\n'''")
	_, err := ParsePipeline("p.toml", []byte(text))
	if err == nil {
		t.Fatal("the child has no stage")
	}
	if want := `p.toml:13:1: inline, at 1:1: unknown key "stagee"`; !strings.Contains(err.Error(), want) {
		t.Errorf("got\n%v\nwant %q in it", err, want)
	}
}

func TestAChildNeedsNoName(t *testing.T) {
	const stage = "[[stage]]\nname = \"s\"\n  [[stage.step]]\n  name = \"a\"\n  uses = \"shell\"\n"
	source, err := ParseChild("child.toml", []byte(stage))
	if err != nil {
		t.Fatal(err)
	}
	if source.Pipeline.Name != "" || len(source.Pipeline.Stages) != 1 {
		t.Errorf("got %+v", source.Pipeline)
	}
	if source.Pipeline.Type != Dynamic {
		t.Errorf("the child is %s", source.Pipeline.Type)
	}
	if source, err = ParseChild("child.toml", []byte("name = \"c\"\ntype = \"standard\"\n"+stage)); err != nil || source.Pipeline.Name != "c" || source.Pipeline.Type != Standard {
		t.Errorf("got %+v, %v", source.Pipeline, err)
	}
	if _, err := ParsePipeline("p.toml", []byte(stage)); err == nil {
		t.Error("a pipeline needs a name")
	}
}
