package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// wish is what a person asks of a run as it stands: the event, and the steps
// that it sets in motion.
type wish func(r *run.Run, now time.Time) (ev run.Event, steps []int, err error)

// errNothing is a wish that there is nothing to do for.
var errNothing = errors.New("there is nothing to do")

// begin grants a wish to begin steps, unless everything is frozen.
func (d *Daemon) begin(ctx context.Context, name string, despiteFreeze bool, want wish) (*rpc.RunStepsResponse, error) {
	if despiteFreeze {
		return d.grant(ctx, name, d.engine.Act, want)
	}
	return d.grant(ctx, name, d.engine.ActThawed, want)
}

// grant gives a wish to the run that name means, alive or over, and answers
// once what came of it is durable.
func (d *Daemon) grant(
	ctx context.Context, name string, act func(context.Context, uint64, engine.Decide) error, want wish,
) (*rpc.RunStepsResponse, error) {
	subject := fmt.Sprintf("run %q", name)
	id, err := d.runID(name)
	if err != nil {
		return nil, err
	}
	steps := []string{}
	err = act(ctx, id, func(r *run.Run, now time.Time) (run.Event, error) {
		ev, moved, err := want(r, now)
		for _, i := range moved {
			steps = append(steps, stepName(r.Plan, i))
		}
		return ev, err
	})
	switch {
	case errors.Is(err, run.ErrStale): // it is so already
		steps = []string{}
	case err != nil && !errors.Is(err, errNothing):
		return nil, failure(err, subject) // the loop may still be at it: what it writes is not ours
	}
	summary, err := d.summary(id)
	return &rpc.RunStepsResponse{Run: summary, Steps: steps}, err
}

// summary is how a run stands.
func (d *Daemon) summary(id uint64) (rpc.RunSummary, error) {
	view := d.store.View()
	defer view.Close()
	record, pipeline, err := findRun(view, fmt.Sprint(id))
	if err != nil {
		return rpc.RunSummary{}, err
	}
	return summarize(record, pipeline.Name, time.Now()), nil
}

// stepName names a step of a plan as requests do.
func stepName(p *run.Plan, i int) string {
	return p.Stages[p.Steps[i].Stage].Name + "/" + p.Key(i)
}

// findSteps finds the steps that names mean: build/compile, compile, and the
// cells of a matrix by its name.
func findSteps(p *run.Plan, names []string) (steps []int, err error) {
	seen := map[int]bool{}
	for _, name := range names {
		found := p.Find("", name)
		if stage, step, ok := strings.Cut(name, "/"); ok && len(found) == 0 {
			found = p.Find(stage, step)
		}
		if len(found) == 0 {
			return nil, noStep(p, name)
		}
		for _, i := range found {
			if !seen[i] {
				seen[i] = true
				steps = append(steps, i)
			}
		}
	}
	return steps, nil
}

// fitting finds the steps that names mean. Of a name that means several, the
// cells of a matrix, it takes those that fit, if there are any.
func fitting(r *run.Run, names []string, fits func(*run.Step) bool) (steps []int, err error) {
	for _, name := range names {
		found, err := findSteps(r.Plan, []string{name})
		if err != nil {
			return nil, err
		}
		for _, i := range r.Fitting(found, fits) {
			if !slices.Contains(steps, i) {
				steps = append(steps, i)
			}
		}
	}
	return steps, nil
}

// noStep refuses a name; of a step that rules left out, and of a stage, it says
// so.
func noStep(p *run.Plan, name string) error {
	if slices.ContainsFunc(p.Stages, func(s run.PlanStage) bool { return s.Name == name }) {
		return rpc.Errorf(rpc.CodeNotFound, "run %s/%d has no step %s: that is a stage; name steps of it, as %s/STEP", p.Pipeline, p.Number, name, name)
	}
	if absent := absentees(p, name); len(absent) > 0 {
		return rpc.Errorf(rpc.CodeNotFound, "run %s/%d has no step %s: %s", p.Pipeline, p.Number, name, absent[0].Why)
	}
	return rpc.Errorf(rpc.CodeNotFound, "run %s/%d has no step %s", p.Pipeline, p.Number, name)
}

// maxVariables bounds the variables of a play or a retry, in bytes: each step
// that it begins keeps them.
const maxVariables = 64 << 10

// checkVariables refuses environment variables that no step may be given: all
// of them at once.
func checkVariables(variables map[string]string) error {
	var data rpc.InvalidData
	size := 0
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		size += len(name) + len(variables[name])
		if err := config.CheckVariable(name, variables[name]); err != nil {
			data.Problems = append(data.Problems, rpc.Problem{Path: "variables." + name, Message: err.Error()})
		}
	}
	if size > maxVariables {
		return rpc.Errorf(rpc.CodeInvalid, "the variables have %d bytes; at most %d are kept with each step", size, maxVariables)
	}
	if len(data.Problems) == 0 {
		return nil
	}
	return &rpc.Error{Code: rpc.CodeInvalid, Message: "the variables are refused; nothing was changed", Data: data}
}
