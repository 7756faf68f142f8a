package simulation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/penstock/penstock/config"
)

// gifts compares what steps got.
func (j *judge) gifts(e *config.Expectation) {
	for _, name := range slices.Sorted(maps.Keys(e.With)) {
		for _, key := range slices.Sorted(maps.Keys(e.With[name])) {
			want := e.With[name][key]
			j.steps(e, show(want), func(i int) sight {
				got, there := j.given[i].With[key]
				return j.got(i, got, there)
			}, "with", name, key)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Environment)) {
		for _, key := range slices.Sorted(maps.Keys(e.Environment[name])) {
			j.steps(e, show(e.Environment[name][key]), func(i int) sight {
				got, there := j.given[i].Environment[key]
				return j.got(i, got, there)
			}, "environment", name, key)
		}
	}
}

// got shows what a step was given.
func (j *judge) got(i int, value any, there bool) sight {
	if len(j.run.Steps[i].Attempts) == 0 {
		return sight{"nothing", "it never began"}
	}
	return sight{word: orNothing(value, there)}
}

// orNothing shows a value that may not be there.
func orNothing(v any, there bool) string {
	if !there {
		return "nothing"
	}
	return show(v)
}

// show is a value as JSON: 7 and 7.0 are the same, keys have an order.
func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
