package config

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
