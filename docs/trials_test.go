package docs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl"
	"github.com/penstock/penstock/daemon/simulation"
)

func TestTheTestsOfTheExamplesPass(t *testing.T) {
	files, err := filepath.Glob("examples/*.test.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	for _, file := range files {
		playTests(t, file, read(t, strings.TrimSuffix(file, ".test.toml")+".toml"), read(t, file))
	}
}

// playTests plays tests of a pipeline.
func playTests(t *testing.T, place, pipeline, tests string) {
	t.Helper()
	source, err := config.ParsePipeline(place, []byte(pipeline))
	if err != nil {
		t.Fatal(err)
	}
	all, err := config.ParseTests(place, []byte(tests))
	if err != nil {
		t.Fatal(err)
	}
	for i := range all.Tests {
		for _, d := range simulation.Test(&source.Pipeline, &all.Tests[i]) {
			t.Errorf("%s:%d:%d: %s: want %s, got %s", place, d.Line, d.Column, d.Path, d.Want, d.Got)
		}
	}
}

// playWalk walks through a run of a pipeline: what stands behind > is typed,
// all else is what must be shown.
func playWalk(t *testing.T, pipeline, walk string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nightly.toml")
	if err := os.WriteFile(file, []byte(pipeline), 0o600); err != nil {
		t.Fatal(err)
	}
	typed, shown := "", ""
	for line := range strings.Lines(walk) {
		if what, ok := strings.CutPrefix(line, "> "); ok {
			typed += what
		} else {
			shown += line
		}
	}
	var stdout, stderr bytes.Buffer
	ctl.Main(t.Context(), ctl.Process{
		Args:  []string{"simulate", file, "--at", "2026-03-01T00:00:00Z"},
		Stdin: strings.NewReader(typed), Stdout: &stdout, Stderr: &stderr,
		Simulate: func(p *config.Pipeline, s config.Start) (ctl.Simulation, error) { return simulation.Begin(p, s) },
	})
	if stdout.String() != shown {
		t.Errorf("the walk shows\n%s%s\nthe manual has\n%s", &stdout, &stderr, shown)
	}
}
