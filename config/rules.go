package config

const maxRules = 100 // of one step or one pipeline

// runRules reads the rules that decide whether there is a run, of a pipeline
// that cancels as it says outside of them.
func (t table) runRules(cancels AutoCancel) []Rule {
	var rules []Rule
	for _, sub := range t.ruleTables(runRuleKind) {
		r := sub.rule()
		if sub.has("when") {
			r.When = sub.runWhen()
		}
		if sub.has("auto_cancel") {
			own := sub.autoCancel(cancels)
			r.AutoCancel = &own
		}
		rules = append(rules, r)
	}
	return rules
}

// runWhen reads whether there is a run: there is nothing between yes and no.
func (t table) runWhen() When {
	switch w := When(t.spelled("when")); w {
	case OnSuccess, OnFailure, Manual, Delayed:
		t.report(t.key("when"), "when = %s is for steps: a rule of a pipeline says always or never", quote(string(w)))
		return Always
	}
	return choose(t, "when", Always, Never)
}

// stepRules reads the rules that decide whether, and how, a step is in a run,
// and the steps that it wants because of them.
func (t table) stepRules() ([]Rule, []want) {
	var rules []Rule
	var wants []want
	for _, sub := range t.ruleTables(stepRuleKind) {
		r := sub.rule()
		if sub.has("when") {
			r.When = choose(sub, "when", OnSuccess, OnFailure, Always, Manual, Delayed, Never)
		}
		r.StartIn = sub.startIn(r.When)
		r.AllowFailure = t.allowFailureOf(sub, r.When)
		var more []want
		r.HasNeeds = sub.has("needs")
		r.Needs, more = sub.needs()
		if ends, ok := sub.boolean("interruptible"); ok {
			r.Interruptible = &ends
		}
		rules, wants = append(rules, r), append(wants, more...)
	}
	return rules, wants
}

// allowFailureOf reads which failures a rule of the step allows, nil for the
// step's own. What a manual step may by default is no choice of its author, so
// it ends where a rule makes the step begin by itself.
func (t table) allowFailureOf(rule table, when When) *AllowFailure {
	allowed, ok := rule.allowFailure("")
	begins := when != "" && when != Manual && when != Never
	if ok || begins && t.spelled("when") == string(Manual) && !t.has("allow_failure") {
		return &allowed
	}
	return nil
}

// ruleTables is the rules as tables; a value that is none has its problem
// already and is an empty one.
func (t table) ruleTables(k kind) []table {
	tables := t.subs("rule", "rule = [{ if = \"…\", when = \"…\" }]")
	if len(tables) > maxRules {
		t.report(t.key("rule").item(maxRules), "there are %d rules; at most %d are allowed", len(tables), maxRules)
	}
	for _, sub := range tables {
		sub.allow(k, stepRuleKind, runRuleKind, stepKind)
	}
	return tables
}

// rule reads what every rule has.
func (t table) rule() Rule {
	r := Rule{Variables: t.variables("variables")}
	r.If, _ = t.text("if")
	if t.has("if") && r.If == "" && t.values["if"] == "" {
		t.report(t.key("if"), "if is empty; leave it out for a rule that always holds")
	}
	return r
}

// spelled is the text at key, whatever is wrong with it.
func (t table) spelled(key string) string {
	s, _ := t.values[key].(string)
	return s
}
