package config

import "time"

func (t table) when() When {
	if t.values["when"] == string(Never) {
		t.report(t.key("when"), `when = "never" is for rules only: to leave a step out of every run write skip = true`)
		return OnSuccess
	}
	return choose(t, "when", OnSuccess, OnFailure, Always, Manual, Delayed)
}

// startIn reads how long a step, or a step by a rule, is delayed. It stands
// where the delay does: one that a rule brings would else be another's.
func (t table) startIn(when When) time.Duration {
	written := t.spelled("when")
	switch {
	case t.has("start_in") && when != Delayed && (written == string(when) || !t.has("when")):
		t.report(t.key("start_in"), `start_in means nothing without when = "delayed" beside it`)
	case when == Delayed && !t.has("start_in"):
		t.report(t.key("when"), `when = "delayed" needs start_in beside it, such as start_in = "10m"`)
	}
	d, _ := t.durationWithin("start_in", time.Second, week, "1 second to 1 week")
	return d
}

// confirmation reads what a person is asked before a manual step begins.
func (t table) confirmation(s *Step) string {
	text, ok := t.text("manual_confirmation")
	switch {
	case !ok:
	case text == "":
		t.report(t.key("manual_confirmation"), "manual_confirmation is empty: it is the question that is asked; leave it out where nothing is")
	case !s.mayBeManual():
		t.report(t.key("manual_confirmation"), `manual_confirmation means nothing without when = "manual", in the step or in a rule of it`)
	}
	return text
}

func (s *Step) mayBeManual() bool {
	for _, r := range s.Rules {
		if r.When == Manual {
			return true
		}
	}
	return s.When == Manual
}
