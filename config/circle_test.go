package config

import (
	"strings"
	"testing"
)

// among is what is wrong with texts together: files a.toml, b.toml, …
func among(t *testing.T, texts ...string) string {
	t.Helper()
	var sources []*Source
	for i, text := range texts {
		source, err := ParsePipeline(string(rune('a'+i))+".toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, source)
	}
	if problems := CirclesAmong(sources); len(problems) > 0 {
		return problems.Error()
	}
	return ""
}

// starting is a pipeline with one step, which starts a run.
func starting(name, before, with, more string) string {
	return "name = \"" + name + "\"\n" + before + "[[stage]]\nname = \"s\"\n[[stage.step]]\nname = \"go\"\nuses = \"pipeline\"\n" +
		"with = { " + with + " }\n" + more
}

func TestAStepThatStartsItsOwnPipelineIsRefused(t *testing.T) {
	const want = ":7:10: a step cannot start its own pipeline"
	for _, tt := range []struct{ text, want string }{
		{starting("a", "", `pipeline = "a"`, ""), want},
		{starting("a", "", `pipeline = "a"`, "when = \"manual\"\n"), want},
		{starting("a", "", `pipeline = "a"`, "rule = [{ if = \"run.source == 'command'\" }]\n"), want},
		{starting("a", "", "inline = '''\n"+strings.Replace(starting("c", "", `pipeline = "a"`, ""), "name = \"c\"\n", "", 1)+"'''", ""), want},
		{starting("a", "", "inline = '''\n"+strings.Replace(starting("c", "", `pipeline = "a"`, "when = \"manual\"\n"), "name = \"c\"\n", "", 1)+"'''", ""), want},
		{starting("a", "", `pipeline = "a"`, "skip = true\n"), ""},
		{starting("a", "type = \"dynamic\"\nvariables = { X = \"b\" }\n", `pipeline = "{{ vars.X }}"`, ""), ""},
		{starting("a", "", `pipeline = "b"`, ""), ""},
	} {
		if got := among(t, tt.text); !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s\ngot %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestPipelinesThatCertainlyStartEachOtherAreRefused(t *testing.T) {
	back := starting("b", "", `pipeline = "a"`, "")
	const both = "a.toml:7:10: the step closes a circle of pipelines that start each other: b → a → b"
	for _, tt := range []struct{ a, b, want string }{
		{starting("a", "", `pipeline = "b"`, ""), back, both},
		{starting("a", "", `pipeline = "b"`, "when = \"delayed\"\nstart_in = \"1h\"\n"), back, both},
		{starting("a", "", `pipeline = "b"`, "when = \"manual\"\n"), back, ""},
		{starting("a", "", `pipeline = "b"`, "when = \"on_failure\"\n"), back, ""},
		{starting("a", "", `pipeline = "b"`, "rule = [{ when = \"always\" }]\n"), back, ""},
		{starting("a", "rule = [{ if = \"run.source == 'command'\" }]\n", `pipeline = "b"`, ""), back, ""},
		{"name = \"a\"\n[[trigger]]\nafter = \"b\"\n" + small[strings.Index(small, "[[stage]]"):], back, ""},
		{"name = \"a\"\n[[trigger]]\nafter = \"c\"\n" + small[strings.Index(small, "[[stage]]"):], back, ""},
	} {
		if got := among(t, tt.a, tt.b); !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s\ngot %q, want %q", tt.a, got, tt.want)
		}
	}
}

func TestACircleFurtherOnIsNotThatOfWhoLeadsToIt(t *testing.T) {
	got := among(t, starting("a", "", `pipeline = "b"`, ""), starting("b", "", `pipeline = "c"`, ""), starting("c", "", `pipeline = "b"`, ""))
	if strings.Contains(got, "a.toml") || !strings.Contains(got, "b.toml:7:10") || !strings.Contains(got, "c.toml:7:10") {
		t.Error(got)
	}
}

func TestTriggersAndStepsCloseCirclesTogether(t *testing.T) {
	after := func(name, upstream string) string {
		return "name = \"" + name + "\"\ntrigger = [{ after = \"" + upstream + "\" }]\n"
	}
	stage := "[[stage]]\nname = \"s\"\nstep = [{ name = \"x\", uses = \"shell\" }]\n"
	got := among(t, starting("a", "", `pipeline = "b"`, ""), after("c", "b")+stage, after("a2", "c")+stage)
	if got != "" {
		t.Errorf("no circle: %s", got)
	}
	got = among(t, starting("a", "trigger = [{ after = \"c\" }]\n", `pipeline = "b"`, ""), after("c", "b")+stage)
	for _, want := range []string{
		"a.toml:2:14: the trigger closes a circle of pipelines that follow from each other: a → b → c → a; leave",
		"a.toml:8:10: the step closes a circle of pipelines that start each other: b → c → a → b; no run",
		"b.toml:2:14: the trigger closes a circle of pipelines that follow from each other: c → a → b → c; leave",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %s", got, want)
		}
	}
	if got := among(t, after("a", "b")+stage, strings.Replace(after("b", "a"), `"a"`, `{ pipeline = "a", status = ["failed"] }`, 1)+stage); got != "" {
		t.Errorf("what waits for failures is up to the runs: %s", got)
	}
}
