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

// allowFailure reads which failures are allowed. Without the key a manual step
// may fail and no other may: nobody has to begin it, so nothing waits for it.
// ok is false there.
func (t table) allowFailure(when When) (a AllowFailure, ok bool) {
	switch t.values["allow_failure"].(type) {
	case nil:
		return AllowFailure{Always: when == Manual}, false
	case map[string]any:
		t.each(allowFailureKind, "allow_failure", func(t table) {
			if !t.has("exit_codes") {
				t.report(t.place, "exit_codes is missing: allow_failure = { exit_codes = [2] }; write true for every failure")
			}
			a.ExitCodes = t.exitCodes()
		})
		return a, true
	}
	a.Always, ok = t.boolean("allow_failure")
	return a, ok
}

const maxExitCode = 255 // of a process on Unix

// exitCodes reads one exit code or several, each once.
func (t table) exitCodes() []int {
	if t.empty("exit_codes") {
		t.report(t.key("exit_codes"), "exit_codes is empty: it lists exit codes from 1 to %d", maxExitCode)
	}
	var codes []int
	seen := map[int64]bool{}
	for _, e := range t.oneOrMore("exit_codes") {
		code, ok := e.value.(int64)
		switch {
		case !ok:
			t.report(e.at, "exit_codes must hold integers, not %s", describe(e.value))
		case code < 1 || code > maxExitCode:
			t.report(e.at, "exit_codes holds %d; an exit code that is a failure is from 1 to %d", code, maxExitCode)
		case !seen[code]:
			seen[code] = true
			codes = append(codes, int(code))
		}
	}
	return codes
}
