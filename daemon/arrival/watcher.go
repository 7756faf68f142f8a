package arrival

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/fsnotify/fsnotify"
)

// Batch is how many files are offered at once, at most.
const Batch = 256

const (
	rescanEvery = time.Minute
	// restlessness is how long directories that come and go are left alone before
	// they are looked through: a tree that is unpacked is looked through once.
	restlessness = 50 * time.Millisecond
)

// ID names a watch.
type ID struct {
	Pipeline uint64
	Trigger  string
}

// Watch is which files are waited for.
type Watch struct {
	ID
	Pattern string
	Settle  time.Duration
	Except  string // a directory below which no file counts; "" is none
}

// Take is offered files, oldest first, and says how many of the first are
// decided: they are not offered again. The others wait for a Nudge, or for the
// next looking through. With those two, and when a watch is new, it is called also
// where there are no files: who has something left to do with earlier ones does it
// then. It is called from one goroutine.
type Take func(ctx context.Context, id ID, files []File) (taken int)

// Watcher waits for files.
type Watcher struct {
	log    *slog.Logger
	take   Take
	own    fs.FileInfo       // a directory in which no file arrives; nil is none
	kernel *fsnotify.Watcher // nil where there is none: the directories are looked through
	bell   chan struct{}

	mu     sync.Mutex // protects the fields below
	wanted map[ID]Watch
	fresh  bool // wanted has changed
	nudged map[ID]bool

	watches map[ID]*watch // the fields from here on are Run's
	places  map[string]map[*watch]bool
}

// watch is a Watch under way.
type watch struct {
	Watch
	pattern pattern
	book    *book
	places  []string  // directories that the kernel tells of
	stale   time.Time // when the directories are to be looked through again
	waiting bool      // less was taken than offered
	again   bool      // take is to be called, files or none
	trouble string    // what was last said of it
}

// New makes a Watcher of no watches. No file arrives in the directory own, nor
// below it: it is where the receiver keeps what it writes itself, so that to
// take a file would make the next one. "" is none.
func New(take Take, own string, log *slog.Logger) *Watcher {
	return &Watcher{
		log: log, take: take, own: place(own), bell: make(chan struct{}, 1), wanted: map[ID]Watch{}, nudged: map[ID]bool{},
		watches: map[ID]*watch{}, places: map[string]map[*watch]bool{},
	}
}

// Put says which watches a pipeline has. One that is as before keeps what it
// knows.
func (w *Watcher) Put(pipeline uint64, all ...Watch) {
	w.mu.Lock()
	maps.DeleteFunc(w.wanted, func(id ID, _ Watch) bool { return id.Pipeline == pipeline })
	for _, one := range all {
		w.wanted[one.ID] = one
	}
	w.fresh = true
	w.mu.Unlock()
	w.ring()
}

// Nudge offers what waits again.
func (w *Watcher) Nudge(match func(ID) bool) {
	w.mu.Lock()
	for id := range w.wanted {
		if match(id) {
			w.nudged[id] = true
		}
	}
	w.mu.Unlock()
	w.ring()
}

