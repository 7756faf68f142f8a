package config

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The tables of tests.
var (
	testsKind    = kind{"a file of tests", []string{"pipeline", "test"}}
	testKind     = kind{"a test", []string{"name", "inputs", "variables", "source", "actor", "trigger", "scheduled_at", "upstream", "file", "payload", "clock", "places", "step", "event", "expect"}}
	upstreamKind = kind{"upstream", []string{"pipeline", "run", "status", "outputs"}}
	fileKind     = kind{"file", []string{"path", "size"}}
	scriptKind   = kind{"a step of a test", []string{"name", "attempts"}}
	outcomeKind  = kind{"an attempt", []string{"status", "reason", "exit_code", "duration", "outputs"}}
	actKind      = kind{"an event of a test", append([]string{"at", "actor", "from", "variables", "refused", "expect"}, acts...)}
	expectKind   = kind{"an expectation", []string{"refused", "name", "labels", "inputs", "run", "warnings", "stages", "steps", "reasons", "attempts", "absent",
		"order", "duration", "elapsed", "with", "environment"}}
)

// The words of tests.
var (
	acts     = []string{"play", "retry", "cancel", "unschedule", "pause", "resume"}
	wholeRun = []string{"retry", "cancel"} // acts that a run can be the object of
	statuses = []string{"created", "waiting_for_resource", "pending", "running", "success", "failed",
		"canceling", "canceled", "skipped", "manual", "scheduled"}
	reasons = []string{"script_failure", "step_timeout", "stuck_or_timeout", "plugin_failure", "plugin_missing",
		"missing_dependency", "lost", "downstream_pipeline_creation_failed", "downstream_pipeline_failed"}
)

// testClock is when the run of a test is created that names no time.
var testClock = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// ParseTests reads the text of a file of tests; file names it in problems and
// is not opened. The error is a Problems with everything that is wrong, in the
// order of the text; with it comes no Tests. Whether the steps that a test names
// exist is for [Tests.Check] to say: the pipeline is another text.
func ParseTests(file string, text []byte) (*Tests, error) {
	d, err := decode(file, text)
	if err != nil {
		return nil, err
	}
	r := &reader{document: d}
	t, _ := r.table(d.root, d.values)
	tests := t.tests()
	if err := r.finish(); err != nil {
		return nil, err
	}
	tests.document, tests.mentions = d, r.mentions
	return &tests, nil
}

func (t table) tests() Tests {
	t.allow(testsKind)
	all := Tests{}
	all.Pipeline, _ = t.text("pipeline")
	if !t.has("test") || t.empty("test") {
		t.report(t.place, "test is missing: a file of tests has at least one [[test]]")
	}
	first := map[string]*place{}
	for _, sub := range t.subs("test", "[[test]]") {
		test := sub.test()
		if at, again := first[test.Name]; again && test.Name != "" {
			t.report(sub.key("name"), "the test %s is there already, at %s", quote(test.Name), t.line(at))
		}
		first[test.Name] = sub.key("name")
		all.Tests = append(all.Tests, test)
	}
	return all
}

func (t table) test() Test {
	if t.values == nil {
		return Test{}
	}
	t.allow(testKind)
	test := Test{Position: t.lines.position(t.start()), Start: t.startOf()}
	test.Name, _ = t.text("name")
	switch {
	case !t.has("name"):
		t.missing("name", `a [[test]] begins with name = "…", which says what it shows`)
	case strings.TrimSpace(test.Name) == "":
		t.report(t.key("name"), "name is empty: it says what the test shows")
	}
	if n, ok := t.integer("places", 1, maxRunning); ok {
		test.Places = int(n)
	}
	for _, sub := range t.subs("step", "[[test.step]]") {
		test.Scripts = append(test.Scripts, sub.script())
	}
	for _, sub := range t.subs("event", "[[test.event]]") {
		test.Acts = append(test.Acts, sub.act())
	}
	slices.SortStableFunc(test.Acts, func(a, b Act) int { return cmp.Compare(a.At, b.At) })
	test.Expect = t.expectation("expect")
	t.expectSomething(&test)
	return test
}

// expectSomething refuses a test that could not fail.
func (t table) expectSomething(test *Test) {
	looks := t.has("expect") || slices.ContainsFunc(test.Acts, func(a Act) bool { return a.Expect.place != nil || a.Refused != "" })
	if !looks {
		t.missing("expect", "a test that expects nothing cannot fail; write [test.expect]")
	}
	if test.Expect.Refused != "" && len(test.Scripts)+len(test.Acts) > 0 {
		t.report(t.key("expect").key("refused"), "refused says that there is no run: then there are no steps and no events either")
	}
}

// startOf reads what the run of a test is started with.
func (t table) startOf() Start {
	s := Start{Actor: "test", At: testClock, Heard: t.heard()}
	if inputs, ok := t.sub("inputs"); ok {
		s.Inputs, _ = floats(t.plain(inputs.place, inputs.values)).(map[string]any)
	}
	s.Variables = t.texts("variables")
	t.setText("source", &s.Source)
	t.setText("actor", &s.Actor)
	t.setText("trigger", &s.Trigger)
	if at, ok := t.moment("scheduled_at"); ok {
		s.ScheduledAt = at.UTC().Format(time.RFC3339)
	}
	if at, ok := t.moment("clock"); ok {
		s.At = at
	}
	return s
}

// floats makes the integers of a value what JSON would make of them.
func floats(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = floats(v[k])
		}
	}
	return v
}

