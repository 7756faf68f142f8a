package config

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

const (
	maxCells    = 200 // of one step, as in GitLab
	maxCellName = 255 // bytes, as in GitLab
)

// multiples reads whether a step is several: copies, or the cells of a matrix.
func (t table) multiples(s *Step) {
	t.parallel(s)
	t.matrix("matrix", s)
	if t.has("parallel") && t.has("matrix") {
		t.report(t.key("matrix"), "parallel and matrix exclude each other: a matrix says by itself how many cells there are")
	}
	s.MaxParallel, _ = t.count("max_parallel", 1, maxCells)
	s.FailFast, _ = t.boolean("fail_fast")
	if t.has("parallel") || t.has("matrix") {
		return
	}
	for _, key := range []string{"max_parallel", "fail_fast"} {
		if t.has(key) {
			t.report(t.key(key), "%s means nothing in a step without matrix or parallel: there is only one of it", key)
		}
	}
}

// parallel reads a number of copies, or the same as a table, which may hold a
// matrix instead.
func (t table) parallel(s *Step) {
	if _, isTable := t.values["parallel"].(map[string]any); !isTable {
		s.Parallel, _ = t.count("parallel", 1, maxCells)
		return
	}
	t.each(parallelKind, "parallel", func(t table) {
		if t.has("number") == t.has("matrix") {
			t.report(t.place, "parallel has either number or matrix")
		}
		s.Parallel, _ = t.count("number", 1, maxCells)
		t.matrix("matrix", s)
	})
}

// matrix reads the entries of a matrix: a table, or an array of tables.
func (t table) matrix(key string, s *Step) {
	entries, orders := t.entries(key)
	for i := range entries {
		for _, axis := range orders[i] {
			entries[i].checkAxis(axis)
		}
	}
	if cells := t.countCells(entries); cells > maxCells {
		t.report(t.key(key), "the matrix has %.0f cells; at most %d are allowed", cells, maxCells)
		return
	}
	for i, entry := range entries {
		s.Matrix = append(s.Matrix, entry.axes())
		s.MatrixOrder = append(s.MatrixOrder, orders[i])
	}
	t.checkCells(key, s)
}

// entries is the tables of a matrix that say something, each with its names in
// the order of the text.
func (t table) entries(key string) (entries []table, orders [][]string) {
	v, there := t.values[key]
	if !there {
		return nil, nil
	}
	var all []table
	if m, isTable := v.(map[string]any); isTable {
		all = []table{{reader: t.reader, place: t.key(key), values: m}}
	} else {
		all = t.subs(key, key+` = [{ NAME = ["…", "…"] }]`)
	}
	if t.empty(key) {
		t.report(t.key(key), "%s is empty: it lists tables of names and values", key)
	}
	for _, entry := range all {
		if entry.values == nil {
			continue
		}
		if len(entry.values) == 0 {
			t.report(entry.place, "%s has a table without names", key)
			continue
		}
		entries, orders = append(entries, entry), append(orders, entry.written())
	}
	return entries, orders
}

// written is the keys of the table in the order of the text: cells are named
// after it.
func (t table) written() []string {
	keys := sortedKeys(t.values)
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(t.key(a).offset, t.key(b).offset) })
	return keys
}

// axes is the names of an entry with their values, but for those that have a
// problem.
func (t table) axes() map[string][]string {
	all := map[string][]string{}
	for _, axis := range t.written() {
		for _, e := range t.oneOrMore(axis) {
			text, reason := variableText(e.at, e.value)
			if reason == "" {
				all[axis] = append(all[axis], text)
			}
		}
	}
	return all
}

// checkAxis reports an axis that cannot be a variable of the cells.
func (t table) checkAxis(axis string) {
	if reason := refuseVariable(axis); reason != "" {
		t.report(t.key(axis), "matrix: %s is no name of a variable: %s", quote(axis), reason)
	}
	t.checkAxisValues(axis)
	for _, e := range t.oneOrMore(axis) {
		if text, ok := e.value.(string); ok && strings.ContainsFunc(text, control) {
			t.report(e.at, "matrix: a value of %s holds a control character, and cells are named by their values", quote(axis))
		}
	}
}

// checkAxisValues reports values that no variable can have.
func (t table) checkAxisValues(axis string) {
	if t.empty(axis) {
		t.report(t.key(axis), "matrix: %s has no values", quote(axis))
	}
	for _, e := range t.oneOrMore(axis) {
		if _, reason := variableText(e.at, e.value); reason != "" {
			t.report(e.at, "matrix: %s: %s", quote(axis), reason)
		}
	}
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// countCells is how many cells the entries span; a float, because a text can
// ask for more than an integer counts.
func (t table) countCells(entries []table) (cells float64) {
	for _, entry := range entries {
		product := 1.0
		for axis := range entry.values {
			product *= float64(len(entry.oneOrMore(axis)))
		}
		cells = math.Min(cells+product, math.MaxFloat64)
	}
	return cells
}

func (t table) checkCells(key string, s *Step) {
	for _, cell := range s.Cells() {
		if len(cell.Name) > maxCellName {
			t.report(t.key(key), "the matrix has a cell whose name has %d bytes; at most %d are allowed: %s", len(cell.Name), maxCellName, quote(cell.Name))
			return
		}
	}
}
