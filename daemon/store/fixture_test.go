package store

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/penstock/penstock/daemon/run"
)

var makeFixture = flag.Bool("fixture", false, "make the fixture of the current schema anew")

const fixture = "testdata/schema-1"

var planStep = run.Step{Status: run.Running, Sequence: 3, Attempts: []run.Attempt{{Number: 1, Status: run.Running, BootID: "boot", DecidedAt: instant}}}

// kept is what the fixture holds; the records spell out every field.
type kept struct {
	pipeline Pipeline
	revision Revision
	runs     []Run
	plans    []run.Plan
	steps    []run.Step // of the first run
}

func fixtureContents() kept {
	one, later := 1, instant.Add(time.Minute)
	plan := run.Plan{
		RunID: 1, Pipeline: "nightly", Number: 1, Workspace: run.WorkspaceStep, Environment: map[string]string{"A": "plan"},
		Stages: []run.PlanStage{{Name: "build", Serial: true, Environment: map[string]string{"A": "stage"}}},
		Steps: []run.PlanStep{
			{Name: "compile", Uses: "shell", With: map[string]any{"script": "make"}, Environment: map[string]string{"A": "step"}, Dir: "src", Timeout: time.Minute},
			{Name: "notify", Uses: "http", When: run.OnFailure, AllowFailure: true, HasNeeds: true, Needs: []int{0}},
		},
	}
	second := plan
	second.RunID, second.Number = 2, 2
	return kept{
		pipeline: Pipeline{ID: 1, Name: "nightly", Revision: 1, LastNumber: 2, CreatedAt: instant},
		revision: Revision{Revision: 1, Text: "name = \"nightly\"\n", AppliedAt: instant, AppliedBy: "ann", Note: "first", Description: "d", Stages: 1, Steps: 2},
		plans:    []run.Plan{plan, second},
		runs: []Run{{
			ID: 1, Pipeline: 1, Number: 1, Revision: 1, Cause: Cause{Source: "command", Actor: "ann", UID: 7, Note: "try"},
			State: run.State{
				Status: run.Failed, Warnings: true, Sequence: 9, CreatedAt: instant, StartedAt: instant,
				FinishedAt: later, Busy: time.Minute,
			},
		}, {
			ID: 2, Pipeline: 1, Number: 2, Revision: 1, Cause: Cause{Source: "command", UID: 7},
			State: run.State{
				Status: run.Canceling, Sequence: 4, CreatedAt: instant, StartedAt: instant, BusySince: instant,
				Cancel: &run.Cancellation{At: later, Actor: "bob", Note: "enough", Force: true},
			},
		}},
		steps: []run.Step{
			{Status: run.Failed, Sequence: 5, Attempts: []run.Attempt{{
				Number: 1, Status: run.Failed, BootID: "boot", DecidedAt: instant, StartedAt: instant, FinishedAt: later,
				FailureReason: run.ScriptFailure, ExitCode: &one, Message: "exit status 1", Plugin: "1.0 sha256:00",
				Leftovers: []string{"sleep"}, Outputs: map[string]string{"k": "v"},
				Log: &run.Log{Size: 9, GapStart: 3, GapSize: 2, Lines: 1, SHA256: "00", Stored: 20, Problem: "disk"},
			}}},
			{Status: run.Failed, Sequence: 9, Attempts: []run.Attempt{{Number: 1, Status: run.Failed, FailureReason: run.Lost, Log: &run.Log{}}}},
		},
	}
}

// TestTheFixtureOfSchema1Opens holds the layout and the encoding to what was
// once written. Where it fails, stores that people have cannot be read any
// more: that needs another schema and a migration, not another fixture.
func TestTheFixtureOfSchema1Opens(t *testing.T) {
	if *makeFixture {
		writeFixture(t)
	}
	dir, want := t.TempDir(), fixtureContents()
	check(t, os.CopyFS(dir, os.DirFS(fixture)))
	v := openStore(t, dir).View()
	defer v.Close()
	pipeline, err := v.PipelineNamed("nightly")
	check(t, err)
	revision, err := v.Revision(1, 1)
	check(t, err)
	steps, err := v.steps(1)
	check(t, err)
	same(t, "pipeline", pipeline, want.pipeline)
	same(t, "revision", revision, want.revision)
	same(t, "steps", []run.Step{steps[0], steps[1]}, want.steps)
	for i, wanted := range want.runs {
		record, err := v.RunNumbered(1, uint64(i+1))
		check(t, err)
		plan, err := v.Plan(record.ID)
		check(t, err)
		same(t, "run", record, wanted)
		same(t, "plan", *plan, want.plans[i])
	}
	checkIndexes(t, v)
}

func checkIndexes(t *testing.T, v *View) {
	t.Helper()
	meta, err := v.Meta()
	check(t, err)
	live, err := v.Live()
	check(t, err)
	request, err := v.Request("key")
	check(t, err)
	former, err := v.LastNumber("former")
	check(t, err)
	same(t, "meta", meta, Meta{LastPipeline: 2, LastRun: 2, Generation: 2, UsersMarked: true})
	same(t, "live runs", live, []uint64{2})
	same(t, "request", request, Request{Run: 2, At: instant})
	same(t, "last number of a name that was given up", former, uint64(40))
	if _, err := v.PipelineNamed("former"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the deleted pipeline: %v", err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func writeFixture(t *testing.T) {
	t.Helper()
	check(t, os.RemoveAll(fixture))
	s, err := Open(fixture, quiet)
	check(t, err)
	put(t, s, func(tx *Tx) {
		want := fixtureContents()
		tx.PutPipeline(want.pipeline)
		tx.PutRevision(1, want.revision)
		for i, record := range want.runs {
			tx.CreateRun(record, &want.plans[i])
		}
		for i, step := range want.steps {
			tx.PutStep(1, i, step)
		}
		tx.EndRun(1)
		tx.PutRequest("key", Request{Run: 2, At: instant})
		check(t, tx.DeletePipeline(Pipeline{ID: 2, Name: "former", LastNumber: 40}))
		tx.PutMeta(Meta{LastPipeline: 2, LastRun: 2, Generation: s.Meta.Generation})
	})
	check(t, s.Close())
	// A megabyte of zeros that Badger makes again.
	check(t, os.Remove(filepath.Join(fixture, "DISCARD")))
}
