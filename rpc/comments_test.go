package rpc

import (
	"regexp"
	"strings"
	"testing"
)

// leftOver is what only Go calls so.
var leftOver = regexp.MustCompile(`\b(Code[A-Z]\w*|\w+(Request|Response)|[A-Z][a-z]+[A-Z]\w*)\b|\[[A-Z]\w*\]`)

func TestEveryFieldIsDescribed(t *testing.T) {
	d := discovered(t, start(t, echo(silent), nil).dial(t))
	described := 0
	look := func(where, text string) {
		described++
		if text == "" {
			t.Errorf("%s: there is no comment on it", where)
		}
		// Unix names and the schemas of the document are words of the wire too.
		for _, word := range leftOver.FindAllString(text, -1) {
			if _, schema := d.Components.Schemas[word]; !schema && word != "GitLab" && word != "KiB" {
				t.Errorf("%s: %q is no word of the wire: %s", where, word, text)
			}
		}
	}
	for _, m := range d.Methods {
		for _, p := range m.Params {
			look(m.Name+", parameter "+p.Name, p.Description)
		}
		if m.Name != Discover && len(m.Params) > 0 {
			look(m.Name, m.Description)
		}
	}
	for name, s := range d.Components.Schemas {
		look(name, s.Description)
		for member, p := range s.Properties {
			look(name+"."+member, p.Description)
		}
	}
	if described < 300 {
		t.Errorf("only %d descriptions were looked at", described)
	}
}

func TestDescriptionsSpeakOfTheWire(t *testing.T) {
	d := discovered(t, start(t, echo(silent), nil).dial(t))
	for _, m := range d.Methods {
		if m.Name == RunWatch && !strings.Contains(m.Description, "Ask with the sequence of the answer before") {
			t.Errorf("%q", m.Description)
		}
		if m.Name != RunStart {
			continue
		}
		for _, p := range m.Params {
			if p.Name == "as_scheduled" && !strings.HasSuffix(p.Description, `trigger names the schedule; "" is the only one that the pipeline has.`) ||
				p.Name == "sub_queue" && !strings.HasPrefix(p.Description, "sub_queue puts the run behind") {
				t.Errorf("%q", p.Description)
			}
		}
	}
	run := d.Components.Schemas["Run"]
	if got := run.Properties["sequence"].Description; got != "cursor for run.watch" {
		t.Errorf("sequence of a run: %q", got)
	}
	if got := run.Properties["cause"]; got.Ref != "#/$defs/Cause" || got.Description != "why it exists" {
		t.Errorf("cause of a run, which is embedded: %+v", got)
	}
	latest := d.Components.Schemas["Pipeline"].Properties["latest"]
	if len(latest.AnyOf) != 2 || latest.AnyOf[0].Ref != "#/$defs/RunSummary" || latest.AnyOf[1].Type != "null" {
		t.Errorf("a pointer to a struct is %+v", latest)
	}
}
