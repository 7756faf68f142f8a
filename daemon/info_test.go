package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock/penstock/rpc"
)

func TestTheDaemonSaysWhoItIsAndHowItFares(t *testing.T) {
	h := newHouse(t)
	info := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{}))
	if info.Version != "1.2.3" || info.Protocol != rpc.Version || info.Pid != os.Getpid() || info.State != h.config.State ||
		info.Generation != 1 || info.Pipelines != 0 || info.MaxRunning != h.config.Steps.MaxRunning ||
		info.FreeBytes == 0 || info.Role != "admin" || info.You == "" || info.StartedAt.IsZero() {
		t.Errorf("%+v", info)
	}
	run, open := h.held("cat %s")
	busy := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{}))
	if busy.Pipelines != 1 || busy.LiveRuns != 1 || busy.RunningSteps != 1 || busy.PendingSteps != 0 {
		t.Errorf("%+v", busy)
	}
	open()
	h.over(run)
	idle := must[*rpc.Info](t)(h.DaemonInfo(t.Context(), &rpc.Empty{}))
	if idle.LiveRuns != 0 || idle.RunningSteps != 0 {
		t.Errorf("%+v", idle)
	}
}

func TestPluginsAreListedWithWhatTheySayOfThemselves(t *testing.T) {
	h := newHouse(t)
	all := must[*rpc.PluginListResponse](t)(h.PluginList(t.Context(), &rpc.PluginListRequest{})).Plugins
	if len(all) != 2 || all[0].Type != "shell" || all[1].Type != "sleep" {
		t.Fatalf("%+v", all)
	}
	for _, p := range all {
		if p.Version == "" || p.Summary == "" || p.Capacity < 1 || len(p.SHA256) != 64 || p.Problem != "" ||
			p.Path != filepath.Join(plugins, "penstock-step-"+p.Type) {
			t.Errorf("%+v", p)
		}
		if p.Documentation != "" || p.Settings != nil {
			t.Errorf("a list holds all of the documentation of %s", p.Type)
		}
	}
	shell := must[*rpc.PluginListResponse](t)(h.PluginList(t.Context(), &rpc.PluginListRequest{Type: "shell"})).Plugins
	if len(shell) != 1 || !strings.Contains(shell[0].Documentation, "script") || shell[0].Settings["properties"] == nil {
		t.Errorf("%+v", shell)
	}
	_, err := h.PluginList(t.Context(), &rpc.PluginListRequest{Type: "pigeon"})
	refused(t, err, rpc.CodeNotFound, `"pigeon"`, plugins)
}

func TestAPluginThatCannotBeUsedSaysWhy(t *testing.T) {
	h := newHouse(t)
	dir := filepath.Join(h.dir, "plugins")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "penstock-step-broken"), []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.halt()
	h.config.PluginDirs = []string{plugins, dir}
	h.start()
	all := must[*rpc.PluginListResponse](t)(h.PluginList(t.Context(), &rpc.PluginListRequest{})).Plugins
	if len(all) != 3 || all[0].Type != "broken" || all[0].Problem == "" || all[1].Problem != "" {
		t.Errorf("%+v", all)
	}
	_, err := h.PipelineApply(t.Context(), &rpc.PipelineApplyRequest{Text: strings.Replace(one("nightly", "true"), `"shell"`, `"broken"`, 1)})
	if found := problems(t, err); len(found) != 1 || found[0].Line != 8 || !strings.Contains(found[0].Message, "broken") {
		t.Errorf("%+v", found)
	}
}
