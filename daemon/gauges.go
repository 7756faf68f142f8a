package daemon

import (
	"github.com/penstock/penstock/daemon/metrics"
	"github.com/penstock/penstock/daemon/state"
)

// reading is what the gauges of the metrics show.
func (d *Daemon) reading() metrics.Now {
	load := d.engine.Load()
	now := metrics.Now{
		LiveRuns: load.LiveRuns, RunningSteps: load.RunningSteps, PendingSteps: load.PendingSteps, MaxRunning: load.MaxRunning,
	}
	var err error
	if now.TableBytes, now.ValueBytes, err = d.store.Size(); err != nil {
		d.log.Warn("size of the store", "error", err)
	}
	free, err := state.Free(d.paths.State)
	if err != nil {
		d.log.Warn("free space", "error", err)
	}
	now.FreeBytes = free
	return now
}
