package ctl

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// transition is something that happens in a simulation, as a file has it.
// What else stands there, such as what was expected, is not looked at.
type transition struct {
	Event     string            `json:"event"`
	Steps     []string          `json:"steps"`
	For       string            `json:"for"`       // of wait: a duration such as 1h30m
	Reason    string            `json:"reason"`    // of drop; default script_failure
	ExitCode  *int              `json:"exit_code"` // of drop
	Outputs   map[string]string `json:"outputs"`   // of success
	Variables map[string]string `json:"variables"` // of play and retry
}

const someEvents = `{"transitions": [{"event": "success", "steps": ["build"]}]}`

// readEvents reads what is to happen.
func (a *app) readEvents(name string) ([]transition, error) {
	files, err := a.readFiles([]string{name})
	if err != nil {
		return nil, err
	}
	var all struct {
		Transitions *[]transition `json:"transitions"`
	}
	if err := json.Unmarshal([]byte(files[0].text), &all); err != nil {
		return nil, usagef("%s holds no events: want %s: %w", files[0].name, someEvents, err)
	}
	if all.Transitions == nil {
		return nil, usagef("%s holds no events: want %s", files[0].name, someEvents)
	}
	return *all.Transitions, nil
}

// play lets transitions happen and keeps how the run stood at the beginning
// and after each.
func play(sim Simulation, transitions []transition) ([]render.Frame, error) {
	frames := []render.Frame{{Event: "created", Run: sim.Run()}}
	for i, t := range transitions {
		if err := t.happen(sim); err != nil {
			return nil, usagef("transition %d (%s): %w", i+1, t, err)
		}
		frames = append(frames, render.Frame{Event: t.String(), Run: sim.Run()})
	}
	return frames, nil
}

func (t transition) String() string {
	return strings.TrimSpace(t.Event + " " + strings.Join(t.Steps, ", ") + t.For)
}

// wholeRun are the events that a run can be the object of.
var wholeRun = []string{"retry", "cancel"}

func (t transition) happen(sim Simulation) error {
	if len(t.Steps) == 0 && t.Event != "wait" && !slices.Contains(wholeRun, t.Event) {
		return fmt.Errorf("it names no steps")
	}
	switch t.Event {
	case "run":
		return sim.Begin(t.Steps)
	case "success":
		return sim.End(t.Steps, config.Outcome{Status: "success", Outputs: t.Outputs})
	case "drop":
		reason := t.Reason
		if reason == "" {
			reason = "script_failure"
		}
		return sim.End(t.Steps, config.Outcome{Status: "failed", Reason: reason, ExitCode: t.ExitCode})
	case "wait":
		d, err := config.ParseDuration(t.For)
		if err != nil {
			return fmt.Errorf("for = %q is no duration: want one such as 1h30m", t.For)
		}
		return sim.Wait(d)
	case "cancel", "play", "enqueue", "retry", "unschedule":
		return sim.Do(config.Act{Do: t.Event, Steps: t.Steps, Actor: "somebody", Variables: t.Variables})
	}
	return fmt.Errorf("there is no such event; known are run, success, drop, cancel, play, enqueue, retry, unschedule, wait")
}

// state is how a run stands: the statuses of all that has one.
type state struct {
	Run    string            `json:"run"`
	Stages map[string]string `json:"stages"`
	Steps  map[string]string `json:"steps"`
}

func states(frames []render.Frame) []state {
	all := make([]state, len(frames))
	for i, f := range frames {
		all[i] = stateOf(f.Run)
	}
	return all
}

func stateOf(run *rpc.Run) state {
	s := state{Run: run.Status, Stages: map[string]string{}, Steps: map[string]string{}}
	for _, stage := range run.Stages {
		if len(stage.Steps) > 0 {
			s.Stages[stage.Name] = stage.Status
		}
		for _, step := range stage.Steps {
			s.Steps[step.Name] = step.Status
		}
	}
	return s
}
