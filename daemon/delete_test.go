package daemon

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/penstock/penstock/rpc"
)

// files are what the state directory holds of a run until it is deleted.
func (h *house) files(run uint64) (all []string) {
	h.t.Helper()
	for _, pattern := range []string{"workspaces/%d", "logs/%d"} {
		found, err := filepath.Glob(filepath.Join(h.config.State, fmt.Sprintf(pattern, run)))
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

func TestARunIsDeletedWithItsFiles(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "echo kept > file; echo said"))
	kept, gone := h.perform("nightly"), h.perform("nightly")
	for _, dry := range []bool{true, false} {
		a := must[*rpc.RunDeleteResponse](t)(h.RunDelete(t.Context(), &rpc.RunDeleteRequest{Run: gone.Name, DryRun: dry}))
		if a.Run.Name != gone.Name || a.Steps != 1 || a.LogBytes == 0 {
			t.Errorf("%+v", a)
		}
		if n := len(h.files(gone.ID)); dry && n != 2 || !dry && n != 0 {
			t.Errorf("dry run %v: %v", dry, h.files(gone.ID))
		}
	}
	_, err := h.RunGet(t.Context(), &rpc.RunGetRequest{Run: gone.Name})
	refused(t, err, rpc.CodeNotFound, gone.Name)
	_, err = h.RunDelete(t.Context(), &rpc.RunDeleteRequest{Run: gone.Name})
	refused(t, err, rpc.CodeNotFound, gone.Name)
	if len(h.files(kept.ID)) != 2 || len(said(h.follow(kept.Name, "x"))) != 1 {
		t.Errorf("what was not deleted lost something: %v", h.files(kept.ID))
	}
	if r := h.perform("nightly"); r.Number != 3 {
		t.Errorf("a number was given twice: %s", r.Name)
	}
}

func TestAPipelineIsDeletedWithAllUnderIt(t *testing.T) {
	h := newHouse(t)
	h.apply(one("other", "echo said"))
	kept := h.perform("other")
	h.revise("nightly", 2)
	h.apply(scheduled("nightly", "touch file; echo said", "[[trigger]]\nschedule = \"@at 2099-01-01T00:00\"\n"))
	must[*rpc.KeyCreateResponse](t)(h.KeyCreate(t.Context(), &rpc.KeyCreateRequest{Pipeline: "nightly", Name: "github"}))
	runs := []*rpc.Run{h.perform("nightly"), h.perform("nightly")}
	q := rpc.PipelineDeleteRequest{Name: "nightly", DryRun: true}
	dry := must[*rpc.PipelineDeleteResponse](t)(h.PipelineDelete(t.Context(), &q))
	if dry.Revisions != 3 || dry.Triggers != 1 || dry.Keys != 1 || dry.Runs != 2 || dry.LiveRuns != 0 || dry.LogBytes == 0 {
		t.Errorf("%+v", dry)
	}
	if n := len(h.files(runs[0].ID)); n != 2 {
		t.Errorf("a dry run removed files: %v", h.files(runs[0].ID))
	}
	q.DryRun = false
	if done := must[*rpc.PipelineDeleteResponse](t)(h.PipelineDelete(t.Context(), &q)); *done != *dry {
		t.Errorf("%+v, not %+v", done, dry)
	}
	for _, r := range runs {
		if left := h.files(r.ID); len(left) != 0 {
			t.Errorf("%v stay", left)
		}
		_, err := h.RunGet(t.Context(), &rpc.RunGetRequest{Run: fmt.Sprint(r.ID)})
		refused(t, err, rpc.CodeNotFound)
	}
	_, err := h.PipelineGet(t.Context(), &rpc.PipelineGetRequest{Name: "nightly"})
	refused(t, err, rpc.CodeNotFound, "nightly")
	_, err = h.PipelineDelete(t.Context(), &q)
	refused(t, err, rpc.CodeNotFound, "nightly")
	if len(h.files(kept.ID)) != 2 {
		t.Errorf("the other pipeline lost files: %v", h.files(kept.ID))
	}
}

func TestNothingIsDeletedWhileItLives(t *testing.T) {
	h := newHouse(t)
	run, open := h.held("cat %s")
	dry := must[*rpc.PipelineDeleteResponse](t)(h.PipelineDelete(t.Context(), &rpc.PipelineDeleteRequest{Name: "nightly", DryRun: true}))
	if dry.Runs != 1 || dry.LiveRuns != 1 {
		t.Errorf("%+v", dry)
	}
	_, err := h.PipelineDelete(t.Context(), &rpc.PipelineDeleteRequest{Name: "nightly"})
	refused(t, err, rpc.CodeConflict, run, "running", "not over yet")
	_, err = h.RunDelete(t.Context(), &rpc.RunDeleteRequest{Run: run})
	refused(t, err, rpc.CodeConflict, run, "not over yet")
	open()
	if r := h.over(run); r.Status != "success" {
		t.Errorf("%+v", r)
	}
}

func TestARunThatHasJustEndedCanBeDeleted(t *testing.T) {
	h := newHouse(t)
	h.apply(one("nightly", "seq 20000"))
	ended := func() (run string, id uint64) {
		run = h.begin("nightly")
		w := must[*rpc.RunWatchResponse](t)(h.RunWatch(t.Context(), &rpc.RunWatchRequest{Run: run, UntilEnded: true, WaitMS: 60000}))
		return run, w.Run.ID
	}
	run, first := ended()
	a := must[*rpc.RunDeleteResponse](t)(h.RunDelete(t.Context(), &rpc.RunDeleteRequest{Run: run}))
	if a.LogBytes == 0 {
		t.Errorf("the log is not counted: %+v", a)
	}
	_, second := ended()
	b := must[*rpc.PipelineDeleteResponse](t)(h.PipelineDelete(t.Context(), &rpc.PipelineDeleteRequest{Name: "nightly"}))
	if b.LogBytes == 0 || b.LiveRuns != 0 {
		t.Errorf("the log is not counted: %+v", b)
	}
	for _, id := range []uint64{first, second} {
		if left := h.files(id); len(left) != 0 {
			t.Errorf("%v stay", left)
		}
	}
}
