package daemon

import (
	"iter"
	"slices"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
)

// plannedBy lists the triggers of any kind that a name means, with "" those of
// all pipelines, whose names come after another.
func plannedBy(view *store.View, name, after string) (iter.Seq2[planned, error], error) {
	if name == "" {
		return allPlanned(view, after, anyKind...), nil
	}
	found, err := plannedNamed(view, name, anyKind...)
	if err != nil {
		return nil, err
	}
	return func(yield func(planned, error) bool) {
		for _, p := range found {
			if isAfter(p, after) && !yield(p, nil) {
				return
			}
		}
	}, nil
}

// allPlanned lists the triggers of some kinds of all pipelines in the order of
// their names.
func allPlanned(view *store.View, after string, kinds ...config.TriggerKind) iter.Seq2[planned, error] {
	return func(yield func(planned, error) bool) {
		first, _, _ := strings.Cut(after, "/")
		if p, err := view.PipelineNamed(first); first != "" && err == nil && !yieldPlanned(view, p, after, kinds, yield) {
			return
		}
		for p, err := range view.Pipelines(first) {
			if err != nil {
				yield(planned{}, err)
				return
			}
			if !yieldPlanned(view, p, after, kinds, yield) {
				return
			}
		}
	}
}

// yieldPlanned visits the triggers of one pipeline.
func yieldPlanned(
	view *store.View, pipeline store.Pipeline, after string, kinds []config.TriggerKind, yield func(planned, error) bool,
) bool {
	all, err := plannedOf(view, pipeline, kinds)
	if err != nil {
		return yield(planned{}, err) && false
	}
	for _, p := range all {
		if isAfter(p, after) && !yield(p, nil) {
			return false
		}
	}
	return true
}

// isAfter orders as names are listed: by the pipeline, then by the trigger.
func isAfter(p planned, after string) bool {
	pipeline, trigger, _ := strings.Cut(after, "/")
	return after == "" || p.pipeline.Name > pipeline || p.pipeline.Name == pipeline && p.trigger.Name > trigger
}

// plannedOf lists the triggers of some kinds of a pipeline by their names.
func plannedOf(view *store.View, pipeline store.Pipeline, kinds []config.TriggerKind) (all []planned, err error) {
	triggers, err := view.TriggersOf(pipeline.ID)
	for _, t := range triggers {
		if slices.Contains(kinds, t.Kind) {
			all = append(all, planned{pipeline, t})
		}
	}
	slices.SortFunc(all, func(a, b planned) int { return strings.Compare(a.trigger.Name, b.trigger.Name) })
	return all, err
}
