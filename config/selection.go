package config

import (
	"maps"
	"slices"
	"strings"
)

// resolveCell finds the cell of to that a need names.
func (g *graph) resolveCell(w want, to *node) {
	if w.text == w.need.Step {
		return
	}
	cells := to.allCells()
	number, ok := to.numbers[w.text]
	switch {
	case len(cells) == 0:
		g.report(w.at, "needs names %s, but the step %s has neither matrix nor parallel: there is only one of it", quote(w.text), quote(to.step.Name))
	case !ok:
		g.report(w.at, "needs names %s, which is none of the %d that the step %s becomes: %s to %s",
			quote(w.text), len(cells), quote(to.step.Name), quote(cells[0].Name), quote(cells[len(cells)-1].Name))
	case w.need.Matrix != nil:
		g.report(w.at, "needs names the cell %s and selects cells by matrix as well; leave one of the two out", quote(w.text))
	}
	w.need.Cell = number
}

// checkSelection reports entries of a need's matrix that select no cell of to.
// Those with placeholders are judged when these have values.
func (g *graph) checkSelection(w want, to *node) {
	if len(w.rows) == 0 {
		return
	}
	if to.step.Matrix == nil {
		g.report(w.rows[0].place, "needs selects cells of the step %s, which has no matrix", quote(to.step.Name))
		return
	}
	for i, row := range w.rows {
		entry := w.need.Matrix[i : i+1]
		if g.checkAxes(row, to) && !open(entry[0]) && !to.hasCell(entry) {
			g.report(row.place, "needs selects no cell of the step %s: none has these values", quote(to.step.Name))
		}
	}
}

// checkAxes reports axes that to does not have.
func (g *graph) checkAxes(row table, to *node) bool {
	known := map[string]bool{}
	for _, axes := range to.step.MatrixOrder {
		for _, axis := range axes {
			known[axis] = true
		}
	}
	ok := true
	for _, axis := range row.written() {
		if !known[axis] {
			g.report(row.key(axis), "needs names the axis %s, which the matrix of the step %s does not have%s",
				quote(axis), quote(to.step.Name), didYouMean(axis, slices.Sorted(maps.Keys(known))))
			ok = false
		}
	}
	return ok
}

// open tells whether the entry has values that are known only later.
func open(entry map[string][]string) bool {
	for _, values := range entry {
		if slices.ContainsFunc(values, holdsPlaceholder) {
			return true
		}
	}
	return false
}

func holdsPlaceholder(s string) bool { return strings.Contains(s, "{{") }

func (n *node) hasCell(entries []map[string][]string) bool {
	return slices.ContainsFunc(n.allCells(), func(c Cell) bool { return c.Chosen(entries) })
}

// allCells is what the step becomes.
func (n *node) allCells() []Cell {
	if n.numbers == nil {
		n.numbers = map[string]int{}
		n.cells = n.step.Cells()
		for i, cell := range n.cells {
			n.numbers[cell.Name] = i + 1
		}
	}
	return n.cells
}
