package host

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/plugins/protocol"
)

// freeze stops the only process of h, and returns when it has stopped.
func freeze(t *testing.T, h *Host) *process {
	t.Helper()
	all := h.left()
	if len(all) != 1 {
		t.Fatalf("%d processes, want one", len(all))
	}
	if err := all[0].handle.signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	// The signal is on its way yet: the process could still answer.
	if err := unix.Waitid(unix.P_PID, all[0].Pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func TestFrozenIdleProcessIsKilledAndAFreshOneChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.call = 3 * time.Second
	h := w.open()
	if _, err := h.Check(t.Context(), "good", nil); err != nil {
		t.Fatal(err)
	}
	frozen := freeze(t, h)
	p, err := h.Check(t.Context(), "good", map[string]any{"do": "wrong"})
	if err != nil || len(p) != 1 {
		t.Errorf("%v, %v", p, err)
	}
	await(t, frozen.done, "the end of the frozen process")
	if o := w.launch(h, w.attempt("frozen/a", "good", "succeed")).end(); o.Status != protocol.Success {
		t.Errorf("%+v", o)
	}
}

func TestFrozenProcessWithAnAttemptKeepsItAndGetsNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.call = 3 * time.Second
	h := w.open()
	n := w.launch(h, w.attempt("frozen/busy", "wide", "block"))
	n.begin()
	frozen := freeze(t, h)
	if _, err := h.Check(t.Context(), "wide", nil); err != nil {
		t.Error(err)
	}
	if o := w.launch(h, w.attempt("frozen/other", "wide", "succeed")).end(); o.Status != protocol.Success {
		t.Errorf("%+v", o)
	}
	if !frozen.alive() {
		t.Fatal("it was killed while it had an attempt")
	}
	if err := frozen.handle.signal(unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	h.Stop("frozen/busy", false)
	if o := n.end(); o.Status != protocol.Canceled || o.Message != "" {
		t.Errorf("%+v", o)
	}
	await(t, frozen.done, "the end of the process once its attempt had ended")
}

func TestCheckThatNoProcessAnswersSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.call = 3 * time.Second
	h := w.open()
	_, err := h.Check(t.Context(), "good", map[string]any{"do": "hang"})
	if err == nil || !strings.Contains(err.Error(), "check settings: it does not answer within 3s") {
		t.Errorf("%v", err)
	}
	for _, p := range h.left() {
		await(t, p.done, "the end of a process that did not answer")
	}
}

func TestImpatientCallerDoesNotCostAProcess(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	if _, err := h.Check(t.Context(), "good", nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := h.Check(ctx, "good", map[string]any{"do": "hang"}); err == nil {
		t.Error("no error")
	}
	p := h.left()[0]
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.mute || p.retiring || len(p.pool.processes) != 1 {
		t.Errorf("mute %v, retiring %v", p.mute, p.retiring)
	}
}
