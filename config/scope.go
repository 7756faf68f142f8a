package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config/expression"
)

// scope is what placeholders at one place may name.
type scope struct {
	place     expression.Place
	inputs    map[string]expression.Type
	variables []map[string]bool // from the outermost table to the innermost: name → late
	steps     map[string]*node  // nil: none
	axes      []string
}

// with is the scope with one more table of variables.
func (s scope) with(variables map[string]bool) scope {
	s.variables = append(s.variables[:len(s.variables):len(s.variables)], variables)
	return s
}

// of is the part of the scope that text mentions: its cost is that of the text,
// however many names there are.
func (s scope) of(text string) expression.Scope {
	e := s.empty()
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n{}()[]'\"`,+*/%?:!=<>&|", r) }) {
		s.mention(&e, word)
		for _, part := range strings.FieldsFunc(word, func(r rune) bool { return r == '.' }) {
			s.mention(&e, part)
			for _, piece := range strings.Split(part, "-") {
				s.mention(&e, piece)
			}
		}
	}
	return e
}

// empty is the scope without variables and steps.
func (s scope) empty() expression.Scope {
	e := expression.Scope{Place: s.place, Inputs: s.inputs, Variables: map[string]bool{}, Matrix: s.axes, Run: true}
	if s.steps != nil {
		e.Steps = []string{}
	}
	return e
}

func (s scope) mention(e *expression.Scope, name string) {
	for _, table := range s.variables {
		if late, ok := table[name]; ok {
			e.Variables[name] = late
		}
	}
	if s.hasStep(name) {
		e.Steps = append(e.Steps, name)
	}
}

// hasStep tells whether name is a step or, as test@2, a cell of one.
func (s scope) hasStep(name string) bool {
	base, cell, isCell := strings.Cut(name, "@")
	n, ok := s.steps[base]
	if !ok || !isCell {
		return ok
	}
	number, err := strconv.Atoi(cell)
	return err == nil && number >= 1 && number <= len(n.allCells()) && cell == strconv.Itoa(number)
}

// whole is all of the scope, but for the cells of steps.
func (s scope) whole() expression.Scope {
	e := s.empty()
	for _, table := range s.variables {
		maps.Copy(e.Variables, table)
	}
	if s.steps != nil {
		e.Steps = slices.Sorted(maps.Keys(s.steps))
	}
	return e
}
