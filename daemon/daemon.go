// Package daemon joins the parts of penstockd: it opens them in the order in
// which they can be trusted, answers the clients, and closes them again.
//
//	rpc ──► service ──┬─► engine ──► run         one loop owns all live runs
//	(this package)    │      │ └───► store       and one commit makes it durable
//	                  │      ▼
//	                  │   attempts ──► host      plugin processes
//	                  └────────└─────► logs      what they print
//
// # Start
//
// The lock on the state directory comes first: nothing is touched before it is
// held, least of all another daemon's socket. Then: room on the disk, the
// store, the plugin processes of the daemon before, the live runs, and at last
// the socket. So a client that gets an answer gets it from a daemon that knows
// everything. Schedules are loaded beside it: what they missed is decided then.
//
// # Starts
//
// Whatever asks for a run, there is one way to it ([resolve]): a command, an
// instant, a call, a file, the end of another run and a step of one differ in
// their [request] alone.
//
// The triggers of a pipeline are recorded in the commit of its revision, with how
// far each schedule has come; a rule that stays what it was stays where it was.
// After the commit the scheduler is told. What it finds due is resolved by the
// current revision and given to the engine together with the new mark; where the
// text or the mark is not what the decision was made from, nothing is recorded
// and it is decided anew. While the disk is nearly full nothing is decided.
//
// The store remembers the directory that it was at home in, by inode and time of
// birth. In another it is a copy, and what it missed is dropped: the original
// has seen to it. A file system that is rolled back as a whole looks like a
// machine that was down.
//
// # Stop
//
// On SIGTERM the socket closes, the turn in hand is committed, idle plugin
// processes are ended and busy ones left alone. On kill -9 none of this
// happens, and nothing depends on it:
//
//	killed after …                    what is on disk       at the next start
//	request read, before the commit   nothing               nothing happened; the client was told nothing
//	commit, before the answer         the run               it goes on; the client may ask again with its key
//	commit, before the launch         an attempt            no directory: launched, once
//	the directory was made            the directory         no go, same boot: started, once
//	while the step works              lock held             joined; its output never stopped
//	the step ended meanwhile          result.json           recorded as it says
//	its process died in its cleanup   cleanup.json          recorded as the work ended
//	the step's process died as well   go, no lock           lost: the step's own rules decide
//	the machine went down             another boot id       lost, unless there is a result
//	the end was recorded              an unsealed log       sealed
//	half of a sealing                 a temporary file      sealed again
//	the log was recorded              the directory         removed
//	half of a deletion                files without records removed
//	an erasure was recorded           the log               removed
//	an instant was decided            its record, its run   not decided again
//	a run ended that others wait for  a row of its end      they are told, once
//	a backfill was under way          what it has started   goes on with the next instant
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/access"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/host"
	"github.com/penstock/penstock/daemon/key"
	"github.com/penstock/penstock/daemon/listener"
	"github.com/penstock/penstock/daemon/logs"
	"github.com/penstock/penstock/daemon/metrics"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/state"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// Options is what a daemon is started with.
type Options struct {
	Version string
	Config  config.Daemon // with State and Socket set
	// Reload reads the configuration again, for SIGHUP.
	Reload   func() (config.Daemon, error)
	Log      *slog.Logger
	LogLevel *slog.LevelVar     // changed by a reload
	Listener net.Listener       // handed in by socket activation; nil: listen on Config.Socket
	Notify   func(state string) // tells the service manager; see sd_notify(3)
	Watchdog time.Duration      // how often it wants to hear of us; 0: never
}

// Daemon is a running penstockd.
type Daemon struct {
	options   Options
	paths     config.Paths
	config    atomic.Pointer[config.Daemon]
	access    atomic.Pointer[access.Table]
	log       *slog.Logger
	startedAt time.Time

	lock     *os.File
	store    *store.Store
	logs     *logs.Store
	host     *host.Host
	attempts *attempts
	spawner  *spawner
	follower *follower
	engine   *engine.Engine
	texts    *texts
	signing  *state.SigningKey
	http     *listener.Listener // nil: off
	metrics  *metrics.Metrics
	broken   bool       // a commit failed
	playing  sync.Mutex // held while a schedule is played

	retention retention
	schedules *schedules
	backfills backfills
	files     *files
}

