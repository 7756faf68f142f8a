package main

import (
	"cmp"
	"slices"
	"strings"
)

// bounds are how many steps, or runs, of a pipeline may be at work at a time; 0
// is no bound.
type bounds struct {
	steps string // those whose names begin so
	inRun int    // of one run
	inAll int    // of all runs
	runs  int
}

// span is the lines from a begin to an end.
type span struct{ begun, ended int }

// crowds sees that no limit was exceeded at any time. What never ended was
// found elsewhere, or was to be cut.
func (j *judge) crowds() {
	inAll := map[*shape][]span{}
	runs := map[*shape][]span{}
	for run, shape := range j.load.acked {
		var steps []span
		whole := span{}
		for _, w := range shape.steps {
			s, ok := j.span(w.attempt(run, w.tries()))
			if !ok {
				continue
			}
			if shape.bounds.steps != "" && strings.HasPrefix(w.name, shape.bounds.steps) {
				steps = append(steps, s)
			}
			whole = whole.with(s)
		}
		j.bound(shape.bounds.inRun, steps, "steps of "+run)
		inAll[shape] = append(inAll[shape], steps...)
		runs[shape] = append(runs[shape], whole)
	}
	for _, shape := range j.shapes {
		j.bound(shape.bounds.inAll, inAll[shape], "steps of all runs of "+shape.name)
		j.bound(shape.bounds.runs, runs[shape], "runs of "+shape.name)
	}
}

func (j *judge) span(attempt string) (span, bool) {
	begun, ended := j.effects.begun[attempt], j.effects.ended[attempt]
	if len(begun) == 0 || len(ended) == 0 {
		return span{}, false
	}
	return span{begun[0], ended[len(ended)-1].line}, true
}

func (j *judge) bound(limit int, spans []span, of string) {
	if n := most(spans); limit > 0 && n > limit {
		j.found.add(crowded, "%d %s were at work at a time, at most %d may be", n, of, limit)
	}
}

// with is the span of both; the zero span is none.
func (s span) with(t span) span {
	if s == (span{}) {
		return t
	}
	return span{min(s.begun, t.begun), max(s.ended, t.ended)}
}

// most is how many spans overlap at one line. One that begins where another ends
// does not overlap it.
func most(spans []span) (n int) {
	type edge struct{ line, step int }
	var edges []edge
	for _, s := range spans {
		if s != (span{}) {
			edges = append(edges, edge{s.begun, 1}, edge{s.ended, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.step, b.step)) })
	now := 0
	for _, e := range edges {
		now += e.step
		n = max(n, now)
	}
	return n
}
