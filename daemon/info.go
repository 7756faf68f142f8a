package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/penstock/penstock/daemon/access"
	"github.com/penstock/penstock/daemon/host"
	"github.com/penstock/penstock/daemon/state"
	"github.com/penstock/penstock/rpc"
)

// DaemonInfo says who answers.
func (d *Daemon) DaemonInfo(ctx context.Context, _ *rpc.Empty) (*rpc.Info, error) {
	free, err := state.Free(d.paths.State)
	if err != nil {
		return nil, failure(err, "the state directory")
	}
	pipelines, err := d.countPipelines()
	if err != nil {
		return nil, failure(err, "pipelines")
	}
	freeze, err := d.frozen()
	if err != nil {
		return nil, err
	}
	load := d.engine.Load()
	info := &rpc.Info{
		Version: d.options.Version, Protocol: rpc.Version, Pid: os.Getpid(), StartedAt: d.startedAt,
		State: d.paths.State, Generation: d.store.Meta.Generation, Pipelines: pipelines,
		LiveRuns: load.LiveRuns, RunningSteps: load.RunningSteps, PendingSteps: load.PendingSteps,
		MaxRunning: load.MaxRunning, FreeBytes: free, MinFreeBytes: d.leastFree(),
		AcceptingRuns: free >= d.leastFree(), Freeze: freeze,
	}
	if peer, ok := rpc.PeerFrom(ctx); ok {
		info.You, info.Role = access.UserName(peer), d.access.Load().Role(peer).String()
	}
	return info, nil
}

func (d *Daemon) countPipelines() (int, error) {
	view := d.store.View()
	defer view.Close()
	return view.CountPipelines()
}

// PluginList lists the step plugins.
func (d *Daemon) PluginList(ctx context.Context, q *rpc.PluginListRequest) (*rpc.PluginListResponse, error) {
	answer := &rpc.PluginListResponse{Plugins: []rpc.Plugin{}}
	found, err := d.host.Plugins()
	if err != nil {
		return nil, failure(err, "plugins")
	}
	if q.Type != "" {
		found = slices.DeleteFunc(found, func(p host.PluginState) bool { return p.Type != q.Type })
	}
	for _, p := range d.host.DescribeAll(ctx, found) {
		answer.Plugins = append(answer.Plugins, plugin(p, q.Type != ""))
	}
	if q.Type != "" && len(answer.Plugins) == 0 {
		return nil, rpc.Errorf(rpc.CodeNotFound, "there is no plugin for steps of type %q in %s",
			q.Type, fmt.Sprint(d.config.Load().PluginDirs))
	}
	return answer, nil
}

// plugin is a plugin for a list, or the whole of it.
func plugin(p host.PluginState, whole bool) rpc.Plugin {
	about := p.Description
	answer := rpc.Plugin{
		Type: p.Type, Path: p.Path, SHA256: p.SHA256, Processes: p.Processes, Attempts: p.Attempts, Problem: p.Problem,
		Version: about.Version, Summary: about.Summary, Capacity: about.Capacity,
	}
	for _, o := range about.Outputs {
		answer.Outputs = append(answer.Outputs, rpc.PluginOutput{Name: o.Name, Description: o.Description})
	}
	if whole {
		answer.Documentation, answer.Settings = about.Documentation, settingsSchema(about.SettingsSchema)
	}
	return answer
}

// settingsSchema is a schema as a value; the host has seen that it is JSON.
func settingsSchema(text []byte) (schema map[string]any) {
	if json.Unmarshal(text, &schema) != nil {
		return nil
	}
	return schema
}
