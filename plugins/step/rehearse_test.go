package step

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/penstock/penstock/plugins/protocol"
)

func TestRehearse(t *testing.T) {
	dir := t.TempDir()
	fatal(t, Rehearse(t.Context(), dir, testSettings{Mode: "output"}, testWork))
	if got, err := protocol.ReadOutputs(dir); err != nil || got["one"] != "1" {
		t.Errorf("%q, %v", got, err)
	}
	err := Rehearse(t.Context(), dir, testSettings{Mode: "panic"}, testWork)
	if err == nil || !strings.Contains(err.Error(), "a planted panic") {
		t.Errorf("a panic: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Rehearse(ctx, dir, testSettings{Mode: "wait"}, testWork); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	var failure *Failure
	if err := Rehearse(t.Context(), dir, testSettings{Mode: "script", Script: "exit 4"}, testWork); !errors.As(err, &failure) || *failure.ExitCode != 4 {
		t.Errorf("exit 4: %v", err)
	}
}