func (w *Watcher) ring() {
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

// Run waits for files until ctx ends. It is called once. Where the kernel gives
// no inotify instance it works without.
func (w *Watcher) Run(ctx context.Context) error {
	events, troubles := w.listen()
	rescan, alarm := time.NewTicker(rescanEvery), time.NewTimer(time.Hour)
	defer rescan.Stop()
	defer alarm.Stop()
	for {
		w.turn(ctx, time.Now())
		alarm.Reset(w.rest(time.Now()))
		select {
		case <-ctx.Done():
			return w.close()
		case e := <-events:
			w.hear(e, time.Now())
		case err := <-troubles:
			w.log.Warn("files that arrive: the kernel did not tell all; every directory is looked through", "error", err)
			w.distrust(time.Now())
		case <-rescan.C:
			w.distrust(time.Now())
		case <-alarm.C:
		case <-w.bell:
			w.obey(time.Now())
		}
	}
}

// listen has the kernel tell what happens.
func (w *Watcher) listen() (<-chan fsnotify.Event, <-chan error) {
	kernel, err := fsnotify.NewWatcher()
	if err != nil {
		w.log.Warn("files that arrive are looked for once a minute: the kernel tells nothing; see fs.inotify.max_user_instances", "error", err)
		return nil, nil
	}
	w.kernel = kernel
	return kernel.Events, kernel.Errors
}

func (w *Watcher) close() error {
	if w.kernel == nil {
		return nil
	}
	return w.kernel.Close()
}

// obey does what was asked by Put and Nudge.
func (w *Watcher) obey(now time.Time) {
	w.mu.Lock()
	wanted, fresh, nudged := maps.Clone(w.wanted), w.fresh, w.nudged
	w.fresh, w.nudged = false, map[ID]bool{}
	w.mu.Unlock()
	if fresh {
		w.adopt(wanted, now)
	}
	for id := range nudged {
		if one := w.watches[id]; one != nil {
			one.waiting, one.again = false, true
		}
	}
}

// adopt makes the watches what is wanted.
func (w *Watcher) adopt(wanted map[ID]Watch, now time.Time) {
	before := w.watches
	w.watches = map[ID]*watch{}
	for _, one := range wanted {
		old := before[one.ID]
		if old != nil && old.Watch == one {
			w.watches[one.ID] = old
			delete(before, one.ID)
			continue
		}
		p, err := newPattern(one.Pattern)
		if err != nil {
			w.log.Error("no file can arrive at a pattern that is none", "pattern", one.Pattern, "error", err)
			continue
		}
		w.watches[one.ID] = &watch{Watch: one, pattern: p, book: newBook(one.Settle), stale: now, again: true}
	}
	for _, gone := range before {
		w.move(gone, nil)
	}
}

// distrust has every directory looked through.
func (w *Watcher) distrust(now time.Time) {
	for _, one := range w.watches {
		one.stale, one.waiting, one.again = now, false, true
	}
}

// turn does what is due.
func (w *Watcher) turn(ctx context.Context, now time.Time) {
	for _, one := range w.watches {
		if !one.stale.IsZero() && !one.stale.After(now) {
			one.stale = time.Time{}
			w.lookThrough(one, now)
		}
		one.settleDue(now)
		w.offer(ctx, one)
	}
}

// settleDue looks once more at what nothing happened to for long enough.
func (one *watch) settleDue(now time.Time) {
	for {
		f, ok := one.book.due(now)
		if !ok {
			return
		}
		again, err := Stat(f.Path)
		switch {
		case err != nil:
			one.book.lose(f.Path)
		case again.equals(f.Stamp):
			one.book.settleDown(f.Path)
		default:
			one.book.see(again, true, now)
		}
	}
}

// offer offers what has settled, batch by batch.
func (w *Watcher) offer(ctx context.Context, one *watch) {
	for !one.waiting && ctx.Err() == nil {
		files := one.book.offer(Batch)
		if len(files) == 0 && !one.again {
			return
		}
		one.again = false
		taken := w.take(ctx, one.ID, files)
		one.book.decide(taken)
		one.waiting = taken < len(files)
	}
}

// rest is how long nothing is due.
func (w *Watcher) rest(now time.Time) time.Duration {
	rest := rescanEvery
	for _, one := range w.watches {
		if at, ok := one.book.next(); ok {
			rest = min(rest, at.Sub(now))
		}
		if !one.stale.IsZero() {
			rest = min(rest, one.stale.Sub(now))
		}
	}
	return max(rest, 0)
}

// hear takes a notification.
func (w *Watcher) hear(e fsnotify.Event, now time.Time) {
	touched := e.Has(fsnotify.Create) || e.Has(fsnotify.Write)
	for one := range w.places[filepath.Dir(e.Name)] {
		one.hear(e.Name, touched, now)
	}
	for one := range w.places[e.Name] { // a directory itself
		one.doubt(now)
	}
}

// hear looks at what a notification is of.
func (one *watch) hear(path string, touched bool, now time.Time) {
	f, err := Stat(path)
	switch {
	case err == nil && one.counts(path):
		one.book.see(f, touched, now)
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		one.book.lose(path)
	case one.leadsOn(path) || one.pattern.base == path || isAbove(path, one.pattern.base):
		one.book.lose(path)
		one.doubt(now)
	}
}

// doubt has the directories looked through soon.
func (one *watch) doubt(now time.Time) {
	if one.stale.IsZero() {
		one.stale = now.Add(restlessness)
	}
}

// counts reports whether a file of this path is waited for. A path that is not
// UTF-8 can be told to no run: in records and in expressions it would be another.
func (one *watch) counts(path string) bool {
	return one.pattern.matches(path) && !one.excepts(path) && utf8.ValidString(path)
}

func (one *watch) leadsOn(dir string) bool { return one.pattern.leadsOn(dir) && !one.excepts(dir) }

func (one *watch) excepts(path string) bool {
	return one.Except != "" && (path == one.Except || isAbove(one.Except, path))
}
