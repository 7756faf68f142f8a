package plan

import (
	"maps"
	"slices"

	"github.com/penstock/penstock/config"
)

// titles makes the name and the labels of the run: what is asked for wins over
// what the definition says.
func (r *resolver) titles() {
	at := &place{names: r.global}
	if r.name = r.request.Name; r.name == "" {
		r.name, _ = r.text("run_name", r.pipeline.RunName, at)
	}
	r.name = config.RunName(r.name)
	for _, label := range r.pipeline.Labels {
		if _, given := r.request.Labels[label.Name]; given {
			continue
		}
		value, _ := r.text("label "+label.Name, label.Value, at)
		r.label(label.Name, value)
	}
	for _, name := range slices.Sorted(maps.Keys(r.request.Labels)) {
		r.label(name, r.request.Labels[name])
	}
	if n := len(r.labels); n > config.MaxLabels {
		r.refuse(BadLabel, "the run would have %d labels; at most %d are allowed", n, config.MaxLabels)
	}
}

func (r *resolver) label(name, value string) {
	if err := config.CheckLabel(name, value); err != nil {
		r.refuse(BadLabel, "%v", err)
		return
	}
	put(&r.labels, name, value)
}