// Open makes everything ready that does not need a client.
func Open(ctx context.Context, o Options) (d *Daemon, err error) {
	d = &Daemon{
		options: o, log: o.Log, startedAt: time.Now(), texts: newTexts(),
		paths: config.Paths{State: o.Config.State, Socket: o.Config.Socket},
	}
	d.config.Store(&o.Config)
	if o.Listener != nil { // what lies beside the socket goes where the socket is
		d.paths.Socket = o.Listener.Addr().String()
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	who, err := access.Read(o.Config.Access)
	if err != nil {
		return d, err
	}
	d.access.Store(who)
	d.signing = &state.SigningKey{Path: filepath.Join(d.paths.State, "signing-key"), Size: key.SigningKeySize}
	if err := d.openState(); err != nil {
		return d, err
	}
	if err := rpc.MakeDirectory(d.paths.Socket, who.Open()); err != nil {
		return d, err
	}
	if err := d.openHost(ctx); err != nil {
		return d, err
	}
	return d, d.openEngine()
}

// openState takes the state directory and opens what is in it.
func (d *Daemon) openState() (err error) {
	for _, dir := range []string{"", "attempts", "workspaces"} {
		if err := os.MkdirAll(filepath.Join(d.paths.State, dir), 0o700); err != nil {
			return fmt.Errorf("make the state directory: %w", err)
		}
	}
	if err := state.CloseToOthers(d.paths.State); err != nil {
		return err
	}
	if d.lock, err = state.Lock(d.paths.State); err != nil {
		return err
	}
	// Badger dies, without a word, on a disk where its files cannot grow.
	if err := state.MakeRoom(d.paths.State, store.Headroom); err != nil {
		return err
	}
	if d.store, err = store.Open(filepath.Join(d.paths.State, "store"), d.log); err != nil {
		return err
	}
	d.store.Room = d.roomToCommit
	d.logs, err = logs.Open(filepath.Join(d.paths.State, "logs"), d.log)
	if err != nil {
		return err
	}
	storage := d.config.Load().Storage
	return state.LayBallast(d.paths.State, storage.Ballast, uint64(storage.MinFree))
}

func (d *Daemon) openHost(ctx context.Context) (err error) {
	c := d.config.Load()
	d.host, err = host.Open(ctx, host.Config{
		Directories: c.PluginDirs, Runtime: filepath.Join(filepath.Dir(d.paths.Socket), "p"),
		Spare: filepath.Join(d.paths.State, "spare"),
		Idle:  c.Plugins.Idle, Cgroup: c.Plugins.Cgroup, Pins: c.Plugins.SHA256, Log: d.log,
	})
	return err
}

func (d *Daemon) openEngine() (err error) {
	bootID, err := host.BootID()
	if err != nil {
		return err
	}
	c := d.config.Load()
	d.attempts = &attempts{state: d.paths.State, host: d.host, logs: d.logs, log: d.log}
	d.attempts.limits.Store(&limits{grace: c.Steps.Grace, logLimit: c.Steps.LogLimit})
	if err := d.sweepOrphans(); err != nil {
		return err
	}
	d.metrics = metrics.New(d.options.Version, d.reading)
	d.spawner, d.follower = newSpawner(d), &follower{Daemon: d}
	d.engine, err = engine.Open(engine.Config{
		Store: d.store, Host: d.attempts, Spawner: d.spawner, Archive: d.attempts, Log: d.log, BootID: bootID,
		Settings: engine.Settings{MaxRunning: c.Steps.MaxRunning}, Settled: d.settled, Observer: d.metrics,
		Ended: d.follower.bell.ring,
	})
	if err != nil {
		return err
	}
	d.files = newFiles(d)
	d.schedules = newSchedules(d, schedule.Boot{ID: bootID, At: d.startedAt})
	return d.sweepAttempts()
}

// settled tells those who wait for the ends of runs. It returns at once.
func (d *Daemon) settled(pipeline uint64) {
	d.retention.settled(pipeline)
	d.backfills.settled(pipeline)
	if d.files != nil { // while the engine is opened there are none yet
		d.files.settled(pipeline)
	}
}

// resumed tells those who wait until they may start runs again that something
// is allowed again. It returns at once.
func (d *Daemon) resumed() {
	d.backfills.bell.ring()
	d.files.resumed()
}

// Serve runs the daemon until ctx ends or its state can no longer be trusted,
// and closes it. Running steps are left alone.
func (d *Daemon) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	socket, err := d.listen()
	if err != nil {
		return errors.Join(err, d.close())
	}
	if err := d.openHTTP(); err != nil {
		return errors.Join(err, socket.Close(), d.close())
	}
	stopLoop := d.runLoop(ctx, cancel)
	waitForAll := d.keepAll(ctx, cancel)
	d.options.Notify("READY=1")
	load := d.engine.Load()
	d.log.Info("serving", "version", d.options.Version, "socket", socket.Addr(), "state", d.paths.State,
		"generation", d.store.Meta.Generation, "live_runs", load.LiveRuns, "running_steps", load.RunningSteps)

	serveErr := d.answer(ctx, socket)
	cancel(serveErr)
	d.log.Info("stopping; running steps go on", "running", d.engine.Load().RunningSteps)
	d.options.Notify("STOPPING=1")
	keepErr := waitForAll()
	engineErr := stopLoop()
	d.spawner.stop()
	d.broken = engineErr != nil
	return errors.Join(serveErr, keepErr, engineErr, d.close())
}

