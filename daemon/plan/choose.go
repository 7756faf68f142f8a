package plan

import "slices"

// index is the cells of a step that have a value: axis → value → cells.
type index map[string]map[string][]int

// choose lists the cells of t that an entry of a need admits, in their order. A
// cell that needs some of many looks only at those that have the rarest of the
// values it names: each of 200 that looked at all would cost 40,000 looks.
func (t *target) choose(entry map[string][]string) (cells []int) {
	for _, k := range t.candidates(entry) {
		if t.cells[k].Chosen([]map[string][]string{entry}) {
			cells = append(cells, k)
		}
	}
	slices.Sort(cells)
	return slices.Compact(cells)
}

// candidates are cells among which all are that an entry admits.
func (t *target) candidates(entry map[string][]string) (fewest []int) {
	if len(entry) == 0 {
		return t.all()
	}
	first := true
	for axis, values := range entry {
		var having []int
		for _, v := range values {
			having = append(having, t.having(axis)[v]...)
		}
		if first || len(having) < len(fewest) {
			first, fewest = false, having
		}
	}
	return fewest
}

// having is the cells with each value of an axis.
func (t *target) having(axis string) map[string][]int {
	if t.index == nil {
		t.index = index{}
	}
	by, known := t.index[axis]
	if !known {
		by = map[string][]int{}
		for k := range t.cells {
			if v, ok := t.cells[k].Values[axis]; ok {
				by[v] = append(by[v], k)
			}
		}
		t.index[axis] = by
	}
	return by
}

// all is every cell of t, or 0 for a step that is one.
func (t *target) all() (cells []int) {
	for k := range t.places {
		cells = append(cells, k)
	}
	return cells
}
