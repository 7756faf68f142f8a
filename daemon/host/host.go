package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Config is what a Host needs to know.
type Config struct {
	Directories []string          // of plugin binaries; the first that has one wins
	Runtime     string            // absolute and short; made private (0700); processes have their directories in it
	Spare       string            // directory for emptied attempt directories, on their file system; "" keeps none
	Idle        time.Duration     // a process without work for so long is ended; 0 is a minute
	Cgroup      string            // "auto", "off" (also ""), or the cgroup v2 directory to make ours in
	Pins        map[string]string // type → SHA-256 in hex that its binary must have
	Log         *slog.Logger      // nil discards
}

const defaultIdle = time.Minute

// limits are the host's patience.
type limits struct {
	start    time.Duration // of a process, up to its description
	first    time.Duration // for the first word of an attempt that was sent to a process
	slack    time.Duration // for the plugin to do what its deadline or a cancel asks, beyond the grace
	call     time.Duration // for a call that does no work
	death    time.Duration // for a process to be gone after TERM, and after KILL
	adopt    time.Duration // for a former daemon's process to be taken over
	farewell time.Duration // for idle processes to be gone when the host is closed
}

func usualLimits() limits {
	return limits{
		start: 10 * time.Second, first: 10 * time.Second, slack: 10 * time.Second,
		call: 5 * time.Second, death: 5 * time.Second, adopt: 2 * time.Second, farewell: 2 * time.Second,
	}
}

// Host keeps plugin processes. Its methods may be called by many goroutines.
type Host struct {
	log       *slog.Logger
	runtime   string
	cgroup    string // "" where the machine allows none
	bootID    string
	protected bool // from the OOM killer, which plugins are not to inherit
	limits    limits
	binaries  *binaries
	spares    *spares

	ctx    context.Context // done when the host is closed
	cancel func()
	group  sync.WaitGroup // every goroutine of ours

	mu           sync.Mutex // protects the fields below
	closed       bool
	idle         time.Duration
	entries      map[string]*entry   // by name of the attempt
	processes    map[string]*process // by name
	pools        map[poolKey]*pool
	current      map[string]string // type → SHA-256 that new attempts go to
	spawning     int               // processes being started, all pools, but for slow ones
	parallel     int               // at most so many of them
	descriptions map[poolKey]Description
	trimmer      *time.Timer // nil while there is no process
}

// Open makes a host. Processes that a former daemon left below c.Runtime are
// adopted, directories and cgroups of dead ones removed before it returns; an
// attempt that is in work on one is found by Launch. ctx bounds Open only.
func Open(ctx context.Context, c Config) (*Host, error) {
	return open(ctx, c, usualLimits())
}

func open(ctx context.Context, c Config, limits limits) (*Host, error) {
	if err := checkRuntime(c.Runtime); err != nil {
		return nil, err
	}
	boot, err := BootID()
	if err != nil {
		return nil, err
	}
	spares, err := openSpares(c.Spare)
	if err != nil {
		return nil, err
	}
	h := &Host{
		spares: spares,
		log:    c.Log, runtime: filepath.Clean(c.Runtime), bootID: boot, limits: limits,
		binaries:     &binaries{directories: c.Directories, known: map[string]binary{}},
		entries:      map[string]*entry{},
		processes:    map[string]*process{},
		pools:        map[poolKey]*pool{},
		current:      map[string]string{},
		parallel:     max(2, runtime.GOMAXPROCS(0)),
		descriptions: map[poolKey]Description{},
		protected:    isProtected(),
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.Reload(c.Idle, c.Pins)
	h.useCgroup(c.Cgroup)
	if err := h.adoptAll(ctx); err != nil {
		h.Close()
		return nil, err
	}
	h.warn("remove what is empty of the cgroup", h.sweepCgroup())
	return h, nil
}

// checkRuntime makes the runtime directory and refuses one that others can
// reach or whose sockets would have paths too long to be bound.
func checkRuntime(path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("runtime directory %q is not absolute", path)
	}
	if n := len(filepath.Join(path, strings.Repeat("x", nameLength), longestSocket)); n > maxSocket {
		return fmt.Errorf("runtime directory %s is too long: a socket in it could have a path of %d bytes, and %d is the most that Linux allows; use a path at least %d shorter",
			path, n, maxSocket, n-maxSocket)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("runtime directory: %w", err)
	}
	return checkPrivate(path)
}

func checkPrivate(path string) error {
	var stat unix.Stat_t
	if err := unix.Lstat(path, &stat); err != nil {
		return fmt.Errorf("runtime directory %s: %w", path, err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("runtime directory %s is not a directory of uid %d: remove it or choose another", path, os.Geteuid())
	}
	if stat.Mode&0o077 == 0 {
		return nil
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("runtime directory: %w", err)
	}
	return nil
}

func isProtected() bool {
	text, err := os.ReadFile("/proc/self/oom_score_adj")
	return err == nil && strings.HasPrefix(string(text), "-")
}

// useCgroup turns cgroups on where that is wanted and possible.
func (h *Host) useCgroup(setting string) {
	path, err := openCgroup(setting, h.runtime)
	if err != nil {
		h.log.Info("no cgroups: what a step leaves is found by session and environment", "reason", err)
		return
	}
	h.cgroup = path
}

// Reload changes what can be changed: how long idle processes stay, and the
// pins. Both hold from the next attempt on. Binaries whose processes did not
// start may be asked again at once.
func (h *Host) Reload(idle time.Duration, pins map[string]string) {
	h.binaries.pin(pins)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forgetTroubleLocked()
	h.idle = idle
	if idle <= 0 {
		h.idle = defaultIdle
	}
}

// Close ends idle processes, leaves busy ones alone and lets go of everything.
// Nothing is reported any more after it returns; an attempt that waits for a
// process has not begun.
func (h *Host) Close() {
	idle := h.shut()
	ctx, cancel := context.WithTimeout(context.Background(), h.limits.farewell)
	defer cancel()
	var endings sync.WaitGroup
	for _, p := range idle {
		endings.Go(func() { h.warn("end plugin process", p.end(ctx, h.limits.farewell)) })
	}
	endings.Wait()
	h.cancel()
	for _, p := range h.left() {
		h.warn("let go of plugin process", p.close())
	}
	h.group.Wait()
	if h.cgroup != "" {
		_ = os.Remove(h.cgroup) // it stays where a step is at work in it
	}
}

// shut forbids new work and returns the processes that have none.
func (h *Host) shut() []*process {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.trimmer != nil {
		h.trimmer.Stop()
	}
	var idle []*process
	for _, p := range h.processes {
		p.idle.Stop()
		if p.used == 0 {
			idle = append(idle, p)
		}
	}
	return idle
}

func (h *Host) left() []*process {
	h.mu.Lock()
	defer h.mu.Unlock()
	var left []*process
	for _, p := range h.processes {
		left = append(left, p)
	}
	return left
}

// warn logs what went wrong on the way out of something.
func (h *Host) warn(what string, err error) {
	if err != nil && !errors.Is(err, os.ErrClosed) {
		h.log.Warn(what, "error", err)
	}
}