// runLoop runs the engine, which outlives ctx until it is stopped; its end is
// the end of everything.
func (d *Daemon) runLoop(ctx context.Context, cancel context.CancelCauseFunc) (stop func() error) {
	loop, end := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() {
		err := d.engine.Run(loop)
		cancel(err)
		done <- err
	}()
	return func() error {
		end()
		return <-done
	}
}

// keepAll starts what works beside the answers to clients, all of it until ctx
// ends; wait waits for it. Where one of them fails, so does the daemon.
func (d *Daemon) keepAll(ctx context.Context, fail context.CancelCauseFunc) (wait func() error) {
	var kept sync.WaitGroup
	for _, keep := range []func(context.Context){
		d.keepWatchdog, d.keepSweeping, d.keepBackfilling, d.follower.keepTelling,
	} {
		kept.Go(func() { keep(ctx) })
	}
	mayFail := []func(context.Context) error{d.serveHTTP, d.files.watcher.Run, d.keepSchedules}
	errs := make([]error, len(mayFail))
	for i, keep := range mayFail {
		kept.Go(func() {
			if errs[i] = keep(ctx); errs[i] != nil {
				fail(errs[i])
			}
		})
	}
	return func() error {
		kept.Wait()
		return errors.Join(errs...)
	}
}

func (d *Daemon) listen() (net.Listener, error) {
	if d.options.Listener != nil {
		return d.options.Listener, nil
	}
	return rpc.Listen(d.paths.Socket, d.access.Load().Open())
}

// close lets go of what was opened, in the reverse order. The store is left
// as it is where it failed or the disk is nearly full: to close it would write
// to it, and what was answered is safe without.
func (d *Daemon) close() error {
	var errs []error
	if d.host != nil {
		d.host.Close()
	}
	if d.logs != nil {
		errs = append(errs, d.logs.Close())
	}
	if d.store != nil && !d.broken {
		if free, err := state.Free(d.paths.State); err == nil && free >= store.Headroom {
			errs = append(errs, d.store.Close())
		}
	}
	if d.lock != nil {
		errs = append(errs, d.lock.Close())
	}
	return errors.Join(errs...)
}
