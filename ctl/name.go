package ctl

import (
	"slices"
	"strconv"
	"strings"

	"github.com/penstock/penstock/rpc"
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

// target is a run, steps of it, or an attempt of a step.
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
	parts := splitNames(rest)
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

// splitNames cuts a path at its slashes, but for those inside the name of a
// cell, which alone has a space: "test: [linux, a/b]" and "test 2/3".
func splitNames(path string) []string {
	space := strings.IndexByte(path, ' ')
	if space < 0 {
		return strings.Split(path, "/")
	}
	from := strings.LastIndexByte(path[:space], '/') + 1
	to := space + cellEnd(path[space:], strings.HasSuffix(path[:space], ":"))
	names := append(strings.Split(path[:from], "/"), path[from:to])
	names = slices.Delete(names, len(names)-2, len(names)-1) // what stands between the last slash and the cell
	if to < len(path) {
		names = append(names, strings.Split(path[to+1:], "/")...)
	}
	return names
}

// cellEnd is where the name of a cell ends in text, which begins at its space:
// behind the last bracket, or behind the second number.
func cellEnd(text string, bracket bool) int {
	skip := 0
	if bracket {
		skip = strings.LastIndexByte(text, ']') + 1
	} else if first := strings.IndexByte(text, '/'); first >= 0 {
		skip = first + 1
	}
	if end := strings.IndexByte(text[skip:], '/'); end >= 0 {
		return skip + end
	}
	return len(text)
}

// has tells whether a step is meant: by its name, its address, or the name of
// the matrix that it is a cell of.
func (t target) has(stage string, step *rpc.RunStep) bool {
	return (t.stage == "" || t.stage == stage) &&
		(t.step == "" || t.step == step.Name || t.step == step.Address || t.step == step.Matrix)
}

// name is the step as it is named in requests.
func (t target) name() string {
	if t.stage == "" {
		return t.step
	}
	return t.stage + "/" + t.step
}

// stepsOf are steps of one run.
type stepsOf struct {
	run   string
	steps []string // none: the run itself
}

// parseSteps reads arguments RUN/STAGE/STEP, each run once, in the order of the
// arguments. Where whole is true RUN alone is the run itself.
func parseSteps(args []string, whole bool) ([]stepsOf, error) {
	var all []stepsOf
	for _, arg := range args {
		t, err := parseTarget(arg)
		switch {
		case err != nil:
			return nil, err
		case t.attempt > 0:
			return nil, usagef("%q names an attempt; want a step, such as %s/%s", arg, t.run, t.name())
		case t.step == "" && !whole:
			return nil, usagef("%q names no step; want RUN/STAGE/STEP, such as nightly/42/deploy/prod", arg)
		}
		i := slices.IndexFunc(all, func(s stepsOf) bool { return s.run == t.run })
		switch {
		case i < 0 && t.step == "":
			all = append(all, stepsOf{run: t.run})
		case i < 0:
			all = append(all, stepsOf{t.run, []string{t.name()}})
		case t.step == "" || len(all[i].steps) == 0:
			return nil, usagef("%s is named as a whole and by its steps: want one of the two", t.run)
		default:
			all[i].steps = append(all[i].steps, t.name())
		}
	}
	return all, nil
}
