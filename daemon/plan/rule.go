package plan

import (
	"fmt"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
	"github.com/penstock/penstock/daemon/run"
)

// decide evaluates the pipeline's variables and decides whether there is a run.
func (r *resolver) decide() {
	at := &place{}
	t := r.evaluate(r.pipeline.Variables, at)
	r.plan.Environment, r.plan.Late = t.early, t.late
	r.global = r.inside(nil, t)
	at.names = r.global
	choice, ok := r.choose(r.pipeline.Rules, at)
	r.cancels = choice.autoCancel(r.pipeline)
	r.plan.CancelOnFailure = r.cancels.OnStepFailure == config.FailureCancelsAll
	switch {
	case !ok:
		return
	case choice.absent != "":
		r.refuse(NoRun, "the pipeline's rules want no run: %s", choice.absent)
	case choice.rule != nil:
		t := r.evaluate(choice.rule.Variables, at)
		r.plan.RuleEnvironment, r.plan.RuleLate = t.early, t.late
		r.global = r.inside(r.global, t)
	}
}

// choice is what rules say.
type choice struct {
	rule   *config.Rule // nil: there are no rules
	name   string       // of the rule, for people
	absent string       // why there is no step, or run; "": there is
}

// autoCancel is the rule's, or the pipeline's.
func (c *choice) autoCancel(p *config.Pipeline) config.AutoCancel {
	if c.rule != nil && c.rule.AutoCancel != nil {
		return *c.rule.AutoCancel
	}
	return p.AutoCancel
}

// choose is the first rule that holds; not ok if that cannot be decided.
func (r *resolver) choose(rules []config.Rule, at *place) (c choice, ok bool) {
	for i := range rules {
		holds, ok := r.holds(i, &rules[i], at)
		if !ok {
			return c, false
		}
		if !holds {
			continue
		}
		c = choice{rule: &rules[i], name: ruleName(i, &rules[i])}
		if c.rule.When == config.Never {
			c.absent = c.name + " says never"
		}
		return c, true
	}
	switch len(rules) {
	case 0:
		return c, true
	case 1:
		return choice{absent: ruleName(0, &rules[0]) + " does not hold"}, true
	}
	return choice{absent: fmt.Sprintf("none of its %d rules holds", len(rules))}, true
}

func (r *resolver) holds(i int, rule *config.Rule, at *place) (holds, ok bool) {
	if rule.If == "" {
		return true, true
	}
	condition, err := expression.ParseCondition(rule.If, r.scope(at))
	if err == nil {
		values := r.values()
		values.Variables, values.Matrix = at.names.values(condition.Variables()), at.matrix
		holds, err = condition.Evaluate(values)
	}
	if err != nil {
		r.refuse(BadValue, "%s%s: %v", at.name, ruleName(i, rule), err)
	}
	return holds, err == nil
}

// ruleName is where the rule stands and its condition.
func ruleName(i int, rule *config.Rule) string {
	if rule.If == "" {
		return fmt.Sprintf("rule[%d]", i)
	}
	return fmt.Sprintf("rule[%d]: %s", i, rule.If)
}

// follow makes of a step what a rule says, where it says something.
func (c *choice) follow(s *run.PlanStep, definition *config.Step) {
	s.When, s.StartIn = run.When(definition.When), definition.StartIn
	s.Interruptible = definition.Interruptible
	allow := definition.AllowFailure
	if rule := c.rule; rule != nil {
		s.Rule = c.name
		if rule.When != "" {
			s.When, s.StartIn = run.When(rule.When), rule.StartIn
		}
		if rule.AllowFailure != nil {
			allow = *rule.AllowFailure
		}
		if rule.Interruptible != nil {
			s.Interruptible = *rule.Interruptible
		}
	}
	s.AllowFailure, s.AllowExitCodes = allow.Always, allow.ExitCodes
	if s.When == run.ByHand {
		s.Confirmation = definition.Confirmation
	}
}

// needs are the rule's, or the step's.
func (c *choice) needs(definition *config.Step) (needs []config.Need, has bool) {
	if c.rule != nil && c.rule.HasNeeds {
		return c.rule.Needs, true
	}
	return definition.Needs, definition.HasNeeds
}
