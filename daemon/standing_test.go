package daemon

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// others is what an engine knows of a run whose every step waits for others.
func others() standingWith {
	reference := func(name string, id uint64) engine.Reference {
		return engine.Reference{ID: id, Name: name, Status: run.Running}
	}
	plan := cells()
	plan.RunID = 9
	plan.Steps[0].ResourceGroup = "production"
	claimed := func(name string, id uint64, step string) engine.Claimant {
		return engine.Claimant{Run: reference(name, id), Stage: "build", Step: step, Status: run.WaitingForResource}
	}
	holder := claimed("b/1", 1, "x")
	return standingWith{plan: plan, createdAt: time.Unix(7, 0), Standing: engine.Standing{
		Places: engine.Places{All: 8, Taken: 8}, Before: map[int]int{1: 0, 2: 1, 3: 5},
		Groups: []engine.Resource{
			{Name: "staging"},
			{Name: "production", Mode: "oldest_first", Holder: &holder, Waiting: []engine.Claimant{
				claimed("b/2", 2, "make"), claimed("a/7", 9, "make"), claimed("b/3", 3, "x")}},
		},
		Line: &engine.Line{
			SubQueue: "eu", Overlap: config.Overlap{Policy: config.OverlapQueue, Limit: 2},
			Active: []engine.Reference{reference("a/5", 5)}, Before: []engine.Reference{reference("a/6", 6)},
		},
	}}
}

// nobody adds nothing to what is said of a step.
func nobody(int) rpc.Causes { return nil }

func TestWhatOthersHoldIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		told   run.Explanation
		text   string
		causes []string
	}{
		"a place, next":    {run.Explanation{Step: 1, Status: run.Pending, Text: "it waits"}, "it waits: 8 of 8 are taken, and it is next", nil},
		"a place, second":  {run.Explanation{Step: 2, Status: run.Pending, Text: "it waits"}, "it waits: 8 of 8 are taken, and 1 step stands before it", nil},
		"a place, later":   {run.Explanation{Step: 3, Status: run.Pending, Text: "it waits"}, "it waits: 8 of 8 are taken, and 5 steps stand before it", nil},
		"no place":         {run.Explanation{Step: 0, Status: run.Pending, Text: "its own limit"}, "its own limit", nil},
		"a resource group": {run.Explanation{Step: 0, Status: run.WaitingForResource, Text: "it waits"}, "it waits (mode oldest_first)", []string{"b/1/build/x", "b/2/build/make"}},
		"its run's turn":   {run.Explanation{Step: 0, Status: run.Created, Text: "it waits"}, `it waits (overlap = "queue", limit 2, sub-queue eu)`, []string{"a/5", "a/6"}},
		"the turn":         {run.Explanation{Subject: "a/7", Step: -1, Status: run.Created, Text: "it waits", Release: "it goes on"}, `it waits (overlap = "queue", limit 2, sub-queue eu)`, []string{"a/5", "a/6"}},
		"its turn, again":  {run.Explanation{Subject: "a/7", Step: -1, Status: run.Running, Text: "it waits", Release: "it goes on"}, `it waits (overlap = "queue", limit 2, sub-queue eu)`, []string{"a/5", "a/6"}},
		"several steps":    {run.Explanation{Subject: "test", Step: -1, Status: run.Created, Text: "it is 2 steps"}, "it is 2 steps", nil},
		"nobody":           {run.Explanation{Step: 1, Status: run.Success, Text: "it succeeded"}, "it succeeded", nil},
	} {
		got := others().explanation(c.told, nobody)
		var causes []string
		for _, cause := range got.Causes {
			causes = append(causes, cause.Subject)
		}
		if got.Text != c.text || len(causes) != len(c.causes) {
			t.Errorf("%s: %q because of %q, want %q because of %q", name, got.Text, causes, c.text, c.causes)
			continue
		}
		for i := range causes {
			if causes[i] != c.causes[i] {
				t.Errorf("%s: because of %q, want %q", name, causes, c.causes)
			}
		}
	}
}

// Thousands may stand before a run, or a step: the first of them are told.
func TestOfManyThatStandBeforeTheFirstAreTold(t *testing.T) {
	s := others()
	s.Line.Active = nil
	for n := range uint64(30) {
		s.Line.Before = append(s.Line.Before, s.Line.Before[0])
		s.Groups[1].Waiting = slices.Insert(s.Groups[1].Waiting, 0, engine.Claimant{Run: engine.Reference{ID: 100 + n}})
	}
	for name, c := range map[string]struct {
		told run.Explanation
		last string
	}{
		"turn":  {run.Explanation{Step: 0, Status: run.Created}, "and 21 more"},
		"group": {run.Explanation{Step: 0, Status: run.WaitingForResource}, "and 21 more"},
	} {
		causes := s.explanation(c.told, nobody).Causes
		if last := causes[len(causes)-1].Text; last != c.last || len(causes) > maxOthers+2 {
			t.Errorf("%s: %d causes, the last is %q, want %q", name, len(causes), last, c.last)
		}
	}
}

