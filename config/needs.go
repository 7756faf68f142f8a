package config

import (
	"fmt"
	"regexp"
	"strings"
)

const maxNeeds = 50 // of one step, as in GitLab

// want is a need as it is written: which step it means is known only when all
// have been read.
type want struct {
	need *Need
	text string // the step or the cell
	at   *place
	rows []table // the entries of matrix
}

// needs reads the steps that a step waits for, each once.
func (t table) needs() ([]Need, []want) {
	v, there := t.values["needs"]
	if !there {
		return nil, nil
	}
	all, ok := list(v)
	if !ok {
		t.wrong("needs", `an array of steps: ["…", { step = "…" }]`)
		return nil, nil
	}
	if len(all) > maxNeeds {
		t.report(t.key("needs"), "needs has %d steps; at most %d are allowed", len(all), maxNeeds)
	}
	return t.eachNeed(all)
}

func (t table) eachNeed(all []any) ([]Need, []want) {
	needs := make([]Need, 0, len(all)) // wants point into it
	var wants []want
	seen := map[string]bool{}
	for i, v := range all {
		need, w, ok := t.need(t.key("needs").item(i), v)
		if !ok {
			continue
		}
		key := w.text + "\x00" + fmt.Sprint(need.Matrix)
		if seen[key] {
			t.report(w.at, "needs names %s twice", quote(w.text))
			continue
		}
		seen[key] = true
		needs = append(needs, need)
		w.need = &needs[len(needs)-1]
		wants = append(wants, w)
	}
	return needs, wants
}

// need reads one need: a name, or a table with one.
func (t table) need(at *place, v any) (Need, want, bool) {
	if text, ok := v.(string); ok {
		return Need{Step: stepOf(text), Artifacts: true}, want{text: text, at: at}, true
	}
	in, ok := t.table(at, v)
	if !ok {
		t.report(at, "needs must hold names of steps or tables, not %s", describe(v))
		return Need{}, want{}, false
	}
	in.allow(needKind)
	n := Need{Artifacts: true}
	n.Optional, _ = in.boolean("optional")
	if b, ok := in.boolean("artifacts"); ok {
		n.Artifacts = b
	}
	var rows []table
	n.Matrix, rows = in.neededCells()
	text, ok := in.text("step")
	if !in.has("step") {
		in.missing("step", `it names the step that is needed: { step = "…" }`)
	}
	n.Step = stepOf(text)
	return n, want{text: text, at: in.key("step"), rows: rows}, ok
}

// neededCells reads which cells of a matrix are needed.
func (t table) neededCells() (chosen []map[string][]string, rows []table) {
	rows, _ = t.entries("matrix")
	for _, row := range rows {
		for axis := range row.values {
			row.checkAxisValues(axis)
		}
		chosen = append(chosen, row.axes())
	}
	return chosen, rows
}

// copyName is how the copies of a step are named: "test 2/3".
var copyName = regexp.MustCompile(` [0-9]+/[0-9]+$`)

// stepOf is the step of a name that may be that of a cell: no step's own name
// holds a space.
func stepOf(text string) string {
	if i := strings.Index(text, ": ["); i >= 0 {
		return text[:i]
	}
	return strings.TrimSuffix(text, copyName.FindString(text))
}
