package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

func TestAStopLeavesRunningStepsAloneAndTheNextStartJoinsThem(t *testing.T) {
	h := newHouse(t)
	g := h.gate("g")
	begun := filepath.Join(h.dir, "begun")
	h.apply(one("nightly", "echo x >> "+begun+"; echo one; cat "+g.path+"; echo two"))
	run := h.begin("nightly")
	open := g.reached()
	before := h.get(run)
	first := h.read(rpc.LogReadRequest{Run: run, Step: "x", WaitMS: 60000})
	h.halt()
	open() // the step ends, or works on, with nobody to tell
	h.start()
	after := h.over(run)
	a := after.Stages[0].Steps[0].Attempts
	if after.Status != "success" || len(a) != 1 || after.ID != before.ID || !after.CreatedAt.Equal(before.CreatedAt) {
		t.Errorf("%+v", after)
	}
	if text := must[[]byte](t)(os.ReadFile(begun)); string(text) != "x\n" {
		t.Errorf("the step began %d times", strings.Count(string(text), "x"))
	}
	rest := h.followFrom(&rpc.LogReadRequest{Run: run, Step: "x", Offset: first.Next, WaitMS: 60000})
	if got := said(string(first.Data) + rest); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("%q", got)
	}
	if info := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{})); info.Generation != 2 {
		t.Errorf("%+v", info)
	}
}

func TestACancelReachesAStepThatWasJoined(t *testing.T) {
	h := newHouse(t)
	run, open := h.held("cat %s")
	defer open()
	h.halt()
	h.start()
	must[*rpc.RunCancelResponse](t)(h.RunCancel(t.Context(), &rpc.RunCancelRequest{Run: run}))
	if r := h.over(run); r.Status != "canceled" {
		t.Errorf("%+v", r)
	}
}

func TestStepsThatWaitBeginAfterARestart(t *testing.T) {
	h := newHouse(t, func(c *config.Daemon) { c.Steps.MaxRunning = 1 })
	g := h.gate("g")
	h.apply(one("first", "cat "+g.path))
	h.apply(one("second", "true"))
	first := h.begin("first")
	open := g.reached()
	second := h.begin("second")
	h.halt()
	h.start()
	if err := h.d.engine.Pulse(t.Context()); err != nil { // the load is that of the latest turn
		t.Fatal(err)
	}
	info := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{}))
	if info.LiveRuns != 2 {
		t.Errorf("%+v", info)
	}
	if got := h.get(second).Status; got != "pending" {
		t.Errorf("the limit is broken: %s", got)
	}
	open()
	for _, run := range []string{first, second} {
		if r := h.over(run); r.Status != "success" {
			t.Errorf("%+v", r)
		}
	}
}

func TestACommitThatFailsEndsTheDaemonAndLosesNothing(t *testing.T) {
	h := newHouse(t)
	run, open := h.held("cat %s")
	err := h.d.engine.Update(t.Context(), func(tx *store.Tx, _ time.Time) error {
		tx.PutPipeline(store.Pipeline{ID: 7, Name: "lost"})
		tx.PutRevision(7, store.Revision{AppliedAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}) // RFC 3339 cannot say it
		return nil
	})
	if !errors.Is(err, engine.ErrStopping) {
		t.Errorf("%v", err)
	}
	h.hears("STOPPING=1")
	if err := h.stop(); err == nil || !strings.Contains(err.Error(), "nothing more can be promised") {
		t.Errorf("%v", err)
	}
	// As the end of the process does, where the daemon leaves the store alone.
	if err := errors.Join(h.Close(), h.d.store.Close()); err != nil {
		t.Error(err)
	}
	open()
	h.start()
	if r := h.over(run); r.Status != "success" {
		t.Errorf("%+v", r)
	}
	if names := h.names(); !slices.Equal(names, []string{"nightly"}) {
		t.Errorf("%v", names)
	}
}

func TestAnOpenDaemonThatCannotListenLetsGoOfEverything(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	h.config.Socket = filepath.Join(h.dir, "r", "s")
	d, err := Open(t.Context(), h.options())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(h.config.Socket, 0o700); err != nil { // no socket can be here
		t.Fatal(err)
	}
	if err := d.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), h.config.Socket) {
		t.Errorf("%v", err)
	}
	if err := os.Remove(h.config.Socket); err != nil {
		t.Fatal(err)
	}
	h.start()
}

func TestAUserWhoIsNotThereKeepsTheDaemonFromStarting(t *testing.T) {
	h := bareHouse(t)
	h.config.Access.Viewers = []string{"no-such-user-here"}
	if _, err := Open(t.Context(), h.options()); err == nil || !strings.Contains(err.Error(), "no-such-user-here") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(h.config.State); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it touched the state directory: %v", err)
	}
}

func TestASilentClientDoesNotHoldUpAStop(t *testing.T) {
	h := newHouse(t)
	run, open := h.held("cat %s")
	defer open()
	watched := make(chan error, 2)
	for _, call := range []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := h.RunWatch(ctx, &rpc.RunWatchRequest{Run: run, UntilEnded: true, WaitMS: 60000})
			return err
		},
		func(ctx context.Context) error {
			_, err := h.LogRead(ctx, &rpc.LogReadRequest{Run: run, Step: "x", WaitMS: 60000})
			return err
		},
	} {
		go func() { watched <- call(context.WithoutCancel(t.Context())) }()
	}
	begun := time.Now()
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("the stop took %v", took)
	}
	for range 2 {
		if err := <-watched; err != nil && codeOf(err) != rpc.CodeUnavailable && !errors.Is(err, rpc.ErrLost) {
			t.Errorf("%v", fmt.Errorf("a waiting call: %w", err))
		}
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	h.start()
}
