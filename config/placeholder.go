package config

import (
	"errors"
	"regexp"
	"strings"

	"github.com/penstock/penstock/config/expression"
)

// maxAdvised is how many wrong placeholders get advice: for it every name that
// there is is looked at.
const maxAdvised = 50

// judgement is of the placeholders and conditions of a pipeline: each is
// compiled with the names that it may use. Only the places it knows may hold
// any.
type judgement struct {
	*reader
	pipeline *Pipeline
	graph    *graph
	inputs   map[string]expression.Type
	judged   map[*place]bool // the strings that may hold placeholders
	advised  int             // problems with advice so far
}

// holder is where a template stands: the key, and what may be in it.
type holder struct {
	key  string
	node *node      // of the step, nil outside of one
	own  []Variable // of the table that it stands in
	// early: its value is needed before the run exists.
	early bool
}

// judge reports what is wrong with the placeholders of the pipeline, and those
// that stand where there can be none. What a step reads of others becomes edges.
func (t table) judge(p *Pipeline, g *graph, stages []table) {
	j := &judgement{reader: t.reader, pipeline: p, graph: g, inputs: inputTypes(p.Inputs), judged: map[*place]bool{}}
	names := scope{inputs: j.inputs}
	own := j.variables(t, p.Variables, names, nil)
	names.variables = append(names.variables, own)
	j.rules(t, p.Rules, names, names, own, nil)
	j.titles(t, p, names)
	j.triggers(t, p)
	ofStage := map[*Stage]scope{}
	for i, s := range stages {
		inner := names.with(j.variables(s, p.Stages[i].Variables, names, nil))
		ofStage[&p.Stages[i]] = inner
	}
	for _, n := range g.nodes {
		j.step(n, ofStage[n.stage])
	}
	t.inspectValue(t.root, t.values, j.judged)
}

func inputTypes(inputs []Input) map[string]expression.Type {
	types := map[string]expression.Type{}
	for _, i := range inputs {
		if i.Name == "" {
			continue // it was refused
		}
		types[i.Name] = map[InputType]expression.Type{
			String: expression.String, Number: expression.Number, Boolean: expression.Boolean, Array: expression.Array,
		}[i.Type]
	}
	return types
}

// step judges a step. Its variables may read outputs, of which there are none
// yet when its conditions are decided.
func (j *judgement) step(n *node, outer scope) {
	if n.values == nil {
		return
	}
	reading := outer
	reading.steps, reading.axes = j.graph.byName, n.step.CommonAxes()
	own := j.variables(n.table, n.step.Variables, reading, n)
	n.step.addCellVariables(own, reading.axes)
	inside := reading.with(own)
	deciding := inside
	deciding.steps = nil
	j.rules(n.table, n.step.Rules, deciding, inside, own, n)
	if with, ok := n.values["with"].(map[string]any); ok {
		j.settings(n.key("with"), with, inside, n)
	}
	j.resourceGroup(n, inside)
	j.neededCells(n)
}

// addCellVariables adds what each cell or copy of the step is told about itself.
func (s *Step) addCellVariables(own map[string]bool, axes []string) {
	for _, axis := range axes {
		own[axis] = false
	}
	if s.Parallel > 0 || s.Matrix != nil {
		own["PENSTOCK_NODE_INDEX"], own["PENSTOCK_NODE_TOTAL"] = false, false
	}
}

// variables judges a table of variables, which may not name each other, and
// tells which there are, and which are late.
func (j *judgement) variables(t table, variables []Variable, names scope, n *node) map[string]bool {
	own := make(map[string]bool, len(variables))
	for _, v := range variables {
		own[v.Name] = j.template(t.key("variables").key(v.Name), v.Value, names, holder{key: "variable " + quote(v.Name), node: n, own: variables})
	}
	return own
}

// rules judges rules. A variable that only a rule sets is no name for others:
// where another rule is chosen it would be missing.
func (j *judgement) rules(t table, rules []Rule, deciding, inside scope, own map[string]bool, n *node) {
	for i, r := range rules {
		at := t.key("rule").item(i)
		if r.If != "" {
			j.condition(at.key("if"), r.If, deciding)
		}
		for _, v := range r.Variables {
			late := j.template(at.key("variables").key(v.Name), v.Value, inside, holder{key: "variable " + quote(v.Name), node: n})
			if _, known := own[v.Name]; known {
				own[v.Name] = own[v.Name] || late
			}
		}
	}
}

func (j *judgement) condition(at *place, text string, names scope) {
	j.judged[at] = true
	_, err := expression.ParseCondition(text, names.of(text))
	if err != nil {
		_, err = expression.ParseCondition(text, j.advice(names, text))
		j.reportError(at, text, holder{key: "if"}, err)
	}
}

// settings judges what is in with. A script is no template: what it holds in
// braces is its own, unless a person meant a placeholder.
func (j *judgement) settings(at *place, with map[string]any, names scope, n *node) {
	for _, key := range sortedKeys(with) {
		switch {
		case IsScript(key):
			j.script(at.key(key), with[key], names)
			continue
		case n.step.Literal(key):
			j.judged[at.key(key)] = true
			continue
		}
		j.setting(at.key(key), with[key], names, holder{key: key, node: n})
	}
}

