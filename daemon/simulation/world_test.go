package simulation

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// house is build, then test and a manual deploy, then a delayed check.
const house = `name = "house"
[[stage]]
name = "build"
step = [{ name = "compile", uses = "shell" }, { name = "lint", uses = "shell", allow_failure = true }]
[[stage]]
name = "test"
step = [{ name = "unit", uses = "shell", retry = { max = 2, delay = "10s" } }, { name = "deploy", uses = "shell", when = "manual" }]
[[stage]]
name = "check"
step = [{ name = "look", uses = "shell", when = "delayed", start_in = "1h" }]
`

// crowd has the steps of house, and everything that makes steps wait or end.
const crowd = `name = "crowd"
timeout = "40s"
max_parallel = 2
[auto_cancel]
on_step_failure = "all"
[[stage]]
name = "build"
step = [
  { name = "compile", uses = "shell", matrix = [{ OS = ["a", "b", "c"] }], max_parallel = 1, fail_fast = true, resource_group = "g" },
  { name = "lint", uses = "shell", allow_failure = { exit_codes = [3] }, resource_group = "g", waiting_timeout = "9s" },
]
[[stage]]
name = "test"
order = "serial"
step = [
  { name = "unit", uses = "shell", needs = ["lint"], retry = { max = 2, delay = "3s", backoff = 2.0 }, timeout = "7s" },
  { name = "deploy", uses = "shell", when = "manual", allow_failure = false, resource_group = "h" },
  { name = "look", uses = "shell", when = "always", skip = true },
]
`

