package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"
	systemd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon"
	"github.com/penstock/penstock/daemon/access"
	"github.com/penstock/penstock/daemon/state"
)

// The exit codes. A supervisor should not start the daemon again after the
// ones above 2 without a person in between (RestartPreventExitStatus in the
// unit). 2 is not among them: the Go runtime ends with it after a fault, and
// then the daemon is to come back.
const (
	exitFailed = 1  // it could not start or go on; the message says why
	exitUsage  = 2  // a wrong flag, or --check-config found something wrong
	exitHeld   = 3  // another daemon serves the state directory
	exitFull   = 28 // the disk is full (errno ENOSPC)
	exitConfig = 78 // a wrong configuration (EX_CONFIG of sysexits.h)
)

// version is set by the build.
var version = "devel"

// flags are the command line. What is set wins over the configuration.
type flags struct {
	state, socket, config string
	pluginDirs            []string
	check, version        bool
}

func parseFlags(args []string) (*flags, error) {
	f := &flags{}
	set := pflag.NewFlagSet("penstockd", pflag.ContinueOnError)
	set.StringVar(&f.state, "state", "", "state `directory`")
	set.StringVar(&f.socket, "socket", "", "`path` of the Unix socket")
	set.StringArrayVar(&f.pluginDirs, "plugin-dir", nil, "`directory` with step plugins; may be repeated, the first wins")
	set.StringVar(&f.config, "config", "", "configuration `file`")
	set.BoolVar(&f.check, "check-config", false, "say whether the configuration is right, and exit")
	set.BoolVar(&f.version, "version", false, "print the version, and exit")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	return f, nil
}

// serve runs the daemon and answers with its exit code.
func serve(args []string) int {
	f, err := parseFlags(args)
	if errors.Is(err, pflag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "penstockd:", err)
		return exitUsage
	}
	if f.version {
		fmt.Println("penstockd", version)
		return 0
	}
	c, err := f.load()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		if f.check {
			return exitUsage
		}
		return exitConfig
	}
	if f.check {
		fmt.Fprintln(os.Stderr, "the configuration is right")
		return 0
	}
	if err := run(f, c); err != nil {
		fmt.Fprintln(os.Stderr, "penstockd:", err)
		return exitCode(err)
	}
	return 0
}

func exitCode(err error) int {
	switch {
	case errors.Is(err, state.ErrHeld):
		return exitHeld
	case errors.Is(err, state.ErrDiskFull):
		return exitFull
	}
	return exitFailed
}

// load reads the configuration and puts the flags and the defaults in place.
func (f *flags) load() (config.Daemon, error) {
	paths, err := config.DefaultPaths(os.Getenv, os.Getuid())
	if err != nil && (f.state == "" || f.socket == "" || f.config == "") {
		return config.Daemon{}, fmt.Errorf("penstockd: %w", err)
	}
	file := paths.Config
	if f.config != "" {
		file = f.config
	}
	text, err := os.ReadFile(file)
	if err != nil && (f.config != "" || !errors.Is(err, os.ErrNotExist)) {
		return config.Daemon{}, fmt.Errorf("penstockd: read the configuration: %w", err)
	}
	c, err := config.ParseDaemon(file, text)
	if err != nil {
		return c, err
	}
	if _, err := access.Read(c.Access); err != nil {
		return c, fmt.Errorf("%s: %w", file, err)
	}
	return f.complete(c, paths)
}

func (f *flags) complete(c config.Daemon, paths config.Paths) (config.Daemon, error) {
	c.State = first(f.state, c.State, paths.State)
	c.Socket = first(f.socket, c.Socket, paths.Socket)
	if len(f.pluginDirs) > 0 {
		c.PluginDirs = slices.Clone(f.pluginDirs) // the daemon keeps it, and a reload comes here again
	} else if exe, err := os.Executable(); err == nil {
		// A build tree works as it is, its plugins beside the daemon, and so does
		// an installation below a prefix, with the daemon in its bin.
		c.PluginDirs = append([]string{
			filepath.Join(filepath.Dir(exe), "plugins"),
			filepath.Join(filepath.Dir(exe), "..", "lib", "penstock", "plugins"),
		}, c.PluginDirs...)
	}
	for _, path := range append([]*string{&c.State, &c.Socket}, pointers(c.PluginDirs)...) {
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return c, fmt.Errorf("penstockd: %w", err)
		}
		*path = absolute
	}
	return c, nil
}

func pointers(values []string) (all []*string) {
	for i := range values {
		all = append(all, &values[i])
	}
	return all
}

// first is the first that is not empty.
func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func run(f *flags, c config.Daemon) error {
	syscall.Umask(0o077)
	listener, err := inherited()
	if err != nil {
		return err
	}
	level := &slog.LevelVar{}
	level.Set(daemon.SlogLevel(c.Log.Level))
	watchdog, err := systemd.SdWatchdogEnabled(true)
	if err != nil {
		return fmt.Errorf("WATCHDOG_USEC: %w", err)
	}
	log := slog.New(handler(c.Log.Format, level))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	d, err := daemon.Open(ctx, daemon.Options{
		Version: version, Config: c, Reload: f.load, Log: log, LogLevel: level,
		Listener: listener, Watchdog: watchdog, Notify: notify(log),
	})
	if err != nil {
		return err
	}
	defer onHangup(ctx, d, log)()
	return d.Serve(ctx)
}

// inherited is the listener of a socket unit (sd_listen_fds(3)), if any. Any
// other descriptor that we were started with stays out of the plugins.
func inherited() (net.Listener, error) {
	listeners, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("socket activation: %w", err)
	}
	if len(listeners) > 1 {
		return nil, fmt.Errorf("socket activation: %d sockets were handed in; there is a use for one", len(listeners))
	}
	if err := unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC); err != nil && !errors.Is(err, unix.ENOSYS) {
		return nil, fmt.Errorf("close_range: %w", err)
	}
	if len(listeners) == 0 {
		return nil, nil
	}
	return listeners[0], nil
}

func handler(format config.LogFormat, level slog.Leveler) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	if format == config.FormatJSON {
		return slog.NewJSONHandler(os.Stderr, options)
	}
	return slog.NewTextHandler(os.Stderr, options)
}

func notify(log *slog.Logger) func(string) {
	return func(state string) {
		if _, err := systemd.SdNotify(false, state); err != nil {
			log.Warn("the service manager cannot be told", "state", state, "error", err)
		}
	}
}

// onHangup reloads the configuration at each SIGHUP. The answer stops it.
func onHangup(ctx context.Context, d *daemon.Daemon, log *slog.Logger) (stop func()) {
	hangup, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangup, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangup:
				if err := d.Reload(ctx); err != nil {
					log.Error("reload", "error", err)
				}
			}
		}
	}()
	return func() { signal.Stop(hangup); cancel(); <-done }
}
