// Package plan resolves a definition into what one run of it will do: it turns
// a [config.Pipeline] and what a run is asked with into a [run.Plan], or says
// all that stands against it before anything exists.
//
// It is pure: the same definition and the same request make the same plan. The
// daemon, `penstockctl simulate` and `penstockctl test` share it.
//
// # In order
//
//  1. Inputs are checked against their declarations and get their defaults.
//  2. Run-level rules decide whether there is a run, and with which variables.
//     What the run is called, run_name and labels, follows from both.
//  3. Each step's rules decide whether it is in the run, and how.
//  4. Matrices become steps of their own, needs on them needs on their cells.
//  5. Needs are resolved; one on a step that rules left out is refused unless it
//     is optional.
//  6. Templates are evaluated, but for what is known only when an attempt begins
//     (outputs of steps, the number of the run): that is kept as it is written,
//     apart from values, and [Settings] and [Environment] evaluate it then.
//
// What a trigger gives to its runs is made before all of that, by
// [TriggerInputs]: its templates see what the trigger heard of, and no run.
//
// # Rules
//
// They are tried in order and the first that holds counts; without one that
// holds a step, or the run, is left out. What a rule does not say is the
// step's. A rule that makes a step manual lets no failure pass unless it, or the
// step, says so; one that makes a manual step begin by itself takes the
// allow_failure away that a manual step has by default.
//
// # Cells
//
// A cell of a matrix, or a copy of a step, is a step of the plan, named as
// GitLab names it: "test: [linux, arm64]", "test 2/3". Its address is test@2 for
// the second cell of the definition, whichever of them rules left out. Its
// environment has its axes, over the variables of the step and under those of
// the rule, and PENSTOCK_NODE_INDEX (from 1) and PENSTOCK_NODE_TOTAL.
//
// # Outputs
//
// A step that reads an output waits for the step that has it, whatever its
// needs say. A run in which that step is left out or skipped is refused, unless
// the placeholder has a default: {{ steps.build.outputs.tag ?? "latest" }}. The
// outputs of a matrix are those of its cells, by their addresses:
// {{ steps["test@2"].outputs.tag }}; the bare name of a matrix of several cells
// is refused, for which of them was meant cannot be guessed.
//
// # Cost
//
// It is linear in steps, cells and edges, of which a run has at most 20,000,
// 200 a step, and 1,000,000. The settings and variables of all steps have at most
// 32 MiB: an input of a megabyte that every cell of a matrix is given is a lot.
package plan

import (
	"cmp"
	"slices"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/run"
)

// Request is what a run is asked with.
type Request struct {
	Inputs    map[string]any    // decoded JSON, or text that is converted by the declared type
	Variables map[string]string // win over those of the pipeline
	Source    string            // why: command, schedule, …
	Actor     string
	Trigger   expression.Trigger
	Revision  uint64
	Paused    []Part            // at this moment
	Payload   string            // what a caller sent; steps read it as a file
	Name      string            // instead of run_name; "" is none
	Labels    map[string]string // over those of the definition
}

// Resolved is a run that can be started.
type Resolved struct {
	run.Plan
	Name     string            // of the run, for people; "" is none
	Labels   map[string]string // to find it by
	OnNewRun config.OnNewRun   // what a newer run does to it
}

// Part is a part of the pipeline that somebody paused: a stage, or a step with
// its stage or without.
type Part struct {
	Stage, Step string // one of them at least
	Why         string // what is said of the steps that are left out
}

// The most that a run has.
const (
	maxSteps = 20_000
	maxEdges = 1_000_000
	maxText  = 32 << 20 // bytes of settings and variables of all steps
)

// Resolve is the plan of a run of p. Its RunID and Number are left to whoever
// counts. The error is a [*Refusal] with all that stands against the run.
func Resolve(p *config.Pipeline, q Request) (Resolved, error) {
	r := &resolver{pipeline: p, request: &q, steps: map[string]*target{}}
	for _, phase := range []func(){r.start, r.decide, r.stages, r.connect} {
		if phase(); len(r.problems) > 0 {
			slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.step, b.step) })
			return Resolved{}, &Refusal{Problems: r.problems}
		}
	}
	return Resolved{Plan: r.plan, Name: r.name, Labels: r.labels, OnNewRun: r.cancels.OnNewRun}, nil
}

// resolver makes a plan.
type resolver struct {
	pipeline *config.Pipeline
	request  *Request
	plan     run.Plan
	name     string
	labels   map[string]string
	cancels  config.AutoCancel // as the rules have it
	problems []Problem
	types    map[string]expression.Type // of the inputs
	global   *names                     // what the pipeline's variables give to all below
	paused   map[Part]string
	steps    map[string]*target
	readings []reading // of each step of the plan
	edges    int
	weight   int  // bytes of settings and variables
	refused  bool // it is too large
}

// start begins the plan and takes what the run is given.
func (r *resolver) start() {
	p, q := r.pipeline, r.request
	r.plan = run.Plan{
		Pipeline: p.Name, Workspace: run.Workspace(p.Workspace), Timeout: p.Timeout, MaxParallel: p.MaxParallel,
		Values: run.Values{
			Variables: q.Variables, Source: q.Source, Actor: q.Actor, Revision: q.Revision,
			Trigger: q.Trigger.Name, ScheduledAt: q.Trigger.ScheduledAt, Payload: q.Payload,
		},
	}
	r.paused = map[Part]string{}
	for _, part := range q.Paused {
		r.paused[Part{Stage: part.Stage, Step: part.Step}] = part.Why
	}
	r.takeInputs()
	r.takeVariables()
}

// values are what the expressions of the whole run see.
func (r *resolver) values() expression.Values { return valuesOf(&r.plan) }

func valuesOf(p *run.Plan) expression.Values {
	return expression.Values{
		Inputs: p.Values.Inputs, Source: p.Values.Source, Actor: p.Values.Actor,
		Pipeline: p.Pipeline, Revision: p.Values.Revision, RunID: p.RunID, RunNumber: p.Number,
		Trigger: expression.Trigger{Name: p.Values.Trigger, ScheduledAt: p.Values.ScheduledAt},
	}
}