// Of what holds a run what has to be released counts, not what is said of those
// in the way.
func TestWhatARunWaitsForIsWhatIsReleased(t *testing.T) {
	for _, c := range []struct {
		why  rpc.Explanation
		want string
	}{
		{rpc.Explanation{Text: "it waits for its turn", Release: "its turn", Causes: rpc.Causes{
			{Text: "it was started"}, {Subject: "a/5", Text: "it is not over"}, {Text: "and 3 more"}}}, ": it waits for its turn"},
		{rpc.Explanation{Text: "on its way", Release: "steps", Causes: rpc.Causes{
			{Text: "it was started"},
			{Text: "it waits for the group", Release: "the group", Causes: rpc.Causes{{Subject: "b/1/s/x", Text: "it has the group"}}},
			{Text: "it works", Release: "it ends"}}}, ": it waits for the group"},
	} {
		if got := reasonWithin(&c.why); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// What held a run is told when it is over as well, as the rule that held then.
func TestATurnThatWasWaitedForIsToldAfterwards(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	terms := store.Terms{Overlap: config.OverlapQueue, Limit: 1, SubQueue: "eu"}
	for name, c := range map[string]struct {
		state run.State
		want  string
	}{
		"never held":                          {run.State{}, ""},
		"held still":                          {run.State{Held: true, HeldAt: at}, ""},
		"held again":                          {run.State{Held: true, HeldAt: at, ReleasedAt: at.Add(-time.Hour)}, ""},
		"held by a daemon that kept no times": {run.State{ReleasedAt: at}, ""},
		"a moment":                            {run.State{HeldAt: at, ReleasedAt: at.Add(400 * time.Millisecond)}, ""},
		"a minute": {run.State{HeldAt: at, ReleasedAt: at.Add(time.Minute)},
			`it waited 1m0s for its turn among the runs of its pipeline (overlap = "queue", limit 1, sub-queue eu)`},
	} {
		got := ""
		for _, x := range turn(&store.Run{State: c.state, Terms: terms}) {
			got += x.Text
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestStepsAreNamedWithTheirStagesAndTimes(t *testing.T) {
	told := run.Explanation{Subject: "x", Step: 1, Status: run.Created, Causes: []run.Explanation{{Step: -1, Text: "and 3 more"}}}
	s := others()
	s.Line = nil
	got := s.explanation(told, nobody)
	if got.Subject != "build/test: [linux, a/b]" || got.Since == nil || !got.Since.Equal(time.Unix(7, 0)) {
		t.Errorf("%+v", got)
	}
	if len(got.Causes) != 1 || got.Causes[0].Subject != "" || got.Causes[0].Since != nil {
		t.Errorf("%+v", got.Causes)
	}
}

func TestWhyTellsOfStepsThatRulesLeftOutAndOfMatrices(t *testing.T) {
	r, _ := run.New(cells(), time.Unix(7, 0), false)
	for name, want := range map[string]struct {
		text   string
		causes int
	}{
		"deploy/beta": {"it is not in this run: rule 1 says never", 0}, "beta": {"it is not in this run: rule 1 says never", 0},
		"build/test": {"it is 2 steps", 2}, "build": {"it is 3 steps", 3}, "deploy": {"it is 1 step", 1},
	} {
		if got, err := explain(r, name); err != nil || got.Text != want.text || len(got.Causes) != want.causes {
			t.Errorf("%s: %+v (%v)", name, got, err)
		}
	}
	many := &run.Plan{Stages: []run.PlanStage{{Name: "s"}}, Groups: []run.Group{{Name: "x"}}}
	for i := range 30 {
		many.Steps = append(many.Steps, run.PlanStep{Name: fmt.Sprintf("x %d/30", i+1), Group: 1})
	}
	r, _ = run.New(many, time.Unix(7, 0), false)
	if got, err := explain(r, "x"); err != nil || len(got.Causes) != maxSeveral+1 || got.Causes[maxSeveral].Text != "and 20 more" {
		t.Errorf("%+v (%v)", got, err)
	}
	_, err := explain(r, "nope")
	refused(t, err, rpc.CodeNotFound, "nope")
}