func (j *judgement) setting(at *place, v any, names scope, in holder) {
	switch v := v.(type) {
	case string:
		j.template(at, v, names, in)
		return
	case map[string]any:
		for _, key := range sortedKeys(v) {
			j.setting(at.key(key), v[key], names, holder{key: key, node: in.node})
		}
		return
	}
	items, _ := list(v)
	for i, v := range items {
		j.setting(at.item(i), v, names, in)
	}
}

// IsScript tells the settings of a step that are shell text: nothing in them is
// evaluated, so that no value can become code.
func IsScript(key string) bool {
	return key == "script" || key == "before_script" || key == "after_script"
}

// script reports a placeholder in shell text, one for each text.
func (j *judgement) script(at *place, v any, names scope) {
	j.judged[at] = true
	text, ok := v.(string)
	if !ok {
		items, _ := list(v)
		for i, v := range items {
			j.script(at.item(i), v, names)
		}
		return
	}
	if offset, ok := expression.Mentions(text, names.of(text)); ok {
		j.reportIn(at, text, offset, `a script cannot hold placeholders, because a value could become code: `+
			`set a variable and write "$NAME" in the script (for a literal {{ in a shell write '{''{')`)
	}
}

// resourceGroup judges the name of a group, which is needed when the run is
// created.
func (j *judgement) resourceGroup(n *node, names scope) {
	name, at := n.step.ResourceGroup, n.key("resource_group")
	if !holdsPlaceholder(name) {
		return
	}
	j.template(at, name, names, holder{key: "resource_group", node: n, early: true})
	if err := CheckResourceGroup(placeholder.ReplaceAllString(name, "X")); err != nil {
		j.report(at, "with X for its placeholders: %v", err)
	}
}

var placeholder = regexp.MustCompile(`\{\{.*?\}\}`)

// neededCells judges the values of cells that are needed: they may name the
// axes of the step that needs them.
func (j *judgement) neededCells(n *node) {
	names := scope{axes: n.step.CommonAxes()}
	for _, w := range n.wants {
		for _, row := range w.rows {
			for _, axis := range row.written() {
				for _, e := range row.oneOrMore(axis) {
					if text, ok := e.value.(string); ok {
						j.template(e.at, text, names, holder{key: axis, early: true})
					}
				}
			}
		}
	}
}

// template judges a text that may hold placeholders, and tells whether its
// value is late.
func (j *judgement) template(at *place, text string, names scope, in holder) (late bool) {
	template := j.compile(at, text, names, in)
	return template != nil && template.Late()
}

// compile judges a text as template does, and is its template; nil where it has
// no placeholder, or none that can be evaluated.
func (j *judgement) compile(at *place, text string, names scope, in holder) *expression.Template {
	if !holdsPlaceholder(text) {
		return nil
	}
	j.judged[at] = true
	template, err := expression.ParseTemplate(text, names.of(text))
	if err != nil {
		_, err = expression.ParseTemplate(text, j.advice(names, text))
		j.reportError(at, text, in, err)
		return nil
	}
	switch {
	case j.pipeline.Type == Standard && template.RunTime():
		j.report(at, `%s: its value may differ from run to run, which needs type = "dynamic" in the pipeline`, in.key)
	case in.early && template.Late():
		j.report(at, "%s is needed when the run is created: outputs, run.id, run.number and run.name are not known there", in.key)
	case in.node != nil:
		j.connect(at, text, in.node, template.References())
	}
	return template
}

// connect makes edges of the outputs that a step reads.
func (j *judgement) connect(at *place, text string, n *node, references []expression.Reference) {
	for _, r := range references {
		base, cell, _ := strings.Cut(r.Step, "@")
		to := j.graph.byName[base]
		offset := strings.Index(text, r.Step)
		if why := n.refuse(to); why != "" {
			j.reportIn(at, text, offset, "the placeholder reads an output of %s", why)
			continue
		}
		if cells := to.allCells(); len(cells) > 1 && cell == "" {
			j.reportIn(at, text, offset, "the step %s becomes %d: name the one whose output is meant, such as steps[%q].outputs.%s for %s",
				quote(base), len(cells), base+"@1", r.Output, quote(cells[0].Name))
			continue
		}
		n.connect(to, at)
	}
}

// advice is all the names of a scope, so that the message can say what was
// meant; once there was enough of it, those only that the text mentions.
func (j *judgement) advice(names scope, text string) expression.Scope {
	if j.advised == maxAdvised {
		return names.of(text)
	}
	return names.whole()
}

func (j *judgement) reportError(at *place, text string, in holder, err error) {
	var e *expression.Error
	if !errors.As(err, &e) {
		return
	}
	message := e.Message
	if j.advised == maxAdvised {
		message, _, _ = strings.Cut(message, "; ")
	} else {
		j.advised++
		message = in.neighbour(message)
	}
	j.reportIn(at, text, e.Offset, "%s: %s", in.key, message)
}

// neighbour is the message, with better advice where the variable that is
// missing is one of the same table.
func (in *holder) neighbour(message string) string {
	missing, _, _ := strings.Cut(message, ";")
	for _, v := range in.own {
		if missing == "no variable "+v.Name {
			return missing + " here: the variables of one table do not see each other"
		}
	}
	return message
}
