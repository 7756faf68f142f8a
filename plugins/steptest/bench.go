package steptest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// A bench is where one rule is tested: a directory of its own, and all that
// was started in it.
type bench struct {
	*testing.T
	suite Suite
	root  string // short: sockets lie below it
	made  int    // directories so far
}

func newBench(t *testing.T, s Suite) *bench {
	t.Helper()
	root, err := os.MkdirTemp("", "step")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(root); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	return &bench{T: t, suite: s, root: root}
}

// directory makes a private directory.
func (b *bench) directory(kind string) string {
	b.Helper()
	b.made++
	path := filepath.Join(b.root, fmt.Sprintf("%s%d", kind, b.made))
	if err := os.Mkdir(path, 0o700); err != nil {
		b.Fatal(err)
	}
	return path
}

// context ends when the suite's patience does.
func (b *bench) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), b.suite.Patience)
	b.Cleanup(cancel)
	return ctx
}

// await asks again until the condition holds: for what no event tells of.
func (b *bench) await(what string, holds func() bool) {
	b.Helper()
	limit := time.NewTimer(b.suite.Patience)
	defer limit.Stop()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-limit.C:
			b.Fatalf("%s: not within %s", what, b.suite.Patience)
		}
	}
}

// takesAlone skips what takes Suite.Alone.
func (b *bench) takesAlone() {
	b.Helper()
	if testing.Short() || b.suite.Alone < 0 {
		b.Skip("takes Suite.Alone")
	}
}

// need skips the test where the suite does not name the settings.
func (b *bench) need(name string, settings map[string]any) map[string]any {
	b.Helper()
	if settings == nil {
		b.Skipf("the suite has no %s", name)
	}
	return settings
}

// attempt makes an attempt's directory as the daemon does. Its name is unique
// on the machine, for processes are found by it.
func (b *bench) attempt(settings map[string]any) *attempt {
	b.Helper()
	run := rand.Uint64N(1 << 53)
	a := &attempt{bench: b, directory: b.directory("a"), request: protocol.Request{
		Attempt:   fmt.Sprintf("steptest/%d/stage/step/1", run),
		Pipeline:  "steptest",
		Run:       run,
		RunID:     run,
		Stage:     "stage",
		Step:      "step",
		Number:    1,
		Settings:  settings,
		Workspace: b.directory("w"),
		Grace:     10 * time.Second,
		LogLimit:  64 << 20,
	}}
	if b.suite.Prepare != nil {
		b.suite.Prepare(b.T, a.request.Workspace)
	}
	b.Cleanup(a.endProcesses)
	return a
}

// write writes request.json.
func (a *attempt) write() {
	a.Helper()
	text, err := json.Marshal(a.request)
	if err != nil {
		a.Fatal(err)
	}
	if err := os.WriteFile(a.path(protocol.RequestFile), text, 0o600); err != nil {
		a.Fatal(err)
	}
}
