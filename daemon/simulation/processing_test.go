package simulation

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
)

// expect is how a run stands at one moment of a case.
type expect struct {
	Run    string            `json:"run"`
	Stages map[string]string `json:"stages"`
	Steps  map[string]string `json:"steps"`
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

// TestRunsAreProcessedAsGitLabDoes plays all cases: there is none in which this
// project decides otherwise.
func TestRunsAreProcessedAsGitLabDoes(t *testing.T) {
	dirs, err := filepath.Glob("testdata/processing/*")
	if err != nil || len(dirs) < 28 {
		t.Fatalf("only %d cases: %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { playCase(t, dir) })
	}
}

func playCase(t *testing.T, dir string) {
	source, err := config.ParsePipeline("pipeline.toml", read(t, filepath.Join(dir, "pipeline.toml")))
	if err != nil {
		t.Fatal(err)
	}
	var c processing
	if err := json.Unmarshal(read(t, filepath.Join(dir, "case.json")), &c); err != nil {
		t.Fatal(err)
	}
	w, err := Begin(&source.Pipeline, config.Start{Source: "command", At: noon})
	if err != nil {
		t.Fatal(err)
	}
	check(t, "init", w, c.Init)
	for i, tr := range c.Transitions {
		if err := happen(w, tr.Event, tr.Steps); err != nil {
			t.Fatalf("transition %d: %v", i+1, err)
		}
		check(t, tr.Event, w, tr.Expect)
	}
}

// happen is an event of a case in the words of a world.
func happen(w *World, event string, steps []string) error {
	switch event {
	case "run":
		return w.Begin(steps)
	case "success":
		return w.End(steps, config.Outcome{Status: "success"})
	case "drop":
		return w.End(steps, config.Outcome{Status: "failed", Reason: "script_failure"})
	}
	return w.Do(config.Act{Do: event, Steps: steps})
}

func check(t *testing.T, when string, w *World, want expect) {
	t.Helper()
	got := expect{Run: w.Run().Status, Stages: map[string]string{}, Steps: map[string]string{}}
	for _, stage := range w.Run().Stages {
		got.Stages[stage.Name] = stage.Status
		for _, step := range stage.Steps {
			got.Steps[step.Name] = step.Status
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("after %s\ngot  %+v\nwant %+v", when, got, want)
	}
}

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
