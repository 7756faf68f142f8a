package daemon

import (
	"fmt"
	"maps"
	"slices"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/key"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/store"
)

// asCalled is r with what the text makes of a call with a trigger key: the trigger
// that describes it, and the input that takes its ref. What a call may not ask for
// is refused here, where runs are resolved and not before: one that is repeated is
// to have its answer, and one of what is held is to hear that.
func (r *request) asCalled(definition *config.Pipeline) (*request, error) {
	if r.cause.Source != store.ByTrigger {
		return r, nil
	}
	if err := checkCalled(r.variables); err != nil {
		return nil, err
	}
	inputs, err := refInputs(definition, r.ref, r.inputs)
	if err != nil {
		return nil, err
	}
	full := *r
	full.trigger, full.inputs = triggerOf(definition, r.cause.Trigger), inputs
	return &full, nil
}

// checkCalled refuses variables that are no caller's to set.
func checkCalled(variables map[string]string) error {
	var refusal plan.Refusal
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if err := key.CheckVariable(name); err != nil {
			refusal.Problems = append(refusal.Problems, plan.Problem{Kind: plan.BadVariable, Message: err.Error()})
		}
	}
	if len(refusal.Problems) > 0 {
		return &refusal
	}
	return nil
}

// triggerOf is the name of the trigger that describes the calls of a key; "" is
// none.
func triggerOf(definition *config.Pipeline, name string) string {
	for i := range definition.Triggers {
		if t := &definition.Triggers[i]; t.Kind == config.OnKey && t.Key == name {
			return t.Name
		}
	}
	return ""
}

// refInputs are inputs with GitLab's ref in the one of that name, unless that is
// given. A pipeline without one has one ref, its current text, which is called as
// GitLab calls a first branch.
func refInputs(definition *config.Pipeline, ref string, inputs map[string]any) (map[string]any, error) {
	if ref == "" {
		return inputs, nil
	}
	if slices.ContainsFunc(definition.Inputs, func(in config.Input) bool { return in.Name == "ref" }) {
		return overlaid(map[string]any{"ref": ref}, inputs), nil
	}
	if ref == "main" || ref == "master" {
		return inputs, nil
	}
	return nil, &plan.Refusal{Problems: []plan.Problem{{
		Kind: plan.BadInput, Message: fmt.Sprintf("there is no ref %q: the pipeline declares no input of the name ref, so main is the only one", ref),
	}}}
}
