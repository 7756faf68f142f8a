package simulation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
)

// scripted is a script of one step.
func scripted(step string, outcomes ...config.Outcome) config.Script {
	return config.Script{Step: step, Outcomes: outcomes}
}

func takes(d time.Duration, o config.Outcome) config.Outcome {
	o.Duration = d
	return o
}

// diary is when each attempt of a run began and ended, in seconds.
func (w *World) diary() string {
	var lines []string
	for i := range w.run.Steps {
		for k := range w.run.Steps[i].Attempts {
			a := &w.run.Steps[i].Attempts[k]
			lines = append(lines, fmt.Sprintf("%s %v-%v %s", w.plan.Steps[i].Name,
				a.DecidedAt.Sub(w.began).Seconds(), a.FinishedAt.Sub(w.began).Seconds(), a.Status))
		}
	}
	return strings.Join(lines, ", ")
}

// A step that is canceled while it waits for a place and tried again stands where
// max_parallel puts it; its former turn is nobody's.
func TestATurnThatWasGivenUpIsNotTaken(t *testing.T) {
	w := begin(t, `name = "p"
[[stage]]
name = "s"
step = [{ name = "a", uses = "shell" }, { name = "b", uses = "shell", parallel = 2, max_parallel = 1 }]
`)
	must(t, w.Play(nil, 1))
	must(t, w.Until(noon.Add(second/2)))
	must(t, w.Do(config.Act{Do: "cancel", Steps: []string{"b@1"}}))
	must(t, w.Do(config.Act{Do: "retry", Steps: []string{"b@1"}}))
	must(t, w.Finish())
	if got, want := w.diary(), "a 0-1 success, b 1/2 2-3 success, b 2/2 1-2 success"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAStoryTellsItself(t *testing.T) {
	const three = `name = "three"
timeout = "1m"
[[stage]]
name = "one"
step = [{ name = "a", uses = "shell" }, { name = "b", uses = "shell" }, { name = "c", uses = "shell" }]
[[stage]]
name = "two"
step = [{ name = "d", uses = "shell", timeout = "5s", retry = { max = 1, delay = "2s" } }]
`
	for _, c := range []struct {
		name    string
		scripts []config.Script
		places  int
		want    string
		status  run.Status
	}{
		{"each step succeeds after a second", nil, 0,
			"a 0-1 success, b 0-1 success, c 0-1 success, d 1-2 success", run.Success},
		{"there are places for two", nil, 2,
			"a 0-1 success, b 0-1 success, c 1-2 success, d 2-3 success", run.Success},
		{"they work for as long as they say",
			[]config.Script{scripted("a", takes(3*time.Second, well)), scripted("b", takes(2*time.Second, ill))}, 1,
			"a 0-3 success, b 3-5 failed, c 5-6 success", run.Failed},
		{"what fails is tried again",
			[]config.Script{scripted("d", takes(time.Second, ill), takes(4*time.Second, well))}, 0,
			"a 0-1 success, b 0-1 success, c 0-1 success, d 1-2 failed, d 4-8 success", run.Success},
		{"the last outcome is that of all further attempts",
			[]config.Script{scripted("d", takes(time.Second, ill))}, 0,
			"a 0-1 success, b 0-1 success, c 0-1 success, d 1-2 failed, d 4-5 failed", run.Failed},
		{"a step has its timeout",
			[]config.Script{scripted("d", takes(time.Hour, well))}, 0,
			"a 0-1 success, b 0-1 success, c 0-1 success, d 1-6 failed, d 8-13 failed", run.Failed},
		{"a run has its timeout",
			[]config.Script{scripted("a", takes(59*time.Second, well)), scripted("d", takes(4*time.Second, well))}, 0,
			"a 0-59 success, b 0-1 success, c 0-1 success, d 59-60 failed", run.Failed},
		{"what ends just then has ended before its run's timeout",
			[]config.Script{scripted("a", takes(time.Minute, well))}, 0,
			"a 0-60 success, b 0-1 success, c 0-1 success, d 60-60 failed", run.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := begin(t, three)
			must(t, w.Play(c.scripts, c.places))
			must(t, w.Finish())
			if got := w.diary(); got != c.want || w.run.State.Status != c.status {
				t.Errorf("got  %s: %s\nwant %s: %s", got, w.run.State.Status, c.want, c.status)
			}
		})
	}
}

