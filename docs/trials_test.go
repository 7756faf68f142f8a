package docs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
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
