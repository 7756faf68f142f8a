package daemon

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/plan"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

func TestFailuresBecomeCodes(t *testing.T) {
	disk := &rpc.Error{Code: rpc.CodeDiskLow, Message: "full", Data: rpc.DiskLowData{FreeBytes: 1}}
	for _, c := range []struct {
		err  error
		code rpc.Code
		says string
	}{
		{disk, rpc.CodeDiskLow, "full"},
		{store.ErrNotFound, rpc.CodeNotFound, `run "a/1" does not exist`},
		{engine.ErrNotFound, rpc.CodeNotFound, `run "a/1" does not exist`},
		{engine.ErrLive, rpc.CodeConflict, "not over yet; cancel it first"},
		{engine.ErrRevision, rpc.CodeConflict, `run "a/1": `},
		{&engine.PausedError{}, rpc.CodeConflict, "; resume it first"},
		{&engine.FrozenError{}, rpc.CodeConflict, "; unfreeze first, or ask for it despite the freeze"},
		{run.ErrComplete, rpc.CodeConflict, `run "a/1": `},
		{&plan.Refusal{Problems: []plan.Problem{{Message: "no input a"}, {Message: "no input b"}}}, rpc.CodeInvalid, "no run was made: no input a\nno input b"},
		{engine.ErrStopping, rpc.CodeUnavailable, "ask again"},
		{context.Canceled, rpc.CodeUnavailable, "ask again"},
		{context.DeadlineExceeded, rpc.CodeUnavailable, "ask again"},
		{errors.New("the moon is full"), rpc.CodeInternal, `run "a/1": read: the moon is full`},
	} {
		refused(t, failure(fmt.Errorf("read: %w", c.err), `run "a/1"`), c.code, c.says)
	}
	if err := failure(nil, "run"); err != nil {
		t.Error(err)
	}
	if e, ok := errors.AsType[*rpc.Error](failure(fmt.Errorf("start: %w", disk), "run")); !ok || e.Data != disk.Data {
		t.Errorf("%+v", e)
	}
}

func TestTheProblemsOfATextAreCounted(t *testing.T) {
	problem := config.Problem{File: "a.toml", Position: config.Position{Line: 2, Column: 3}, Path: "stage[0]", Message: "is wrong"}
	for n, says := range map[int]string{1: "1 problem in", 2: "2 problems in"} {
		var all config.Problems
		for range n {
			all = append(all, problem)
		}
		found := problems(t, failure(all, "a.toml"))
		want := rpc.Problem{File: "a.toml", Line: 2, Column: 3, Path: "stage[0]", Message: "is wrong"}
		if len(found) != n || found[0] != want {
			t.Errorf("%+v", found)
		}
		refused(t, failure(all, "a.toml"), rpc.CodeInvalid, says)
	}
}
