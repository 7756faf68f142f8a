package simulation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/spelling"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
)

// Begin lets steps that are pending begin to work.
func (w *World) Begin(names []string) error {
	return w.perform(func() error {
		return w.each(names, w.begin)
	})
}

// End ends steps that are pending or work.
func (w *World) End(names []string, o config.Outcome) error {
	return w.perform(func() error {
		return w.each(names, func(i int) error {
			if w.run.Steps[i].Status != run.Running {
				if err := w.begin(i); err != nil {
					return err
				}
			}
			if w.run.Steps[i].Status != run.Running {
				return nil // what it needs is missing: it has failed already
			}
			return w.end(i, outcome(o))
		})
	})
}

// each does something with the steps that names mean, in their order.
func (w *World) each(names []string, do func(step int) error) error {
	steps, err := w.find(names)
	if err != nil {
		return err
	}
	for _, i := range steps {
		if err := do(i); err != nil {
			return err
		}
	}
	return nil
}

// find is the steps that names mean; nil for no names.
func (w *World) find(names []string) (steps []int, err error) {
	for _, name := range names {
		found := w.plan.Find("", name)
		if len(found) == 0 {
			return nil, w.unknown(name)
		}
		steps = append(steps, found...)
	}
	return steps, nil
}

// unknown says of a name that no step of the run has what may be meant.
func (w *World) unknown(name string) error {
	for _, a := range w.plan.Absent {
		if a.Is(name) {
			return fmt.Errorf("the step %q is not in the run: %s", name, a.Why)
		}
	}
	known := make([]string, len(w.plan.Steps))
	for i := range known {
		known[i] = w.plan.Steps[i].Name
	}
	if near := spelling.Nearest(name, known); near != "" {
		return fmt.Errorf("the run has no step %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("the run has no step %q", name)
}

// begin gives a pending step its place, and what its plugin would get. A step
// for which an output is missing fails there, as it would in the daemon.
func (w *World) begin(i int) error {
	if s := w.run.Steps[i].Status; s != run.Pending {
		return fmt.Errorf("the step %q is %s: only one that is pending can begin", w.plan.Steps[i].Name, s)
	}
	if err := w.apply(run.Begin{Step: i, At: w.now}); err != nil {
		return fmt.Errorf("the step %q waits: %s", w.plan.Steps[i].Name, w.run.Why(i).Text)
	}
	if w.script != nil {
		w.script.busy++
	}
	given, err := w.give(i)
	var refused *refusedError
	switch {
	case errors.As(err, &refused):
		return w.end(i, run.Outcome{Status: run.Failed, FailureReason: run.DownstreamCreationFailed, Message: err.Error()})
	case err != nil:
		return w.end(i, run.Outcome{Status: run.Failed, FailureReason: run.MissingDependency, Message: err.Error()})
	}
	w.given[i] = given
	return nil
}

// refusedError is why a step cannot start a run.
type refusedError struct{ error }

// give evaluates what is known only now. The environment of a step that starts a
// run is what goes down to that.
func (w *World) give(i int) (g Given, err error) {
	outputs := w.run.Outputs(i)
	if g.With, err = plan.Settings(w.plan, i, outputs); err != nil {
		return Given{}, err
	}
	var played map[string]string
	if r := w.run.Steps[i].Requested; r != nil {
		played = r.Variables
	}
	if w.plan.Steps[i].Uses != config.DownstreamType {
		g.Environment, err = plan.Environment(w.plan, i, played, outputs)
		return g, err
	}
	asked, err := config.ReadDownstream(g.With)
	if err != nil {
		return Given{}, &refusedError{err}
	}
	g.Environment, err = plan.Forwarded(w.plan, i, asked, played, outputs)
	return g, err
}

// end ends the newest attempt of a step now.
func (w *World) end(i int, o run.Outcome) error {
	if w.script != nil {
		w.script.busy--
	}
	a := w.run.Steps[i].Latest()
	o.StartedAt, o.FinishedAt = a.DecidedAt, w.now
	return w.apply(run.Ended{Step: i, Attempt: a.Number, At: w.now, Outcome: o})
}

// outcome is what a story says of an attempt in the words of the run.
func outcome(o config.Outcome) run.Outcome {
	return run.Outcome{
		Status: run.Status(o.Status), FailureReason: run.FailureReason(o.Reason), ExitCode: o.ExitCode, Outputs: o.Outputs,
	}
}

// Do is what a person does: see config.Act; or, with the word enqueue, what a
// timer does.
func (w *World) Do(a config.Act) error {
	return w.perform(func() error { return w.do(a) })
}

func (w *World) do(a config.Act) error {
	steps, err := w.meant(a)
	if err != nil {
		return err
	}
	if a.Do == "retry" && steps == nil && len(w.run.Retryable()) == 0 {
		return nil // there is nothing to do
	}
	ev, err := w.event(a, steps)
	if err != nil {
		return err
	}
	err = w.apply(ev)
	if errors.Is(err, run.ErrStale) || errors.Is(err, run.ErrComplete) {
		return nil // it is so already: the daemon has nothing against it
	}
	return err
}

// somethingToDo says of an act for which of the cells that one name means there is
// something to do.
var somethingToDo = map[string]func(*run.Step) bool{
	"play": (*run.Step).CanPlay, "retry": (*run.Step).CanRetry, "cancel": (*run.Step).CanCancel, "unschedule": (*run.Step).CanUnschedule,
}

// meant are the steps that an act is of, each once; nil for the run.
func (w *World) meant(a config.Act) (steps []int, err error) {
	for _, name := range a.Steps {
		found, err := w.find([]string{name})
		if err != nil {
			return nil, err
		}
		if fits := somethingToDo[a.Do]; fits != nil {
			found = w.run.Fitting(found, fits)
		}
		for _, i := range found {
			if !slices.Contains(steps, i) {
				steps = append(steps, i)
			}
		}
	}
	return steps, nil
}

// event is an act in the words of the run.
func (w *World) event(a config.Act, steps []int) (run.Event, error) {
	switch a.Do {
	case "play":
		return run.Play{Steps: steps, At: w.now, Actor: a.Actor, Variables: a.Variables}, nil
	case "retry":
		return run.Retry{Steps: steps, After: a.From, At: w.now, Actor: a.Actor, Variables: a.Variables}, nil
	case "cancel":
		return run.Cancel{Cancellation: run.Cancellation{At: w.now, Actor: a.Actor}, Steps: steps}, nil
	case "enqueue":
		return run.Enqueue{Steps: steps, At: w.now}, nil
	case "unschedule":
		return run.Unschedule{Steps: steps, At: w.now, Actor: a.Actor}, nil
	case "pause":
		return run.Pause{Steps: steps, Paused: run.Paused{At: w.now, Actor: a.Actor}}, nil
	case "resume":
		return run.Resume{Steps: steps, At: w.now}, nil
	}
	return nil, errors.New("nobody can " + a.Do)
}
