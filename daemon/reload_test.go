package daemon

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/rpc"
)

func TestAReloadTakesEffectAtOnce(t *testing.T) {
	h := newHouse(t, func(c *config.Daemon) { c.Steps.MaxRunning = 1 })
	g := h.gate("g")
	h.apply(`name = "nightly"
[[stage]]
name = "main"
[[stage.step]]
name = "holds"
uses = "shell"
with = { script = "cat ` + g.path + `" }
[[stage.step]]
name = "waits"
uses = "shell"
with = { script = "seq 100000" }
`)
	run := h.begin("nightly")
	open := g.reached()
	if got := statuses(h.get(run)); got["waits"] != "pending" {
		t.Fatalf("%v", got)
	}
	h.config.Steps = config.Steps{MaxRunning: 2, Grace: time.Second, LogLimit: 64 << 10}
	h.config.Access.Viewers = []string{"4100000011"}
	h.config.Log.Level = config.LevelDebug
	if err := os.Chmod(filepath.Dir(h.config.Socket), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := h.d.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log := h.read(rpc.LogReadRequest{Run: run, Step: "waits", WaitMS: 60000}); len(log.Data) == 0 {
		t.Errorf("the second step does not begin: %v", statuses(h.get(run)))
	}
	open()
	r := h.over(run)
	if log := r.Stages[0].Steps[1].Attempts[0].Log; log.Missing == 0 {
		t.Errorf("the cap of logs stays: %+v", log)
	}
	if err := h.d.authorize(t.Context(), rpc.Peer{UID: 4100000011, GID: 4100000002}, rpc.RunList); err != nil {
		t.Errorf("the viewer is refused: %v", err)
	}
	if h.level.Level() != slog.LevelDebug {
		t.Errorf("the log's level is %v", h.level.Level())
	}
	if info := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{})); info.MaxRunning != 2 {
		t.Errorf("%+v", info)
	}
}

func TestAWrongConfigurationChangesNothing(t *testing.T) {
	h := newHouse(t, func(c *config.Daemon) { c.Steps.MaxRunning, c.Access.Viewers = 3, []string{"4100000011"} })
	unreadable := errors.New("a.toml:1:1: no")
	for name, reload := range map[string]func() (config.Daemon, error){
		"a text with a problem": func() (config.Daemon, error) { return config.Daemon{}, unreadable },
		"a user who is not there": func() (config.Daemon, error) {
			c := h.config
			c.Steps.MaxRunning, c.Storage.MinFree = 9, 7<<40
			c.Access = config.Access{Admins: []string{"no-such-user-here"}}
			return c, nil
		},
	} {
		h.reload = reload
		err := h.d.Reload(t.Context())
		if err == nil || !strings.Contains(err.Error(), "the configuration stays as it was") {
			t.Errorf("%s: %v", name, err)
		}
		info := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{}))
		if info.MaxRunning != 3 || !info.AcceptingRuns {
			t.Errorf("%s: %+v", name, info)
		}
		if err := h.d.authorize(t.Context(), rpc.Peer{UID: 4100000011, GID: 4100000002}, rpc.RunList); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAReloadThatAdmitsOthersNeedsADirectoryThatLetsThemThrough(t *testing.T) {
	h := newHouse(t)
	h.config.Access.Viewers = []string{"4100000011"}
	h.config.Steps.MaxRunning++
	err := h.d.Reload(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the configuration stays as it was") || !strings.Contains(err.Error(), "chmod 755") {
		t.Errorf("%v", err)
	}
	if info := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{})); info.MaxRunning == h.config.Steps.MaxRunning {
		t.Errorf("%+v", info)
	}
}

func TestAKeyThatNeedsARestartIsNamed(t *testing.T) {
	for key, change := range map[string]func(*config.Daemon){
		"state":           func(c *config.Daemon) { c.State = "/elsewhere" },
		"socket":          func(c *config.Daemon) { c.Socket = "/elsewhere" },
		"plugin_dirs":     func(c *config.Daemon) { c.PluginDirs = []string{"/elsewhere"} },
		"log.format":      func(c *config.Daemon) { c.Log.Format = config.FormatJSON },
		"plugins.cgroup":  func(c *config.Daemon) { c.Plugins.Cgroup = "/elsewhere" },
		"storage.ballast": func(c *config.Daemon) { c.Storage.Ballast = 7 },
		"":                func(c *config.Daemon) { c.Steps.MaxRunning, c.Storage.MinFree = 5, 5 },
	} {
		log := &journal{}
		old := config.DefaultDaemon()
		d := &Daemon{log: slog.New(slog.NewTextHandler(log, nil)), options: Options{Config: old}}
		c := old
		change(&c)
		d.warnFixed(c)
		if n := strings.Count(log.String(), "needs a restart"); key == "" && n != 0 || key != "" && (n != 1 || !strings.Contains(log.String(), "key="+key)) {
			t.Errorf("%s:\n%s", key, log)
		}
	}
}

func TestTheLevelsOfALog(t *testing.T) {
	for level, want := range map[config.LogLevel]slog.Level{
		config.LevelDebug: slog.LevelDebug, config.LevelInfo: slog.LevelInfo,
		config.LevelWarn: slog.LevelWarn, config.LevelError: slog.LevelError,
	} {
		if got := SlogLevel(level); got != want {
			t.Errorf("%s is %v", level, got)
		}
	}
}

func TestTheWatchdogHearsOfAnEngineThatTurns(t *testing.T) {
	t.Parallel()
	h := bareHouse(t)
	h.tick = 10 * time.Millisecond
	h.start()
	h.hears("WATCHDOG=1")
	h.hears("WATCHDOG=1")
	h.halt()
	h.hears("STOPPING=1")
	for len(h.told) > 0 { // the engine may have turned a last time after that
		<-h.told
	}
	// The engine that has ended does not turn.
	h.d.pulse(t.Context(), time.Minute)
	for len(h.told) > 0 {
		if s := <-h.told; s == "WATCHDOG=1" {
			t.Error("a dead engine is said to live")
		}
	}
}
