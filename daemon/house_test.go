package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// patience is how long anything is waited for: long, for machines that do other
// things as well.
const patience = time.Minute

// house is a state directory, the daemon that serves it, and a client of that.
type house struct {
	*rpc.Client
	t      *testing.T
	dir    string
	config config.Daemon
	reload func() (config.Daemon, error)
	level  slog.LevelVar
	log    *journal
	tick   time.Duration // of the watchdog
	told   chan string   // what the service manager hears
	d      *Daemon
	stop   func() error // ends the daemon and answers with what Serve said; nil: none runs
}

// newHouse starts a daemon with the configuration that change makes of one
// without claims on the disk.
func newHouse(t *testing.T, change ...func(*config.Daemon)) *house {
	t.Helper()
	t.Parallel()
	h := bareHouse(t)
	for _, c := range change {
		c(&h.config)
	}
	h.start()
	return h
}

// bareHouse is a house without a daemon. Its directory has a short name: a
// socket is to be in it.
func bareHouse(t *testing.T) *house {
	t.Helper()
	dir, err := os.MkdirTemp("", "pen")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, dir: dir, config: config.DefaultDaemon(), log: &journal{}, told: make(chan string, 1000)}
	h.config.State, h.config.Socket = filepath.Join(dir, "state"), filepath.Join(dir, "r", "s")
	h.config.PluginDirs = []string{plugins}
	h.config.Storage = config.Storage{}
	h.reload = func() (config.Daemon, error) { return h.config, nil }
	t.Cleanup(h.clean)
	return h
}

func (h *house) options() Options {
	return Options{
		Version: "1.2.3", Config: h.config, Reload: func() (config.Daemon, error) { return h.reload() },
		Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: &h.level})), LogLevel: &h.level,
		Notify: func(state string) { h.told <- state }, Watchdog: h.tick,
	}
}

// start starts a daemon and returns when it answers.
func (h *house) start() {
	h.t.Helper()
	d, err := Open(h.t.Context(), h.options())
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- d.Serve(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-served })
	h.d, h.stop = d, stop
	h.hears("READY=1")
	if h.Client, err = rpc.Dial(h.t.Context(), h.config.Socket); err != nil {
		h.t.Fatal(err)
	}
}

// hears waits for the service manager to be told.
func (h *house) hears(state string) {
	h.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case s := <-h.told:
			if s == state {
				return
			}
		case <-deadline:
			h.t.Fatalf("the service manager was never told %s; log:\n%s", state, h.log)
		}
	}
}

// await waits until something is so that nobody tells of.
func (h *house) await(so func() bool) {
	h.t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.After(patience); !so(); {
		select {
		case <-poll.C:
		case <-deadline:
			h.t.Fatalf("it never came to be; log:\n%s", h.log)
		}
	}
}

// halt stops the daemon as SIGTERM does.
func (h *house) halt() {
	h.t.Helper()
	err := errors.Join(h.Close(), h.stop())
	h.stop = nil
	if err != nil {
		h.t.Errorf("stop: %v", err)
	}
}

// clean ends what still runs, then the daemon.
func (h *house) clean() {
	if h.stop != nil {
		h.killRuns()
		if err := errors.Join(h.Close(), h.stop()); err != nil {
			h.t.Errorf("stop: %v", err)
		}
	}
	if err := os.RemoveAll(h.dir); err != nil {
		h.t.Error(err)
	}
	if h.t.Failed() {
		h.t.Logf("log:\n%s", h.log)
	}
}

// killRuns ends all that runs, and lets nothing begin in its place: it would
// outlive the test.
func (h *house) killRuns() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.d.engine.SetFreeze(ctx, store.Freeze{Actor: "the end of the test"}); err != nil {
		h.t.Errorf("freeze what is to begin: %v", err)
	}
	all, err := h.RunList(ctx, &rpc.RunListRequest{Limit: 1000})
	if err != nil {
		h.t.Errorf("list what still runs: %v", err)
		return
	}
	for _, r := range all.Runs {
		if r.FinishedAt != nil {
			continue
		}
		_, err := h.RunCancel(ctx, &rpc.RunCancelRequest{Run: fmt.Sprint(r.ID), Force: true})
		if err != nil && codeOf(err) != rpc.CodeConflict {
			h.t.Errorf("kill %s: %v", r.Name, err)
		}
		if _, err := h.RunWatch(ctx, &rpc.RunWatchRequest{Run: fmt.Sprint(r.ID), UntilEnded: true, WaitMS: 60000}); err != nil {
			h.t.Error(err)
		}
	}
}

// journal is a daemon's log.
type journal struct {
	mu   sync.Mutex // protects text
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// must is the answer of a call that is to succeed.
func must[A any](t *testing.T) func(A, error) A {
	t.Helper()
	return func(a A, err error) A {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
}

func codeOf(err error) rpc.Code {
	if e, ok := errors.AsType[*rpc.Error](err); ok {
		return e.Code
	}
	return 0
}

// refused sees that a call was refused with a code, in words that hold all of
// parts.
func refused(t *testing.T, err error, code rpc.Code, parts ...string) {
	t.Helper()
	if codeOf(err) != code {
		t.Errorf("%v: %v, not %v", err, codeOf(err), code)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}
