package daemon

import (
	"context"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/listener"
	"github.com/penstock/penstock/daemon/metrics"
)

// openHTTP listens for callers with trigger keys, where the configuration says
// so.
func (d *Daemon) openHTTP() (err error) {
	c := d.config.Load().HTTP
	if c.Listen == "" {
		return nil
	}
	d.http, err = listener.Open(listener.Config{HTTP: c, Daemon: door{d}, Metrics: d.metrics, Log: d.log})
	return err
}

// prepareHTTP reads what the listener takes over from another configuration.
func (d *Daemon) prepareHTTP(c config.Daemon) (take func(), err error) {
	if d.http == nil {
		return func() {}, nil
	}
	return d.http.Prepare(c.HTTP)
}

// serveHTTP answers them until ctx ends, and ends the daemon where it cannot.
// The answer waits for the calls under way.
func (d *Daemon) serveHTTP(ctx context.Context, fail context.CancelCauseFunc) (wait func() error) {
	if d.http == nil {
		return func() error { return nil }
	}
	url, socket := d.http.Address()
	d.log.Info("taking calls with trigger keys", "url", url, "socket", socket)
	done := make(chan error, 1)
	go func() {
		err := d.http.Serve(ctx)
		if err != nil {
			fail(err)
		}
		done <- err
	}()
	return func() error { return <-done }
}

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
	free, err := freeBytes(d.paths.State)
	if err != nil {
		d.log.Warn("free space", "error", err)
	}
	now.FreeBytes = free
	return now
}