func TestWhatIsSaidOfACellGoesBeforeItsMatrix(t *testing.T) {
	const cells = "name = \"cells\"\n[[stage]]\nname = \"one\"\nstep = [{ name = \"a\", uses = \"shell\", parallel = 2 }]\n"
	all, one := scripted("a", takes(3*time.Second, well)), scripted("a@2", takes(2*time.Second, ill))
	for _, scripts := range [][]config.Script{{all, one}, {one, all}} {
		w := begin(t, cells)
		must(t, w.Play(scripts, 0))
		must(t, w.Finish())
		if got, want := w.diary(), "a 1/2 0-3 success, a 2/2 0-2 failed"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPeopleActAfterWhatEndsAtTheSameMoment(t *testing.T) {
	w := begin(t, house)
	must(t, w.Play(nil, 0))
	must(t, w.Until(noon.Add(time.Second)))
	w.wants(t, "compile success, lint success, unit running, deploy manual, look created")
	must(t, w.Do(config.Act{Do: "play", Steps: []string{"deploy"}}))
	must(t, w.Until(noon.Add(time.Second)))
	w.wants(t, "compile success, lint success, unit running, deploy running, look created")
	must(t, w.Finish())
	if got, want := w.diary(), "compile 0-1 success, lint 0-1 success, unit 1-2 success, deploy 1-2 success, look 3602-3603 success"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if elapsed := w.last.Sub(w.began); elapsed != 3603*time.Second {
		t.Errorf("elapsed are %v", elapsed)
	}
}

func TestACanceledAttemptLeavesItsPlace(t *testing.T) {
	w := begin(t, house)
	must(t, w.Play([]config.Script{scripted("compile", takes(time.Hour, well))}, 1))
	must(t, w.Until(noon.Add(5*time.Second)))
	w.wants(t, "compile running, lint pending, unit created, deploy created, look created")
	must(t, w.Do(config.Act{Do: "cancel", Steps: []string{"compile"}}))
	must(t, w.Finish())
	if got, want := w.diary(), "compile 0-5 canceled, lint 5-6 success"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if elapsed := w.last.Sub(w.began); elapsed != 6*time.Second {
		t.Errorf("elapsed are %v", elapsed)
	}
}

func TestAScriptOfNobodyIsAnError(t *testing.T) {
	if err := begin(t, house).Play([]config.Script{scripted("compil")}, 0); err == nil || !strings.Contains(err.Error(), "did you mean") {
		t.Errorf("got %v", err)
	}
}

// TestAStoryIsTheSameEachTime plays random stories twice: they come to rest, at
// no time more steps work than there are places, the clock never goes back, and
// the second is the first.
func TestAStoryIsTheSameEachTime(t *testing.T) {
	pipelines := houses(t)
	rapid.Check(t, func(t *rapid.T) {
		pipeline := rapid.SampledFrom(pipelines).Draw(t, "pipeline")
		outcomes := rapid.SliceOfN(rapid.Custom(drawOutcome), 1, 3)
		var scripts []config.Script
		for _, step := range []string{"compile", "lint", "unit", "deploy", "look"} {
			scripts = append(scripts, config.Script{Step: step, Outcomes: outcomes.Draw(t, step)})
		}
		places := rapid.IntRange(0, 2).Draw(t, "places")
		acts := rapid.SliceOfN(rapid.Custom(drawAct), 0, 6).Draw(t, "acts")
		first := playOut(t, pipeline, scripts, places, acts)
		if second := playOut(t, pipeline, scripts, places, acts); first != second {
			t.Fatalf("first\n%s\nthen\n%s", first, second)
		}
	})
}

func drawOutcome(t *rapid.T) config.Outcome {
	o := rapid.SampledFrom([]config.Outcome{well, well, ill, {Status: "canceled"}}).Draw(t, "outcome")
	o.Duration = time.Duration(rapid.IntRange(1, 20).Draw(t, "seconds")) * time.Second
	return o
}

func drawAct(t *rapid.T) config.Act {
	a := config.Act{At: time.Duration(rapid.IntRange(0, 30).Draw(t, "at")) * time.Second}
	a.Do = rapid.SampledFrom([]string{"play", "retry", "cancel", "unschedule", "pause", "resume"}).Draw(t, "do")
	a.Steps = []string{rapid.SampledFrom([]string{"compile", "lint", "unit", "deploy", "look"}).Draw(t, "of")}
	return a
}

func playOut(t *rapid.T, p *config.Pipeline, scripts []config.Script, places int, acts []config.Act) string {
	w, err := Begin(p, config.Start{At: noon})
	if err != nil {
		t.Fatal(err)
	}
	now, history := w.Now(), w.Record()
	w.observe = func(ev run.Event, _ run.Change) {
		working := 0
		for i := range w.run.Steps {
			if w.run.Steps[i].Status == run.Running {
				working++
			}
		}
		if places > 0 && working > places {
			t.Fatalf("%d steps work in %d places after %T", working, places, ev)
		}
		for group, steps := range w.groups {
			held := slices.DeleteFunc(slices.Clone(steps), func(i int) bool { return !policy.Holds(w.run.Steps[i].Status) })
			if len(held) > 1 {
				t.Fatalf("%v have %s after %T", held, group, ev)
			}
		}
		if w.Now().Before(now) {
			t.Fatalf("after %v it is %v", now, w.Now())
		}
		now = w.Now()
	}
	if err := w.Play(scripts, places); err != nil {
		t.Fatal(err)
	}
	at := noon
	for _, a := range acts {
		at = at.Add(a.At)
		if err := w.Until(at); err != nil {
			t.Fatal(err)
		}
		_ = w.Do(a) // many do not fit
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	rested(t, w)
	checkHistory(t, w, history)
	return picture(t, w)
}

// rested: nothing of the run is left that would go on by itself.
func rested(t *rapid.T, w *World) {
	for i := range w.run.Steps {
		switch s := w.run.Steps[i].Status; s {
		case run.Pending, run.Running, run.Canceling, run.Scheduled, run.WaitingForResource:
			t.Fatalf("at rest %s is %s", w.plan.Steps[i].Name, s)
		}
	}
	if w.script.busy != 0 {
		t.Fatalf("at rest %d places are taken", w.script.busy)
	}
}

// moves are the ways from status to status that a step may go.
var moves = map[run.Status][]run.Status{
	run.Created:            {run.WaitingForResource, run.Pending, run.Manual, run.Scheduled, run.Skipped, run.Canceled},
	run.WaitingForResource: {run.Pending, run.Failed, run.Canceled, run.Skipped},
	run.Pending:            {run.Running, run.Failed, run.Canceled, run.Skipped},
	run.Running:            {run.Success, run.Failed, run.Canceled, run.Canceling, run.Scheduled, run.Pending, run.WaitingForResource},
	run.Canceling:          {run.Canceled, run.Failed},
	run.Scheduled:          {run.WaitingForResource, run.Pending, run.Manual, run.Failed, run.Canceled, run.Skipped},
	run.Manual:             {run.WaitingForResource, run.Pending, run.Created, run.Canceled},
	run.Success:            {run.WaitingForResource, run.Pending},
	run.Failed:             {run.WaitingForResource, run.Pending},
	run.Canceled:           {run.WaitingForResource, run.Pending},
	run.Skipped:            {run.Created, run.WaitingForResource, run.Pending},
}

// checkHistory: each step went only where it may go, and history ends where the
// run stands.
func checkHistory(t *rapid.T, w *World, h *History) {
	for i := range w.plan.Steps {
		was := h.Steps[w.plan.Key(i)]
		for k := 1; k < len(was); k++ {
			if !slices.Contains(moves[was[k-1]], was[k]) {
				t.Fatalf("%s went from %s to %s: %v", w.plan.Steps[i].Name, was[k-1], was[k], was)
			}
		}
		if was[len(was)-1] != w.run.Steps[i].Status {
			t.Fatalf("%s is %s, its history is %v", w.plan.Steps[i].Name, w.run.Steps[i].Status, was)
		}
	}
	for i, stage := range w.plan.Stages {
		if was := h.Stages[stage.Name]; was[len(was)-1] != w.run.StageStatus(i) {
			t.Fatalf("stage %s is %s, its history is %v", stage.Name, w.run.StageStatus(i), was)
		}
	}
	if h.Run[len(h.Run)-1] != w.run.State.Status {
		t.Fatalf("the run is %s, its history is %v", w.run.State.Status, h.Run)
	}
}
