package config

import (
	"slices"
	"strconv"
	"strings"
)

// Cell is one of the steps that a step with a matrix, or with copies, becomes.
type Cell struct {
	Name   string            // as GitLab names it: "test: [linux, arm64]", or "test 2/3" for a copy
	Values map[string]string // name of the axis → value; nil for a copy
}

// Cells are what the step becomes in a run, in the order that GitLab gives
// them: entry after entry, and in each the last axis changes first. Two of one
// name are one cell, in the place of the first and with the values of the last.
// A step without matrix and parallel has none.
func (s *Step) Cells() []Cell {
	if s.Parallel > 0 {
		return s.copies()
	}
	var cells []Cell
	known := map[string]int{}
	for i, entry := range s.Matrix {
		for _, values := range product(entry, s.MatrixOrder[i]) {
			cell := newCell(s.Name, s.MatrixOrder[i], values)
			if first, again := known[cell.Name]; again {
				cells[first] = cell
				continue
			}
			known[cell.Name] = len(cells)
			cells = append(cells, cell)
		}
	}
	return cells
}

func (s *Step) copies() []Cell {
	cells := make([]Cell, s.Parallel)
	for i := range cells {
		cells[i].Name = s.Name + " " + strconv.Itoa(i+1) + "/" + strconv.Itoa(s.Parallel)
	}
	return cells
}

func newCell(step string, axes, values []string) Cell {
	c := Cell{Name: step + ": [" + strings.Join(values, ", ") + "]", Values: map[string]string{}}
	for i, axis := range axes {
		c.Values[axis] = values[i]
	}
	return c
}

// product is every choice of one value for each axis.
func product(entry map[string][]string, axes []string) [][]string {
	all := [][]string{{}}
	for _, axis := range axes {
		var longer [][]string
		for _, chosen := range all {
			for _, value := range entry[axis] {
				longer = append(longer, append(chosen[:len(chosen):len(chosen)], value))
			}
		}
		all = longer
	}
	return all
}

// Chosen tells whether one of the entries admits the values of c: each axis
// that an entry names has one of the values listed there. An entry need not
// name every axis.
func (c *Cell) Chosen(entries []map[string][]string) bool {
	for _, entry := range entries {
		if c.fits(entry) {
			return true
		}
	}
	return false
}

func (c *Cell) fits(entry map[string][]string) bool {
	for axis, values := range entry {
		value, ok := c.Values[axis]
		if !ok || !slices.Contains(values, value) {
			return false
		}
	}
	return true
}

// CommonAxes is the axes that every entry of the matrix has: any other is
// missing in some cell.
func (s *Step) CommonAxes() (axes []string) {
	for _, axis := range slices.Concat(s.MatrixOrder...) {
		everywhere := !slices.ContainsFunc(s.Matrix, func(entry map[string][]string) bool { return entry[axis] == nil })
		if everywhere && !slices.Contains(axes, axis) {
			axes = append(axes, axis)
		}
	}
	return axes
}
