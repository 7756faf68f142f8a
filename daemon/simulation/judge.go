package simulation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// expect compares all that is expected of the run as it stands, and tells it in
// the order of the text.
func (j *judge) expect(e *config.Expectation) {
	before := len(j.found)
	j.compare(e)
	slices.SortStableFunc(j.found[before:], func(a, b config.Difference) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

func (j *judge) compare(e *config.Expectation) {
	j.titles(e)
	if e.Run != "" && e.Run != string(j.run.State.Status) {
		j.differ(e, e.Run, string(j.run.State.Status), "run")
	}
	if e.Warnings != nil && *e.Warnings != j.run.State.Warnings {
		j.differ(e, fmt.Sprint(*e.Warnings), fmt.Sprint(j.run.State.Warnings), "warnings")
	}
	j.stages(e)
	j.absent(e)
	for _, name := range slices.Sorted(maps.Keys(e.Steps)) {
		j.steps(e, e.Steps[name], j.standing, "steps", name)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Reasons)) {
		j.steps(e, e.Reasons[name], j.reason, "reasons", name)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Attempts)) {
		j.steps(e, fmt.Sprint(e.Attempts[name]), j.attempts, "attempts", name)
	}
	j.order(e)
	j.times(e)
	j.gifts(e)
}

// sight is what is to be seen of a step: what can be expected, and what a person
// wants to know beside it.
type sight struct{ word, more string }

func (s sight) String() string {
	if s.more == "" {
		return s.word
	}
	return s.word + " (" + s.more + ")"
}

// steps compares what is to be seen of each step that a name means.
func (j *judge) steps(e *config.Expectation, want string, see func(step int) sight, keys ...string) {
	steps, err := j.find(keys[1:2])
	if err != nil {
		j.differ(e, want, err.Error(), keys...)
		return
	}
	for _, i := range steps {
		seen := see(i)
		if seen.word == want {
			continue
		}
		got := seen.String()
		if len(steps) > 1 {
			got = j.plan.Steps[i].Name + ": " + got
		}
		j.differ(e, want, got, keys...)
	}
}

// standing is the status of a step, with the reason of a failure.
func (j *judge) standing(i int) sight {
	s := &j.run.Steps[i]
	if s.Status == run.Failed {
		return sight{string(s.Status), j.reason(i).word}
	}
	return sight{string(s.Status), string(s.Skipped)}
}

// reason is why a step failed, or the newest attempt of one that goes on.
func (j *judge) reason(i int) sight {
	s := &j.run.Steps[i]
	a := s.Latest()
	switch {
	case s.Status == run.Failed && s.Stopped != nil:
		return sight{string(s.Stopped.Reason), s.Stopped.Note}
	case a == nil:
		return sight{"no failure", string(s.Status) + ", without an attempt"}
	case a.FailureReason == "":
		return sight{"no failure", string(a.Status)}
	}
	return sight{string(a.FailureReason), a.Message}
}

func (j *judge) attempts(i int) sight { return sight{word: fmt.Sprint(len(j.run.Steps[i].Attempts))} }

func (j *judge) stages(e *config.Expectation) {
	for _, name := range slices.Sorted(maps.Keys(e.Stages)) {
		want := e.Stages[name]
		at := slices.IndexFunc(j.plan.Stages, func(s run.PlanStage) bool { return s.Name == name })
		if at < 0 {
			j.differ(e, want, "there is no such stage", "stages", name)
		} else if got := string(j.run.StageStatus(at)); got != want {
			j.differ(e, want, got, "stages", name)
		}
	}
}

func (j *judge) absent(e *config.Expectation) {
	for _, name := range e.Absent {
		got := "the pipeline has no such step"
		if found := j.plan.Find("", name); len(found) > 0 {
			got = "it is in the run: " + j.standing(found[0]).String()
		} else if slices.ContainsFunc(j.plan.Absent, func(a run.Absent) bool { return a.Is(name) }) {
			continue
		}
		j.differ(e, name+" is left out", got, "absent")
	}
}

// times compares lengths of time.
func (j *judge) times(e *config.Expectation) {
	if got := j.run.State.Duration(j.now); e.Duration > 0 && got != e.Duration {
		j.differ(e, e.Duration.String(), got.String(), "duration")
	}
	if got := j.last.Sub(j.began); e.Elapsed > 0 && got != e.Elapsed {
		j.differ(e, e.Elapsed.String(), got.String(), "elapsed")
	}
}
