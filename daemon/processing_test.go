package daemon

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/run"
)

// expect is how a run stands at one moment of a case.
type expect struct {
	Run    run.Status            `json:"run"`
	Stages map[string]run.Status `json:"stages"`
	Steps  map[string]run.Status `json:"steps"`
}

// processing is a case of how GitLab processes a pipeline, in our file format.
type processing struct {
	Init        expect `json:"init"`
	Transitions []struct {
		Event  string   `json:"event"`
		Steps  []string `json:"steps"`
		Expect expect   `json:"expect"`
	} `json:"transitions"`
}

// TestRunsAreProcessedAsGitLabDoes plays the cases without manual steps and
// auto_cancel, as far as they use no retry.
func TestRunsAreProcessedAsGitLabDoes(t *testing.T) {
	dirs, err := filepath.Glob("testdata/processing/*")
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "pipeline.toml"))
		if err != nil {
			t.Fatal(err)
		}
		source, err := config.ParsePipeline("pipeline.toml", text)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"manual"`) || strings.Contains(string(text), "auto_cancel") {
			continue // daemon/run does not have them yet
		}
		played++
		t.Run(filepath.Base(dir), func(t *testing.T) { playCase(t, dir, planOf(&source.Pipeline)) })
	}
	if played != 15 {
		t.Errorf("only %d of %d cases could be played", played, len(dirs))
	}
}

func playCase(t *testing.T, dir string, plan run.Plan) {
	text, err := os.ReadFile(filepath.Join(dir, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c processing
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	plan.Pipeline, plan.Number = "case", 1
	now := time.Unix(1_700_000_000, 0)
	r, _ := run.New(&plan, now, false)
	check(t, "init", r, c.Init)
	for i, tr := range c.Transitions {
		for _, name := range tr.Steps {
			if !play(t, r, tr.Event, name, now) {
				t.Skipf("transition %d is a %s, which comes later", i, tr.Event)
			}
		}
		check(t, tr.Event, r, tr.Expect)
	}
}

// play makes one step go through an event of a case; it answers false to one
// that there is no such thing for yet.
func play(t *testing.T, r *run.Run, event, name string, now time.Time) bool {
	t.Helper()
	i := 0
	for r.Plan.Steps[i].Name != name {
		i++
	}
	apply := func(ev run.Event) {
		if _, err := r.Apply(ev); err != nil {
			t.Fatalf("%s of %s: %v", event, name, err)
		}
	}
	outcome := map[string]run.Outcome{
		"success": {Status: run.Success}, "cancel": {Status: run.Canceled},
		"drop": {Status: run.Failed, FailureReason: run.ScriptFailure},
	}
	if r.Steps[i].Status == run.Pending && event != "enqueue" {
		apply(run.Begin{Step: i, At: now})
	}
	if o, ok := outcome[event]; ok {
		apply(run.Ended{Step: i, Attempt: len(r.Steps[i].Attempts), At: now, Outcome: o})
		return true
	}
	return event == "run"
}

func check(t *testing.T, when string, r *run.Run, want expect) {
	t.Helper()
	if r.State.Status != want.Run {
		t.Errorf("after %s the run is %s, want %s", when, r.State.Status, want.Run)
	}
	for i := range r.Plan.Stages {
		if name := r.Plan.Stages[i].Name; r.StageStatus(i) != want.Stages[name] {
			t.Errorf("after %s stage %s is %s, want %s", when, name, r.StageStatus(i), want.Stages[name])
		}
	}
	for i := range r.Steps {
		if name := r.Plan.Steps[i].Name; r.Steps[i].Status != want.Steps[name] {
			t.Errorf("after %s step %s is %s, want %s", when, name, r.Steps[i].Status, want.Steps[name])
		}
	}
}