func (t table) setText(key string, to *string) {
	if s, ok := t.text(key); ok {
		*to = s
	}
}

func (t table) moment(key string) (at time.Time, ok bool) {
	if _, bare := t.values[key].(time.Time); bare {
		t.report(t.key(key), "%s must be a string: put the time in quotes", key)
		return at, false
	}
	s, ok := t.text(key)
	if !ok {
		return at, false
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.report(t.key(key), "%s = %s is no time; write it as %s", key, quote(s), quote(testClock.Format(time.RFC3339)))
	}
	return at, err == nil
}

// texts reads a table of values that become text as variables do.
func (t table) texts(key string) map[string]string {
	sub, ok := t.sub(key)
	if !ok {
		return nil
	}
	all := map[string]string{}
	for _, name := range sortedKeys(sub.values) {
		text, reason := variableText(sub.key(name), sub.values[name])
		if reason != "" {
			t.report(sub.key(name), "%s of %s: %s", quote(name), key, reason)
		}
		all[name] = text
	}
	return all
}

func (t table) script() Script {
	if t.values == nil {
		return Script{}
	}
	t.allow(scriptKind)
	s := Script{}
	if s.Step, _ = t.text("name"); !t.has("name") {
		t.missing("name", "it says which step of the pipeline is meant")
	}
	t.mention(t.key("name"), s.Step)
	all, ok := list(t.values["attempts"])
	if !ok || len(all) == 0 {
		t.report(t.key("attempts"), `attempts must be an array: how each attempt ends, such as ["failed", "success"] or [{status = "failed", duration = "20s"}]`)
	}
	for i, v := range all {
		s.Outcomes = append(s.Outcomes, t.outcome(t.key("attempts").item(i), v))
	}
	return s
}

// outcome reads how an attempt ends: a table, or its status alone.
func (t table) outcome(at *place, v any) Outcome {
	if status, ok := v.(string); ok {
		v = map[string]any{"status": status}
	}
	sub, ok := t.table(at, v)
	if !ok {
		t.report(at, `an attempt is a status or a table: {status = "failed", duration = "20s"}`)
		return Outcome{}
	}
	sub.allow(outcomeKind)
	o := Outcome{Status: choose(sub, "status", "success", "failed", "canceled"), Duration: time.Second, Outputs: sub.texts("outputs")}
	if d, ok := sub.duration("duration"); ok {
		o.Duration = d
	}
	if n, ok := sub.integer("exit_code", math.MinInt32, math.MaxInt32); ok {
		code := int(n)
		o.ExitCode = &code
	}
	sub.failure(&o)
	return o
}

// failure reads what only an attempt that failed has.
func (t table) failure(o *Outcome) {
	if o.Status != "failed" {
		for _, key := range []string{"reason", "exit_code"} {
			if t.has(key) {
				t.report(t.key(key), `%s says how an attempt failed: it wants status = "failed"`, key)
			}
		}
		return
	}
	o.Reason = choose(t, "reason", reasons...)
	if o.Reason == "script_failure" && o.ExitCode == nil {
		one := 1
		o.ExitCode = &one
	}
}

func (t table) act() Act {
	if t.values == nil {
		return Act{}
	}
	t.allow(actKind)
	a := Act{Position: t.lines.position(t.start()), Actor: "test", Variables: t.texts("variables"), Refused: t.pattern("refused")}
	a.At, _ = t.duration("at")
	t.setText("actor", &a.Actor)
	a.From, _ = t.boolean("from")
	for _, word := range acts {
		if t.has(word) {
			t.do(&a, word)
		}
	}
	t.checkAct(&a)
	if t.has("expect") {
		a.Expect = t.expectation("expect")
	}
	return a
}

// do reads the object of an act: names of steps, or true for the whole run.
func (t table) do(a *Act, word string) {
	if a.Do != "" {
		t.report(t.key(word), "an event does one thing: %s or %s; write two events", a.Do, word)
	}
	a.Do, a.Steps = word, nil
	if whole, ok := t.values[word].(bool); ok && slices.Contains(wholeRun, word) {
		if !whole {
			t.report(t.key(word), "%s = false says nothing: leave it out", word)
		}
		return
	}
	items, _ := t.strings(word)
	if t.empty(word) {
		t.report(t.key(word), "%s names no step", word)
	}
	for _, it := range items {
		a.Steps = append(a.Steps, it.text)
		t.mention(it.at, it.text)
	}
}

// checkAct reports what does not go together.
func (t table) checkAct(a *Act) {
	if a.Do == "" && !t.has("expect") {
		t.report(t.place, "the event does nothing: it has one of %s, or expect", strings.Join(acts, ", "))
	}
	if a.From && (a.Do != "retry" || a.Steps == nil) {
		t.report(t.key("from"), "from belongs to retry of steps: everything after them is done again")
	}
	if a.Variables != nil && a.Do != "play" && (a.Do != "retry" || a.Steps == nil) {
		t.report(t.key("variables"), "variables belong to play, and to retry of steps")
	}
	if a.Refused != "" && a.Do == "" {
		t.report(t.key("refused"), "refused belongs to what is done: the event does nothing")
	}
}

// pattern reads a regular expression.
func (t table) pattern(key string) string {
	s, ok := t.text(key)
	if !ok {
		return ""
	}
	if s == "" {
		t.report(t.key(key), "%s is empty, which fits everything; write a part of what is said", key)
	}
	if _, err := regexp.Compile(s); err != nil {
		t.report(t.key(key), "%s = %s is no regular expression: %v", key, quote(s), err)
	}
	return s
}
