package plan

import (
	"fmt"
	"strconv"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/run"
)

// target is a step of the definition as needs and placeholders mean it: its
// cells, or itself.
type target struct {
	definition *config.Step
	cells      []config.Cell // nil: it is one step
	places     []int         // of each in the plan; -1: left out
	why        []string      // it was left out
	index      index         // of cells; made of the axes that are asked for
}

// reading is what a step of the plan waits for, until all steps are known.
type reading struct {
	needs []config.Need
	reads []expression.Reference
	place *place
}

// maxCells is how many steps of a run one step of the definition makes.
const maxCells = 200

// step puts a step, or its cells, into the plan.
func (r *resolver) step(stage *config.Stage, definition *config.Step, within *names) {
	to := &target{definition: definition, cells: definition.Cells()}
	r.steps[definition.Name] = to
	if len(to.cells) == 0 {
		r.cell(stage, to, run.PlanStep{Name: definition.Name, Stage: len(r.plan.Stages)}, within, nil)
		return
	}
	if len(to.cells) > maxCells {
		r.refuse(TooLarge, "step %q: it has %d cells; at most %d are allowed", definition.Name, len(to.cells), maxCells)
		return
	}
	r.plan.Groups = append(r.plan.Groups, run.Group{Name: definition.Name, MaxParallel: definition.MaxParallel, FailFast: definition.FailFast})
	compiled := compilation{}
	if len(definition.MatrixOrder) > 1 {
		compiled = nil // an axis that some cells have may stand over a variable that is late
	}
	for i := 0; i < len(to.cells) && !r.full(); i++ {
		r.cell(stage, to, run.PlanStep{
			Name: to.cells[i].Name, Address: address(definition.Name, i+1), Stage: len(r.plan.Stages),
			Group: len(r.plan.Groups), Matrix: to.cells[i].Values,
		}, within, compiled)
	}
}

func address(step string, cell int) string { return step + "@" + strconv.Itoa(cell) }

// compilation keeps the templates of a step for all of its cells: those of
// what sees the same variables.
type compilation map[view]map[string]*expression.Template

// view is what templates of a step see: from outside of it, its variables, and
// those of a rule as well.
type view struct {
	own  bool
	rule *config.Rule
}

func (c compilation) of(v view) map[string]*expression.Template {
	if c != nil && c[v] == nil {
		c[v] = map[string]*expression.Template{}
	}
	return c[v]
}

// cell puts a step of the plan into it, unless its rules leave it out.
func (r *resolver) cell(stage *config.Stage, to *target, s run.PlanStep, within *names, compiled compilation) {
	definition, problems := to.definition, len(r.problems)
	at := &place{
		name: fmt.Sprintf("step %q: ", s.Name), names: within, step: true,
		axes: definition.CommonAxes(), matrix: s.Matrix, compiled: compiled.of(view{}),
	}
	own := r.evaluate(definition.Variables, at)
	own.addAxes(s.Matrix, len(to.places)+1, len(to.cells))
	s.Environment, s.Late = own.early, own.late
	at.names, at.compiled = r.inside(within, own), compiled.of(view{own: true})
	chosen, ok := r.choose(definition.Rules, at)
	if ok && chosen.absent != "" {
		r.problems = r.problems[:problems] // of a step that is not in the run
		r.leaveOut(stage, to, &s, chosen.absent)
		return
	}
	if chosen.rule != nil {
		t := r.evaluate(chosen.rule.Variables, at)
		s.RuleEnvironment, s.RuleLate = t.early, t.late
		at.names, at.compiled = r.inside(at.names, t), compiled.of(view{own: true, rule: chosen.rule})
	}
	r.fill(stage, definition, &s, at)
	chosen.follow(&s, definition)
	r.put(to, s, &chosen, at)
}

// put adds a step to the plan.
func (r *resolver) put(to *target, s run.PlanStep, chosen *choice, at *place) {
	needs, has := chosen.needs(to.definition)
	s.HasNeeds = has
	to.places, to.why = append(to.places, len(r.plan.Steps)), append(to.why, "")
	r.readings = append(r.readings, reading{needs: needs, reads: at.reads, place: at})
	r.plan.Steps = append(r.plan.Steps, s)
}

// addAxes puts what a cell is over the variables of its step.
func (t *table) addAxes(matrix map[string]string, index, total int) {
	if total == 0 {
		return
	}
	for name, value := range matrix {
		put(&t.early, name, value)
		delete(t.late, name)
	}
	put(&t.early, nodeIndex, strconv.Itoa(index))
	put(&t.early, nodeTotal, strconv.Itoa(total))
}

func (r *resolver) leaveOut(stage *config.Stage, to *target, s *run.PlanStep, why string) {
	r.plan.Absent = append(r.plan.Absent, run.Absent{Stage: stage.Name, Name: s.Name, Address: s.Address, Why: why})
	to.places, to.why = append(to.places, -1), append(to.why, why)
}

// fill copies what the definition says, with its templates evaluated.
func (r *resolver) fill(stage *config.Stage, definition *config.Step, s *run.PlanStep, at *place) {
	s.Uses, s.Dir = definition.Uses, definition.Dir
	s.Timeout, s.SilenceTimeout, s.WaitingTimeout = definition.Timeout, definition.SilenceTimeout, definition.WaitingTimeout
	s.Retry = retry(definition.Retry)
	s.Skip = r.skip(stage, definition, s)
	s.Downstream = run.Strategy(definition.Strategy())
	s.With, s.LateWith = r.settings(definition, at)
	if group := r.resourceGroup(definition.ResourceGroup, at); s.Skip == "" { // one that is left out keeps no line waiting
		s.ResourceGroup = group
	}
}

// skip is why a step is left out though it is in the run.
func (r *resolver) skip(stage *config.Stage, definition *config.Step, s *run.PlanStep) string {
	switch {
	case definition.Skip:
		return "skip = true"
	case stage.Skip:
		return "skip = true in the stage"
	}
	for _, in := range []string{stage.Name, ""} {
		for _, name := range []string{definition.Name, s.Name, s.Address, ""} {
			if why, ok := r.paused[Part{Stage: in, Step: name}]; ok {
				return why
			}
		}
	}
	return ""
}

// resourceGroup is the group's name, which must be known before the run exists.
func (r *resolver) resourceGroup(text string, at *place) string {
	if text == "" {
		return ""
	}
	name, late := r.text("resource_group", text, at)
	if late {
		r.refuse(BadValue, "%sresource_group must be known before the run exists: it cannot read outputs, run.id, run.number and run.name", at.name)
		return ""
	}
	if err := config.CheckResourceGroup(name); err != nil {
		r.refuse(BadValue, "%s%v", at.name, err)
	}
	return name
}

// retry is the rule in the words of the run.
func retry(d config.Retry) run.RetryRule {
	rule := run.RetryRule{
		Max: d.Max, ExitCodes: d.ExitCodes, Delay: d.Delay, Backoff: d.Backoff, MaxDelay: d.MaxDelay, Jitter: d.Jitter,
	}
	for _, reason := range d.When {
		rule.When = append(rule.When, run.FailureReason(reason))
	}
	return rule
}
