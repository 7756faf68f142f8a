package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/penstock/penstock/ctl"
	"github.com/penstock/penstock/daemon/simulation"
)

// processing is where GitLab's cases of job processing lie.
const processing = "../../daemon/simulation/testdata/processing"

// TestSimulateProcessesRunsAsGitLabDoes gives each case to the command as it
// is, and compares what it prints with what the case expects.
func TestSimulateProcessesRunsAsGitLabDoes(t *testing.T) {
	dirs, err := filepath.Glob(processing + "/*")
	if err != nil || len(dirs) < 28 {
		t.Fatalf("only %d cases: %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			file := filepath.Join(dir, "case.json")
			got, want := simulated(t, filepath.Join(dir, "pipeline.toml"), file), expected(t, file)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
		})
	}
}

func simulated(t *testing.T, pipeline, events string) (states []any) {
	var stdout, stderr bytes.Buffer
	code := ctl.Main(context.Background(), ctl.Process{
		Args:   []string{"simulate", pipeline, "--events", events, "-o", "json"},
		Stdout: &stdout, Stderr: &stderr, Simulate: simulate, Test: simulation.Test,
	})
	if code != ctl.ExitOK {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), &states); err != nil {
		t.Fatal(err)
	}
	return states
}

// expected is what a case has in its init and in each of its transitions.
func expected(t *testing.T, file string) []any {
	var c struct {
		Init        any
		Transitions []struct{ Expect any }
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	states := []any{c.Init}
	for _, tr := range c.Transitions {
		states = append(states, tr.Expect)
	}
	return states
}
