package render

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/penstock/penstock/rpc"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with testdata/name.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s is now\n%s\nwant\n%s", path, text, want)
	}
}

// noon is the present of every sample.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func before(d time.Duration) time.Time { return noon.Add(-d) }

func at(d time.Duration) *time.Time { t := before(d); return &t }

func number(n int) *int { return &n }

func took(s float64) *float64 { return &s }

func plainStyle() Style { return Style{Now: noon, Zone: time.UTC} }

func colourStyle() Style { return Style{Now: noon, Zone: time.UTC, Colour: true} }

func summaries() []rpc.RunSummary {
	return []rpc.RunSummary{
		{Name: "nightly/42", ID: 1007, Number: 42, Pipeline: "nightly", Revision: 3, Status: "running",
			Cause: rpc.Cause{Source: "command", Actor: "alice", Note: "after the\nmove"}, CreatedAt: before(2 * time.Minute), StartedAt: at(95 * time.Second), Duration: took(95)},
		{Name: "nightly/41", ID: 1001, Number: 41, Pipeline: "nightly", Revision: 3, Status: "success", Warnings: true,
			Cause: rpc.Cause{Source: "command", Actor: "uid 1000"}, CreatedAt: before(26 * time.Hour), StartedAt: at(26 * time.Hour), FinishedAt: at(25 * time.Hour), Duration: took(3600)},
		{Name: "备份/7", ID: 12, Number: 7, Pipeline: "备份", Revision: 1, Status: "failed",
			Cause: rpc.Cause{Source: "pipeline", Upstream: &rpc.Upstream{ID: 11, Name: "build/7/deploy/start/1"}}, CreatedAt: before(30 * 24 * time.Hour)},
	}
}

func sampleStages() []rpc.RunStage {
	return []rpc.RunStage{
		{Name: "dump", Status: "success", Steps: []rpc.RunStep{
			{Name: "dump", Uses: "shell", Status: "success", Outputs: map[string]string{"size": "120", "dir": "a\x1b[2Jb"},
				Attempts: []rpc.RunAttempt{
					{Number: 1, Status: "failed", FailureReason: "script_failure", ExitCode: number(1), StartedAt: at(95 * time.Second), FinishedAt: at(90 * time.Second)},
					{Number: 2, Status: "success", ExitCode: number(0), StartedAt: at(90 * time.Second), FinishedAt: at(86 * time.Second)}}},
		}},
		{Name: "store", Status: "running", Steps: []rpc.RunStep{
			{Name: "upload", Uses: "http", Status: "running", Attempts: []rpc.RunAttempt{{Number: 1, Status: "running", StartedAt: at(80 * time.Second)}}},
			{Name: "lint", Uses: "shell", Status: "failed", AllowFailure: true, Attempts: []rpc.RunAttempt{
				{Number: 1, Status: "failed", FailureReason: "script_failure", ExitCode: number(2), Message: "exit status 2\nsee above",
					StartedAt: at(80 * time.Second), FinishedAt: at(79 * time.Second), Leftovers: []string{"pid 12 sleep 600"}}}},
			{Name: "check", Uses: "shell", Status: "failed", Attempts: []rpc.RunAttempt{
				{Number: 1, Status: "failed", FailureReason: "step_timeout", StartedAt: at(80 * time.Second), FinishedAt: at(20 * time.Second)}}},
		}},
		{Name: "notify", Status: "created", Steps: []rpc.RunStep{
			{Name: "mail", Uses: "http", Status: "created"},
		}},
	}
}

func sampleRun() rpc.Run {
	return rpc.Run{RunSummary: summaries()[0], Message: "canceled by bob: wrong branch", Sequence: 9, Stages: sampleStages()}
}
