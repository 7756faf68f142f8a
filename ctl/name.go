package ctl

import (
	"strconv"
	"strings"
)

// checkRun refuses what cannot name a run before the daemon is asked.
func checkRun(text string) error {
	if run, rest := splitRun(text); run != "" && rest == "" {
		return nil
	}
	if text != "" && !strings.Contains(text, "/") {
		return usagef("%q names no run: want a number or an id; the newest run of pipeline %s is %s/latest", text, text, text)
	}
	return usagef("%q names no run: want PIPELINE/NUMBER, PIPELINE/latest or an id, such as nightly/42, nightly/latest or 1007", text)
}

// badName is the error of a call that gives a pipeline another name. Where the
// daemon refuses that, its place in the stored text says nothing to a person
// who wrote it as an argument.
func badName(err error) error {
	problems, _ := refusals(err)
	for _, p := range problems {
		if p.Path == "name" {
			return usagef("the argument NEW-NAME: %s", strings.TrimPrefix(p.Message, "name = "))
		}
	}
	return err
}

// splitRun takes the name of a run from the front of a path. The run is ""
// where there is none.
//
// A second part that is a number or "latest" belongs to the name of the run,
// so a stage of such a name has to be reached by its step alone.
func splitRun(path string) (run, rest string) {
	first, rest, _ := strings.Cut(path, "/")
	second, after, _ := strings.Cut(rest, "/")
	switch {
	case first != "" && (second == "latest" || isNumber(second)):
		return first + "/" + second, after
	case isNumber(first):
		return first, rest
	}
	return "", path
}

func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 64)
	return err == nil
}

// target is what `logs` is asked for.
type target struct {
	run     string
	stage   string // "" is any
	step    string // "" is all
	attempt int    // 0 is the newest, while following every one to come
}

// parseTarget reads RUN[/STAGE/STEP[/ATTEMPT]] and the short form RUN/STEP.
func parseTarget(path string) (target, error) {
	run, rest := splitRun(path)
	if run == "" {
		return target{}, checkRun(path)
	}
	t := target{run: run}
	if rest == "" {
		return t, nil
	}
	parts := strings.Split(rest, "/")
	switch len(parts) {
	case 1:
		t.step = parts[0]
	case 2:
		t.stage, t.step = parts[0], parts[1]
	case 3:
		t.stage, t.step = parts[0], parts[1]
		n, err := strconv.Atoi(parts[2])
		if err != nil || n < 1 {
			return target{}, usagef("%q: want a number from 1 for the attempt, not %q", path, parts[2])
		}
		t.attempt = n
	default:
		return target{}, usagef("%q: want RUN[/STAGE/STEP[/ATTEMPT]], such as nightly/42/build/compile/1", path)
	}
	if t.step == "" || len(parts) > 1 && t.stage == "" {
		return target{}, usagef("%q: a name is missing; want RUN[/STAGE/STEP[/ATTEMPT]]", path)
	}
	return t, nil
}

// has tells whether a step is meant.
func (t target) has(stage, step string) bool {
	return (t.stage == "" || t.stage == stage) && (t.step == "" || t.step == step)
}