// houses are the pipelines of house and crowd.
func houses(t *testing.T) (all []*config.Pipeline) {
	for _, text := range []string{house, crowd} {
		source, err := config.ParsePipeline("p.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &source.Pipeline)
	}
	return all
}

func begin(t *testing.T, text string) *World {
	t.Helper()
	source, err := config.ParsePipeline("p.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Begin(&source.Pipeline, config.Start{Source: "command", Actor: "ann", At: noon})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var (
	well = config.Outcome{Status: "success"}
	ill  = config.Outcome{Status: "failed", Reason: "script_failure"}
)

// sight is how the steps of a run stand, in their order.
func (w *World) sight() string {
	words := make([]string, len(w.run.Steps))
	for i := range words {
		words[i] = w.plan.Steps[i].Name + " " + string(w.run.Steps[i].Status)
	}
	return strings.Join(words, ", ")
}

func (w *World) wants(t *testing.T, want string) {
	t.Helper()
	if got := w.sight(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAWalkThroughARun(t *testing.T) {
	w := begin(t, house)
	w.wants(t, "compile pending, lint pending, unit created, deploy created, look created")
	must(t, w.Begin([]string{"compile"}))
	must(t, w.End([]string{"lint", "compile"}, well))
	w.wants(t, "compile success, lint success, unit pending, deploy manual, look created")
	must(t, w.End([]string{"unit"}, ill))
	w.wants(t, "compile success, lint success, unit scheduled, deploy manual, look created")
	must(t, w.Wait(9*time.Second))
	w.wants(t, "compile success, lint success, unit scheduled, deploy manual, look created")
	must(t, w.Wait(time.Second))
	w.wants(t, "compile success, lint success, unit pending, deploy manual, look created")
	must(t, w.End([]string{"unit"}, well))
	must(t, w.Do(config.Act{Do: "play", Steps: []string{"deploy"}}))
	w.wants(t, "compile success, lint success, unit success, deploy pending, look scheduled")
	must(t, w.Do(config.Act{Do: "unschedule", Steps: []string{"look"}}))
	must(t, w.Wait(24*time.Hour))
	must(t, w.Do(config.Act{Do: "cancel"}))
	w.wants(t, "compile success, lint success, unit success, deploy canceled, look canceled")
	if want := noon.Add(24*time.Hour + 10*time.Second); !w.Now().Equal(want) {
		t.Errorf("it is %v, want %v", w.Now(), want)
	}
	must(t, w.Do(config.Act{Do: "retry"}))
	w.wants(t, "compile success, lint success, unit success, deploy manual, look scheduled")
}

func TestACanceledStepIsGoneAtOnce(t *testing.T) {
	w := begin(t, house)
	must(t, w.Begin([]string{"compile"}))
	must(t, w.Do(config.Act{Do: "cancel", Steps: []string{"compile", "lint"}}))
	w.wants(t, "compile canceled, lint canceled, unit skipped, deploy skipped, look skipped")
}

func TestWhatDoesNotFitIsAnErrorAndChangesNothing(t *testing.T) {
	w := begin(t, house)
	must(t, w.End([]string{"lint"}, well))
	before := picture(t, w)
	for text, do := range map[string]func() error{
		`the run has no step "compil"; did you mean "compile"?`: func() error { return w.Begin([]string{"compil"}) },
		`the run has no step "zzz"`:                             func() error { return w.Do(config.Act{Do: "play", Steps: []string{"zzz"}}) },
		`the step "look" is created: only one that is pending`:  func() error { return w.End([]string{"compile", "look"}, well) },
		"its turn has not come":                                 func() error { return w.Do(config.Act{Do: "play", Steps: []string{"deploy"}}) },
		"nobody can fly":                                        func() error { return w.Do(config.Act{Do: "fly"}) },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want %s", err, text)
		}
		if after := picture(t, w); after != before {
			t.Errorf("%s: the run was\n%s\nand is\n%s", text, before, after)
		}
	}
}

func TestAStepBeyondALimitSaysWhyItWaits(t *testing.T) {
	w := begin(t, "max_parallel = 1\n"+house)
	must(t, w.Begin([]string{"compile"}))
	if err := w.Begin([]string{"lint"}); err == nil || !strings.Contains(err.Error(), `the step "lint" waits: `) {
		t.Errorf("got %v", err)
	}
	must(t, w.End([]string{"compile"}, well))
	must(t, w.Begin([]string{"lint"}))
}

func TestAResourceGroupHasOneStepAtATime(t *testing.T) {
	w := begin(t, strings.ReplaceAll(house, `uses = "shell"`, `uses = "shell", resource_group = "prod"`))
	w.wants(t, "compile pending, lint waiting_for_resource, unit created, deploy created, look created")
	must(t, w.End([]string{"compile"}, well))
	w.wants(t, "compile success, lint pending, unit created, deploy created, look created")
}

// Groups that are free at the same time are granted by name, as in the daemon.
func TestTheFirstResourceGroupByNameGetsTheOnlySlot(t *testing.T) {
	w := begin(t, `name = "p"
max_parallel = 1
[[stage]]
name = "s"
step = [{ name = "x", uses = "shell", resource_group = "two" }, { name = "y", uses = "shell", resource_group = "one" }]`)
	if ready := w.State().Ready(); len(ready) != 1 || ready[0] != 1 {
		t.Errorf("the steps %v may begin, want the second", ready)
	}
}

func TestOutputsAreThoseOfSuccess(t *testing.T) {
	w := begin(t, `name = "pair"
type = "dynamic"
[[stage]]
name = "one"
step = [{ name = "a", uses = "shell", allow_failure = true }]
[[stage]]
name = "two"
step = [{ name = "b", uses = "http", with = { url = "http://{{ steps.a.outputs.host }}/" } }]
`)
	left := config.Outcome{Status: "failed", Reason: "script_failure", Outputs: map[string]string{"host": "h"}}
	must(t, w.End([]string{"a"}, left))
	must(t, w.End([]string{"b"}, well))
	if a := w.run.Steps[1].Latest(); a.FailureReason != run.MissingDependency || !strings.Contains(a.Message, "host") {
		t.Errorf("b ended as %s: %s", a.FailureReason, a.Message)
	}
	must(t, w.Do(config.Act{Do: "retry", Steps: []string{"a"}}))
	left.Status, left.Reason = "success", ""
	must(t, w.End([]string{"a"}, left))
	must(t, w.Do(config.Act{Do: "retry", Steps: []string{"b"}}))
	must(t, w.End([]string{"b"}, well))
	w.wants(t, "a success, b success")
	if got := w.given[1].With["url"]; got != "http://h/" {
		t.Errorf("b got %v", got)
	}
}

// Of the cells of a matrix those are meant for which there is something to do, as
// the daemon has it.
func TestAnActOfAMatrixIsOfTheCellsThatItFits(t *testing.T) {
	cells := func(keys string) *World {
		return begin(t, `
name = "p"
[[stage]]
name = "s"
  [[stage.step]]
  name = "t"
  uses = "shell"
  parallel = 3
  `+keys)
	}
	w := cells(`when = "manual"
  allow_failure = false`)
	must(t, w.Do(config.Act{Do: "play", Steps: []string{"t@1", "t@1"}}))
	must(t, w.Do(config.Act{Do: "play", Steps: []string{"t"}}))
	w.wants(t, "t 1/3 pending, t 2/3 pending, t 3/3 pending")
	must(t, w.End([]string{"t@1"}, well))
	must(t, w.Do(config.Act{Do: "cancel", Steps: []string{"t"}}))
	w.wants(t, "t 1/3 success, t 2/3 canceled, t 3/3 canceled")
	if err := w.Do(config.Act{Do: "play", Steps: []string{"t"}}); err == nil {
		t.Error("no cell can be played, and nobody said so")
	}
	must(t, w.Do(config.Act{Do: "retry", Steps: []string{"t@3"}}))
	must(t, w.Do(config.Act{Do: "retry", Steps: []string{"t"}}))
	w.wants(t, "t 1/3 pending, t 2/3 pending, t 3/3 pending")

	w = cells(`when = "delayed"
  start_in = "1h"`)
	must(t, w.Do(config.Act{Do: "play", Steps: []string{"t@2"}}))
	must(t, w.Do(config.Act{Do: "unschedule", Steps: []string{"t"}}))
	w.wants(t, "t 1/3 manual, t 2/3 pending, t 3/3 manual")
	must(t, w.Do(config.Act{Do: "cancel", Steps: []string{"t"}}))
	w.wants(t, "t 1/3 manual, t 2/3 canceled, t 3/3 manual")
}

// A step can fail without an attempt, and by something else than its newest one:
// a test is told what the daemon tells.
func TestTheReasonOfAFailureIsTheSteps(t *testing.T) {
	w := begin(t, `
name = "p"
[[stage]]
name = "s"
  [[stage.step]]
  name = "b"
  uses = "shell"
  waiting_timeout = "90s"
  retry = { max = 1, delay = "10s" }
  [[stage.step]]
  name = "a"
  uses = "shell"
  [[stage.step]]
  name = "c"
  uses = "shell"
  waiting_timeout = "5s"
`)
	must(t, w.Play([]config.Script{scripted("a", takes(time.Hour, well)), scripted("b", ill)}, 1))
	must(t, w.Finish())
	j := judge{World: w}
	for i, want := range []run.FailureReason{run.StuckOrTimeout, "no failure", run.StuckOrTimeout} {
		if got := j.reason(i).word; got != string(want) {
			t.Errorf("%s: %q, want %q", w.plan.Steps[i].Name, got, want)
		}
	}
	if got := j.standing(2).String(); got != "failed (stuck_or_timeout)" {
		t.Errorf("c is %s", got)
	}
}

func TestThereCanBeNothingToTryAgain(t *testing.T) {
	w := begin(t, house)
	must(t, w.End([]string{"compile", "lint"}, well))
	before := w.sight()
	must(t, w.Do(config.Act{Do: "retry"}))
	w.wants(t, before)
}

func TestWhyNamesTheCauses(t *testing.T) {
	w := begin(t, house)
	must(t, w.End([]string{"compile"}, ill))
	must(t, w.End([]string{"lint"}, well))
	for name, want := range map[string]string{"unit": "test/unit skipped", "": "house/1 failed"} {
		got, err := w.Why(name)
		if err != nil || got.Subject+" "+got.Status != want || len(got.Causes) != 1 || got.Causes[0].Subject != "build/compile" {
			t.Errorf("%q: %v, %+v", name, err, got)
		}
	}
	if _, err := w.Why("nobody"); err == nil {
		t.Error("nobody has a reason")
	}
}

// picture is all that can be known of a world.
func picture(t interface{ Fatal(...any) }, w *World) string {
	steps, err := json.Marshal([]any{w.run.State, w.run.Steps, w.given, w.now})
	if err != nil {
		t.Fatal(err)
	}
	return string(steps)
}

// TestUndoBringsTheWorldBack does something random to a random world, takes it
// back and finds everything as it was.
func TestUndoBringsTheWorldBack(t *testing.T) {
	pipelines := houses(t)
	rapid.Check(t, func(t *rapid.T) {
		w, err := Begin(rapid.SampledFrom(pipelines).Draw(t, "pipeline"), config.Start{At: noon})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 25).Draw(t, "deeds") {
			before := picture(t, w)
			if interfere(t, w) != nil {
				if picture(t, w) != before {
					t.Fatalf("what was refused changed the world")
				}
				continue
			}
			after := picture(t, w)
			if !w.Undo() || picture(t, w) != before {
				t.Fatalf("after undo the world is\n%s\nand was\n%s", picture(t, w), before)
			}
			w.deeds = w.deeds[:len(w.deeds):len(w.deeds)]
			if again(w) != nil || picture(t, w) != after {
				t.Fatalf("done again the world is\n%s\nand was\n%s", picture(t, w), after)
			}
		}
	})
}

// again is the last thing that interfere did.
var again func(*World) error

// interfere does something that may or may not fit.
func interfere(t *rapid.T, w *World) error {
	name := []string{rapid.SampledFrom([]string{"compile", "lint", "unit", "deploy", "look"}).Draw(t, "step")}
	word := rapid.SampledFrom([]string{"begin", "well", "ill", "wait", "play", "retry", "cancel", "pause", "resume", "enqueue", "unschedule", "whole"}).Draw(t, "deed")
	wait := time.Duration(rapid.IntRange(0, 4000).Draw(t, "wait")) * time.Second
	again = func(w *World) error {
		switch word {
		case "begin":
			return w.Begin(name)
		case "well":
			return w.End(name, well)
		case "ill":
			return w.End(name, ill)
		case "wait":
			return w.Wait(wait)
		case "whole":
			return w.Do(config.Act{Do: "retry"})
		}
		return w.Do(config.Act{Do: word, Steps: name, Actor: "ann"})
	}
	return again(w)
}

func TestEventsComeInTheOrderOfWhatHappened(t *testing.T) {
	w := begin(t, house)
	var seen []string
	w.observe = func(ev run.Event, _ run.Change) { seen = append(seen, fmt.Sprintf("%T", ev)) }
	must(t, w.Begin([]string{"compile"}))
	must(t, w.Do(config.Act{Do: "cancel"}))
	if got := strings.Join(seen, " "); got != "run.Begin run.Cancel run.Ended" {
		t.Errorf("seen %s", got)
	}
}

func TestAStepThatWorksAgainDoesNotTakeBackItsOutputs(t *testing.T) {
	w := begin(t, `name = "p"
type = "dynamic"
[[stage]]
name = "one"
step = [{ name = "a", uses = "shell" }]
[[stage]]
name = "two"
step = [{ name = "b", uses = "http", when = "manual", with = { url = "http://{{ steps.a.outputs.host }}/" } }]
`)
	must(t, w.End([]string{"a"}, config.Outcome{Status: "success", Outputs: map[string]string{"host": "db"}}))
	must(t, w.Do(config.Act{Do: "retry", Steps: []string{"a"}}))
	must(t, w.Begin([]string{"a"}))
	must(t, w.Do(config.Act{Do: "play", Steps: []string{"b"}}))
	must(t, w.Begin([]string{"b"}))
	if url := w.Given(1).With["url"]; url != "http://db/" {
		t.Errorf("b gets %v", url)
	}
}
