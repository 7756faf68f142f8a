package daemon

import (
	"context"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/listener"
)

// openHTTP listens for callers with trigger keys, where the configuration says
// so.
func (d *Daemon) openHTTP() (err error) {
	c := d.config.Load().HTTP
	if c.Listen == "" {
		return nil
	}
	d.http, err = listener.Open(listener.Config{HTTP: c, Daemon: door{d}, Metrics: d.metrics, Log: d.log})
	if err != nil {
		return err
	}
	url, socket := d.http.Address()
	d.log.Info("taking calls with trigger keys", "url", url, "socket", socket)
	return nil
}

// prepareHTTP reads what the listener takes over from another configuration. One
// that wants none says nothing of this one, which goes on until the daemon ends:
// that it names no caller would let in all of them.
func (d *Daemon) prepareHTTP(c config.Daemon) (take func(), err error) {
	if d.http == nil || c.HTTP.Listen == "" {
		return func() {}, nil
	}
	return d.http.Prepare(c.HTTP)
}

// serveHTTP answers them until ctx ends, or it cannot any more; it waits for the
// calls under way.
func (d *Daemon) serveHTTP(ctx context.Context) error {
	if d.http == nil {
		return nil
	}
	return d.http.Serve(ctx)
}
