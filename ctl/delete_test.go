package ctl

import (
	"context"
	"testing"

	"github.com/penstock/penstock/rpc"
)

func TestDeleteWithoutATerminalWantsYes(t *testing.T) {
	d := newFake(t)
	d.ctlWith(t.Context(), "y\n", nil, "delete", "nightly").wants(t, ExitUsage, "", "add --yes")
	if asked := d.all(); len(asked) > 0 {
		t.Errorf("asked %+v", asked)
	}
}

func TestDeleteSaysWhatWent(t *testing.T) {
	d := newFake(t)
	always[rpc.PipelineDeleteRequest](d, rpc.PipelineDeleteResponse{Revisions: 3, Triggers: 1, Keys: 2, Runs: 1, LogBytes: 2048})
	d.ctl("delete", "nightly", "--dry-run").
		wants(t, ExitOK, "would delete pipeline nightly with 3 revisions, 1 trigger, 2 trigger keys, 1 run and 2.0 KiB of logs\n", "")
	if got := requests[rpc.PipelineDeleteRequest](d); len(got) != 1 || !got[0].DryRun {
		t.Errorf("a dry run asked %+v", got)
	}
	d.ctl("delete", "nightly", "--yes").wants(t, ExitOK, "deleted pipeline nightly with 3 revisions", "")
	if got := requests[rpc.PipelineDeleteRequest](d); got[len(got)-1].DryRun {
		t.Errorf("--yes asked %+v", got)
	}
}

func TestDeleteOfTheLatestRunDeletesTheOneThatWasShown(t *testing.T) {
	d := newFake(t)
	on(d, func(_ context.Context, q *rpc.RunDeleteRequest) (*rpc.RunDeleteResponse, error) {
		return &rpc.RunDeleteResponse{Run: rpc.RunSummary{Name: "nightly/42", Status: "failed"}, Steps: 2}, nil
	})
	d.ctl("delete", "nightly/latest", "--yes").wants(t, ExitOK, "deleted run nightly/42 (failed) with 2 steps", "")
	if got := requests[rpc.RunDeleteRequest](d); len(got) != 2 || got[1].Run != "nightly/42" || got[1].DryRun {
		t.Errorf("asked %+v", got)
	}
}

func TestDeleteOfALivePipelineIsRefused(t *testing.T) {
	d := newFake(t)
	refuses[rpc.PipelineDeleteRequest](d, &rpc.Error{Code: rpc.CodeConflict, Message: "2 runs have not ended"})
	d.ctl("delete", "nightly", "--yes").wants(t, ExitRefused, "", "2 runs have not ended")
}
