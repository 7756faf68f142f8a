package daemon

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/access"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/rpc"
)

// Reload reads the configuration again and takes over what can change in a
// running daemon. A configuration that is wrong changes nothing.
func (d *Daemon) Reload(ctx context.Context) error {
	c, err := d.options.Reload()
	if err != nil {
		return fmt.Errorf("the configuration stays as it was: %w", err)
	}
	who, err := access.Read(c.Access)
	if err != nil {
		return fmt.Errorf("the configuration stays as it was: %w", err)
	}
	takeHTTP, err := d.prepareHTTP(c)
	if err != nil {
		return fmt.Errorf("the configuration stays as it was: %w", err)
	}
	if err := d.admit(who); err != nil {
		return fmt.Errorf("the configuration stays as it was: %w", err)
	}
	takeHTTP()
	d.warnFixed(c)
	d.access.Store(who)
	d.attempts.limits.Store(&limits{grace: c.Steps.Grace, logLimit: c.Steps.LogLimit})
	d.host.Reload(c.Plugins.Idle, c.Plugins.SHA256)
	d.options.LogLevel.Set(SlogLevel(c.Log.Level))
	d.config.Store(&c)
	// Last: it may begin steps, and they are to find the rest as it is now.
	if err := d.engine.Configure(ctx, engine.Settings{MaxRunning: c.Steps.MaxRunning}); err != nil {
		return err
	}
	d.log.Info("the configuration was read again")
	return nil
}

// admit opens the socket to those whom who admits, and closes it where that is
// nobody any more. A socket that was handed in is its maker's.
func (d *Daemon) admit(who *access.Table) error {
	if d.options.Listener != nil || who.Open() == d.access.Load().Open() {
		return nil
	}
	return rpc.Admit(d.paths.Socket, who.Open())
}

// warnFixed names what differs and needs a restart.
func (d *Daemon) warnFixed(c config.Daemon) {
	old := d.options.Config
	for _, fixed := range []struct {
		key     string
		changed bool
	}{
		{"state", c.State != old.State},
		{"socket", c.Socket != old.Socket},
		{"plugin_dirs", fmt.Sprint(c.PluginDirs) != fmt.Sprint(old.PluginDirs)},
		{"log.format", c.Log.Format != old.Log.Format},
		{"plugins.cgroup", c.Plugins.Cgroup != old.Plugins.Cgroup},
		{"http.listen", c.HTTP.Listen != old.HTTP.Listen},
		{"http.tls_cert", (c.HTTP.TLSCert == "") != (old.HTTP.TLSCert == "")},
		{"storage.ballast", c.Storage.Ballast != old.Storage.Ballast},
	} {
		if fixed.changed {
			d.log.Warn("a changed key needs a restart to take effect", "key", fixed.key)
		}
	}
}

// SlogLevel is l as slog has it.
func SlogLevel(l config.LogLevel) slog.Level {
	switch l {
	case config.LevelDebug:
		return slog.LevelDebug
	case config.LevelWarn:
		return slog.LevelWarn
	case config.LevelError:
		return slog.LevelError
	}
	return slog.LevelInfo
}
