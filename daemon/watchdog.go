package daemon

import (
	"context"
	"time"
)

// keepWatchdog tells the service manager that the engine still turns, as often
// as it asks to hear it (sd_watchdog_enabled(3)), until ctx ends.
func (d *Daemon) keepWatchdog(ctx context.Context) {
	interval := d.options.Watchdog / 2
	if interval == 0 {
		return
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.pulse(ctx, interval)
		}
	}
}

// pulse reports life only where the engine answers.
func (d *Daemon) pulse(ctx context.Context, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := d.engine.Pulse(ctx); err == nil {
		d.options.Notify("WATCHDOG=1")
	}
}
