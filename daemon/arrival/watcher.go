package arrival

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/fsnotify/fsnotify"

	"github.com/penstock/penstock/daemon/agenda"
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

	mu     sync.Mutex         // protects the fields below
	wanted map[uint64][]Watch // by pipeline
	fresh  map[uint64]bool    // pipelines of which that has changed
	nudged map[uint64]bool    // pipelines

	watches map[uint64][]*watch // by pipeline; the fields from here on are Run's
	plans   plans
	places  map[string]map[*watch]bool // by directory
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

	agenda.Place           // among the plans
	due          time.Time // there: when it has something to do
}

// New makes a Watcher of no watches. No file arrives in the directory own, nor
// below it: it is where the receiver keeps what it writes itself, so that to
// take a file would make the next one. "" is none.
func New(take Take, own string, log *slog.Logger) *Watcher {
	return &Watcher{
		log: log, take: take, own: place(own), bell: make(chan struct{}, 1),
		wanted: map[uint64][]Watch{}, fresh: map[uint64]bool{}, nudged: map[uint64]bool{}, watches: map[uint64][]*watch{}, places: map[string]map[*watch]bool{},
	}
}

// Put says which watches a pipeline has. One that is as before keeps what it
// knows.
func (w *Watcher) Put(pipeline uint64, all ...Watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(all) == 0 && len(w.wanted[pipeline]) == 0 {
		return
	}
	if w.wanted[pipeline] = all; len(all) == 0 {
		delete(w.wanted, pipeline)
	}
	w.fresh[pipeline] = true
	w.ring()
}

// Nudge offers what waits of a pipeline again.
func (w *Watcher) Nudge(pipeline uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.wanted[pipeline]) > 0 {
		w.nudged[pipeline] = true
		w.ring()
	}
}

// NudgeAll offers what waits of all pipelines again.
func (w *Watcher) NudgeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for pipeline := range w.wanted {
		w.nudged[pipeline] = true
	}
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
	fresh, nudged := map[uint64][]Watch{}, w.nudged
	for pipeline := range w.fresh {
		fresh[pipeline] = w.wanted[pipeline]
	}
	w.fresh, w.nudged = map[uint64]bool{}, map[uint64]bool{}
	w.mu.Unlock()
	for pipeline, wanted := range fresh {
		w.adopt(pipeline, wanted, now)
	}
	for pipeline := range nudged {
		for _, one := range w.watches[pipeline] {
			one.waiting, one.again = false, true
			w.plans.plan(one)
		}
	}
}

// adopt makes the watches of a pipeline what is wanted.
func (w *Watcher) adopt(pipeline uint64, wanted []Watch, now time.Time) {
	before := w.watches[pipeline]
	delete(w.watches, pipeline)
	for _, one := range wanted {
		at := slices.IndexFunc(before, func(old *watch) bool { return old.Watch == one })
		if at >= 0 {
			w.watches[pipeline] = append(w.watches[pipeline], before[at])
			before = slices.Delete(before, at, at+1)
		} else if fresh := w.open(one, now); fresh != nil {
			w.watches[pipeline] = append(w.watches[pipeline], fresh)
		}
	}
	for _, gone := range before {
		w.plans.Remove(gone)
		w.move(gone, nil)
	}
}

// open begins a watch; nil where its pattern is none.
func (w *Watcher) open(wanted Watch, now time.Time) *watch {
	p, err := newPattern(wanted.Pattern)
	if err != nil {
		w.log.Error("no file can arrive at a pattern that is none", "pattern", wanted.Pattern, "error", err)
		return nil
	}
	one := &watch{Watch: wanted, pattern: p, book: newBook(wanted.Settle), stale: now, again: true}
	w.plans.plan(one)
	return one
}

// distrust has every directory looked through.
func (w *Watcher) distrust(now time.Time) {
	for _, all := range w.watches {
		for _, one := range all {
			one.stale, one.waiting, one.again = now, false, true
			w.plans.plan(one)
		}
	}
}

// turn does what is due.
func (w *Watcher) turn(ctx context.Context, now time.Time) {
	for _, one := range w.plans.take(now) {
		if !one.stale.IsZero() && !one.stale.After(now) {
			one.stale = time.Time{}
			w.lookThrough(one, now)
		}
		one.settleDue(now)
		w.offer(ctx, one)
		w.plans.plan(one)
	}
}

// next is when a watch has something to do, if nothing happens before; false:
// never.
func (one *watch) next() (at time.Time, busy bool) {
	if one.again {
		return time.Time{}, true
	}
	at, busy = one.book.next()
	if !one.stale.IsZero() && (!busy || one.stale.Before(at)) {
		return one.stale, true
	}
	return at, busy
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
	one, ok := w.plans.First()
	if !ok {
		return rescanEvery
	}
	return min(max(0, one.due.Sub(now)), rescanEvery)
}

// hear takes a notification.
func (w *Watcher) hear(e fsnotify.Event, now time.Time) {
	touched := e.Has(fsnotify.Create) || e.Has(fsnotify.Write)
	if near := w.places[filepath.Dir(e.Name)]; len(near) > 0 {
		f, err := Stat(e.Name)
		for one := range near {
			one.hear(e.Name, f, err, touched, now)
			w.plans.plan(one)
		}
	}
	for one := range w.places[e.Name] { // a directory itself
		one.doubt(now)
		w.plans.plan(one)
	}
}

// hear takes how the file is, or is not, that a notification is of.
func (one *watch) hear(path string, f File, err error, touched bool, now time.Time) {
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
