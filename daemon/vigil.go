package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/penstock/penstock/rpc"
)

// ErrStateGone: the state directory is not there any more, or is another one.
var ErrStateGone = errors.New("the state directory was moved or removed under the daemon")

// watchPeriod is how often the daemon looks at what it stands on.
const watchPeriod = 5 * time.Second

// statusAgain tells the service manager that clients can come again.
const statusAgain = "STATUS=listening again: the socket was removed"

// errSocketGone: nobody can reach the daemon until it listens again.
var errSocketGone = errors.New("the socket was removed")

// answer serves clients until ctx ends, and listens again where somebody
// removed the socket. Clients that were connected then ask again.
func (d *Daemon) answer(ctx context.Context, l net.Listener) error {
	for {
		serving, stop := context.WithCancelCause(ctx)
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			d.vigil(serving, stop)
		}()
		err := rpc.Serve(serving, l, d, rpc.ServerOptions{Authorize: d.authorize, Log: d.log})
		stop(nil)
		<-watched
		if err != nil || !errors.Is(context.Cause(serving), errSocketGone) {
			return errors.Join(err, stateGone(context.Cause(serving)))
		}
		d.log.Warn("the socket was removed; listening again", "socket", d.paths.Socket)
		if l, err = d.listen(); err != nil {
			return err
		}
		d.options.Notify(statusAgain)
	}
}

// authorize asks the table of now: it may be another after a reload.
func (d *Daemon) authorize(_ context.Context, p rpc.Peer, method string) error {
	return d.access.Load().Permit(p, method)
}

// stateGone is the cause if it is that.
func stateGone(cause error) error {
	if errors.Is(cause, ErrStateGone) {
		return cause
	}
	return nil
}

// vigil looks every few seconds whether the state directory and the socket are
// still the daemon's, and stops the serving where one is not.
func (d *Daemon) vigil(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := d.standsOn(); err != nil {
			stop(err)
			return
		}
		d.giveBackMemory()
	}
}

func (d *Daemon) standsOn() error {
	held, err := d.lock.Stat()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStateGone, err)
	}
	if found, err := os.Stat(d.lock.Name()); err != nil || !os.SameFile(held, found) {
		return fmt.Errorf("%w: %s", ErrStateGone, d.paths.State)
	}
	if _, err := os.Lstat(d.paths.Socket); d.options.Listener == nil && errors.Is(err, os.ErrNotExist) {
		return errSocketGone
	}
	return nil
}

// giveBackMemory gives the system what a busy time left unused, once nothing
// runs: the Go runtime itself takes many minutes for it.
func (d *Daemon) giveBackMemory() {
	const worthIt = 8 << 20
	if d.engine.Load().LiveRuns > 0 {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapIdle-m.HeapReleased > worthIt {
		debug.FreeOSMemory()
	}
}
