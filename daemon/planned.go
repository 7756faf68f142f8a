package daemon

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// planned is a schedule in the store, or where that is said a trigger of any
// kind.
type planned struct {
	pipeline store.Pipeline
	trigger  store.Trigger
}

func (p *planned) name() string { return p.pipeline.Name + "/" + p.trigger.Name }

// paused is the pause that holds a schedule now, and what it is of: of its own
// and that of its pipeline the one that ends last.
func (p *planned) paused(now time.Time) (*rpc.Pause, string) {
	longest, of := p.trigger.Paused(now), p.name()
	if whole := p.pipeline.PausedWhole(now); whole != nil && (longest == nil || whole.Outlasts(longest)) {
		longest, of = whole, p.pipeline.Name
	}
	if longest == nil {
		return nil, ""
	}
	told := pauseOf(*longest)
	return &told, of
}

// anyKind is triggers of every kind.
var anyKind = []config.TriggerKind{config.OnSchedule, config.AfterPipeline, config.OnFiles, config.OnKey}

// plannedNamed finds the triggers of some kinds that a name means:
// nightly/evening, or with nightly all of the pipeline; at least one.
func plannedNamed(view *store.View, name string, kinds ...config.TriggerKind) ([]planned, error) {
	of, trigger, one := strings.Cut(name, "/")
	pipeline, err := view.PipelineNamed(of)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", of))
	}
	if one {
		t, err := view.Trigger(pipeline.ID, trigger)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("trigger %q", name))
		}
		if !slices.Contains(kinds, t.Kind) {
			return nil, rpc.Errorf(rpc.CodeInvalid, "%s is no schedule: it waits for %s", name, t.Kind)
		}
		return []planned{{pipeline, t}}, nil
	}
	all, err := plannedOf(view, pipeline, kinds)
	if err == nil && len(all) == 0 {
		what := "trigger"
		if len(kinds) == 1 {
			what = string(kinds[0])
		}
		return nil, rpc.Errorf(rpc.CodeNotFound, "pipeline %q has no %s", of, what)
	}
	return all, failure(err, fmt.Sprintf("pipeline %q", of))
}

// onlyPlanned finds the one schedule that a name means.
func onlyPlanned(view *store.View, name string) (planned, error) {
	all, err := plannedNamed(view, name, config.OnSchedule)
	if err != nil {
		return planned{}, err
	}
	if len(all) > 1 {
		var names []string
		for _, p := range all {
			names = append(names, p.name())
		}
		return planned{}, rpc.Errorf(rpc.CodeInvalid, "%s has %d schedules: name one of %s", name, len(all), strings.Join(names, ", "))
	}
	return all[0], nil
}
