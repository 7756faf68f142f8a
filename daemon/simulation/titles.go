package simulation

import (
	"maps"
	"slices"

	"github.com/penstock/penstock/config"
)

// titles compares what the run is called, and which inputs it has.
func (j *judge) titles(e *config.Expectation) {
	if e.Name != "" && e.Name != j.name {
		j.differ(e, e.Name, j.name, "name")
	}
	for _, name := range slices.Sorted(maps.Keys(e.Labels)) {
		if got, there := j.labels[name]; !there || got != e.Labels[name] {
			j.differ(e, show(e.Labels[name]), orNothing(got, there), "labels", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Inputs)) {
		if got, there := j.plan.Values.Inputs[name]; !there || show(got) != show(e.Inputs[name]) {
			j.differ(e, show(e.Inputs[name]), orNothing(got, there), "inputs", name)
		}
	}
}
