package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/penstock/penstock/rpc"
)

func pretended(run, build, test string) *rpc.Run {
	return &rpc.Run{
		RunSummary: rpc.RunSummary{Pipeline: "pair\x1b[2J", Status: run, Warnings: run == "success"},
		Stages: []rpc.RunStage{
			{Name: "build", Status: build, Steps: []rpc.RunStep{{Name: "compile", Status: build}}},
			{Name: "test", Status: test, Steps: []rpc.RunStep{{Name: "test: [linux]", Status: test, AllowFailure: true}}},
		},
	}
}

func simulatedPages(s Style) map[string]string {
	before, after := pretended("pending", "pending", "created"), pretended("success", "success", "failed")
	frames := []Frame{{"created", before}, {"run compile\n", pretended("running", "running", "created")}, {"wait 1h", pretended("running", "running", "created")}, {"success compile", after}}
	moves := []Move{
		{"build", "compile", "pending", "success", "it ended well\x1b[2J"},
		{"test", "test: [linux]", "running", "running", ""},
	}
	report := TestReport{Seconds: 0.0123, Tests: []TestResult{}}
	report.Add(TestResult{File: "pair.test.toml", Line: 1, Name: "all is well", Passed: true})
	report.Add(TestResult{File: "pair.test.toml", Line: 5, Name: "it\nfails", Differences: []TestDifference{
		{Line: 9, Column: 3, Path: "steps.\"test: [linux]\"", Want: "success", Got: "failed (script_failure)"},
		{Line: 5, Column: 1, Want: "a run", Got: "it is refused: keep is missing\x1b[2J"},
	}})
	return map[string]string{
		"simulated": s.Simulated(after), "frames": s.Frames(frames), "moves": s.Moves(before, after, moves),
		"moves-none": s.Moves(before, before, nil), "tests": s.Tests(report),
	}
}

func TestSimulationsLookAsTheyShould(t *testing.T) {
	plain := simulatedPages(plainStyle())
	for name, text := range plain {
		golden(t, name+".txt", text)
		if strings.Contains(text, "\x1b") {
			t.Errorf("%s holds an escape character: %q", name, text)
		}
	}
	for name, text := range simulatedPages(colourStyle()) {
		golden(t, name+".colour.txt", text)
		if got := string(Harmless([]byte(text), false)); got != plain[name] {
			t.Errorf("%s without its colours is\n%s\nwant\n%s", name, got, plain[name])
		}
	}
}

func TestCellsThatChangeTogetherAreCounted(t *testing.T) {
	run := func(statuses ...string) *rpc.Run {
		stage := rpc.RunStage{Name: "test"}
		for i, status := range statuses {
			stage.Steps = append(stage.Steps, rpc.RunStep{Name: fmt.Sprintf("t %d/4", i+1), Matrix: "t", Status: status})
		}
		stage.Steps = append(stage.Steps, rpc.RunStep{Name: "lint", Status: "success"}, rpc.RunStep{Name: "doc", Status: "success"})
		return &rpc.Run{Stages: []rpc.RunStage{stage}}
	}
	before, after := run("pending", "pending", "pending", "pending"), run("failed", "pending", "success", "success")
	if got, want := plainStyle().news(nil, before), "t: 4 cells pending, lint success, doc success"; got != want {
		t.Errorf("at first %q, want %q", got, want)
	}
	if got, want := plainStyle().news(before, after), "t 1/4 failed, t: 2 cells success"; got != want {
		t.Errorf("then %q, want %q", got, want)
	}
}
