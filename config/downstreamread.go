package config

import (
	"errors"
	"path"
	"path/filepath"
	"strings"
)

// downstreamTable is the settings of a step of DownstreamType. Those of a text
// may hold placeholders; once they are evaluated what they became is judged.
type downstreamTable struct {
	table
	evaluated bool
}

// ReadDownstream reads the settings of a step of DownstreamType, evaluated: as
// they were in a text that passed, or as JSON has them. The error says all that
// is wrong with them, one thing a line.
func ReadDownstream(with map[string]any) (*Downstream, error) {
	r := &reader{document: &document{lines: newLines(""), root: &place{index: -1, quote: -1}}}
	t := downstreamTable{table{r, r.root, with}, true}
	d := t.downstream()
	if len(r.problems) == 0 {
		return &d, nil
	}
	messages := make([]string, len(r.problems))
	for i, p := range r.problems {
		messages[i] = p.Message
	}
	return nil, errors.New(strings.Join(messages, "\n"))
}

// checkDownstream judges the settings of a step of DownstreamType, and makes
// texts of its variables as they are written.
func (t table) checkDownstream(s *Step) {
	if s.Uses != DownstreamType {
		return
	}
	for key, why := range ofWork {
		if t.has(key) {
			t.report(t.key(key), "%s means nothing in a step that starts a run: %s", key, why)
		}
	}
	if _, ok := t.values["with"].(map[string]any); !ok && t.has("with") {
		return // it was reported
	}
	d := downstreamTable{table{t.reader, t.key("with"), s.With}, false}
	read := d.downstream()
	if strings.TrimSpace(read.Inline) != "" {
		d.child(read.Inline)
	}
	if _, ok := s.With["variables"].(map[string]any); ok {
		s.With["variables"] = anyTexts(read.Variables)
	}
}

// ofWork are the keys of a step that bound or place its work, and why a step
// that starts a run has no use for them.
var ofWork = map[string]string{
	"timeout":         "it does no work of its own; the pipeline that it starts has a timeout of its own",
	"silence_timeout": "it has no output of its own",
	"dir":             "it works in no directory; file is a path below the workspace",
}

func anyTexts(texts map[string]string) map[string]any {
	all := make(map[string]any, len(texts))
	for key, text := range texts {
		all[key] = text
	}
	return all
}

func (t downstreamTable) downstream() Downstream {
	t.allow(downstreamKind)
	d := Downstream{
		Strategy:  choose(t.table, "strategy", StrategyNone, StrategyDepend, StrategyMirror),
		Forward:   t.forward(),
		Inputs:    t.inputs(),
		Variables: t.variables(),
	}
	t.refuseSeveral()
	d.Pipeline, d.File = t.pipelineName(), t.file()
	d.Inline, _ = t.text("inline")
	if t.has("inline") && strings.TrimSpace(d.Inline) == "" {
		t.report(t.key("inline"), "inline is empty: it holds the text of a pipeline")
	}
	return d
}

// refuseSeveral reports settings that do not say which run is meant.
func (t downstreamTable) refuseSeveral() {
	var there []string
	for _, key := range []string{"pipeline", "inline", "file"} {
		if t.has(key) {
			there = append(there, key)
		}
	}
	switch len(there) {
	case 0:
		t.missing("pipeline", `it names the pipeline to start; or inline = """…""" holds the text of a child, or file names one that an earlier step wrote`)
	case 1:
	default:
		t.report(t.key(there[1]), "%s beside %s: a step starts one run; keep one of the two", there[1], there[0])
	}
}

// open tells that a value is not known before its placeholders are evaluated.
func (t downstreamTable) open(s string) bool { return !t.evaluated && holdsPlaceholder(s) }

func (t downstreamTable) pipelineName() string {
	s, ok := t.text("pipeline")
	if !ok || t.open(s) {
		return s
	}
	return t.name("pipeline", "")
}

func (t downstreamTable) file() string {
	s, ok := t.text("file")
	if !ok || t.open(s) {
		return s
	}
	if s == "" || !filepath.IsLocal(s) || path.Clean(s) == "." {
		t.report(t.key("file"), "file = %s must be a path below the workspace: relative, and without a way out by ..", quote(s))
		return ""
	}
	return path.Clean(s)
}

func (t downstreamTable) forward() Forward {
	f := Forward{YAMLVariables: true}
	t.each(forwardKind, "forward", func(t table) {
		if forward, ok := t.boolean("yaml_variables"); ok {
			f.YAMLVariables = forward
		}
		f.PipelineVariables, _ = t.boolean("pipeline_variables")
	})
	return f
}

func (t downstreamTable) inputs() map[string]any {
	sub, ok := t.sub("inputs")
	if !ok {
		return nil
	}
	given := make(map[string]any, len(sub.values))
	for _, name := range sortedKeys(sub.values) {
		if !inputName.MatchString(name) {
			t.report(sub.key(name), "%s is no name of an input (%s)", quote(name), inputNameRule)
			continue
		}
		given[name] = t.asJSON(sub.key(name), sub.values[name])
	}
	return given
}

func (t downstreamTable) variables() map[string]string {
	given := map[string]string{}
	for _, v := range t.table.variables("variables") {
		given[v.Name] = v.Value
	}
	return given
}

// child judges the text of a child, and says what is wrong with it where it
// stands in the text around it.
func (t downstreamTable) child(text string) {
	_, err := ParseChild("", []byte(text))
	var problems Problems
	if !errors.As(err, &problems) {
		return
	}
	starts := newLines(text)
	for _, p := range problems {
		offset := starts[p.Line-1] + p.Column - 1
		t.reportIn(t.key("inline"), text, offset, "inline, at %d:%d: %s", p.Line, p.Column, p.Message)
	}
}
