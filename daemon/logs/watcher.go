package logs

import (
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"
	"sync"

	"github.com/fsnotify/fsnotify"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/steplog"
)

// watcher tells those who wait for a directory that it changed: one kernel watch
// for a directory, one goroutine for all.
type watcher struct {
	log    *slog.Logger
	kernel *fsnotify.Watcher // nil where there is none: then nobody is told
	group  sync.WaitGroup

	// watching is held while kernel is asked for something. The goroutine never
	// takes it, because the kernel side may wait for the goroutine meanwhile.
	watching sync.Mutex

	mu      sync.Mutex // protects the field below
	waiting map[string]map[chan struct{}]struct{}
}

func newWatcher(log *slog.Logger) *watcher {
	w := &watcher{log: log, waiting: map[string]map[chan struct{}]struct{}{}}
	kernel, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("no inotify; followers of logs see new output once a second (raise fs.inotify.max_user_instances)", "err", err)
		return w
	}
	w.kernel = kernel
	w.group.Go(w.run)
	return w
}

func (w *watcher) close() error {
	if w.kernel == nil {
		return nil
	}
	err := w.kernel.Close()
	w.group.Wait()
	return err
}

// join gives a channel that holds a value after dir has changed.
func (w *watcher) join(dir string) chan struct{} {
	dir = filepath.Clean(dir)
	w.watching.Lock()
	defer w.watching.Unlock()
	changed := make(chan struct{}, 1)
	if w.add(dir, changed) == 1 && w.kernel != nil {
		if err := w.kernel.Add(dir); err != nil {
			w.log.Debug("a log is not watched; its followers look once a second", "err", err)
		}
	}
	return changed
}

// leave ends what join began.
func (w *watcher) leave(dir string, changed chan struct{}) {
	dir = filepath.Clean(dir)
	w.watching.Lock()
	defer w.watching.Unlock()
	if w.remove(dir, changed) > 0 || w.kernel == nil {
		return
	}
	// A directory that was removed took its watch along.
	if err := w.kernel.Remove(dir); err != nil && !errors.Is(err, fsnotify.ErrNonExistentWatch) {
		w.log.Debug("a log stays watched", "err", err)
	}
}

// add and remove give how many wait for dir then.
func (w *watcher) add(dir string, changed chan struct{}) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting[dir] == nil {
		w.waiting[dir] = map[chan struct{}]struct{}{}
	}
	w.waiting[dir][changed] = struct{}{}
	return len(w.waiting[dir])
}

func (w *watcher) remove(dir string, changed chan struct{}) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting[dir], changed)
	n := len(w.waiting[dir])
	if n == 0 {
		delete(w.waiting, dir)
	}
	return n
}

func (w *watcher) run() {
	for {
		select {
		case event, ok := <-w.kernel.Events:
			if !ok {
				return
			}
			w.tell(event.Name)
		case err, ok := <-w.kernel.Errors:
			if !ok {
				return
			}
			w.log.Debug("changes of logs were lost", "err", err)
			w.tellAll()
		}
	}
}

// tell wakes who waits for the directory that name is, or is in.
func (w *watcher) tell(name string) {
	dir, file := filepath.Split(name)
	w.mu.Lock()
	defer w.mu.Unlock()
	wake(w.waiting[name])
	if file == protocol.ResultFile || strings.HasPrefix(file, steplog.Head) {
		wake(w.waiting[filepath.Clean(dir)])
	}
}

func (w *watcher) tellAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for waiting := range maps.Values(w.waiting) {
		wake(waiting)
	}
}

func wake(waiting map[chan struct{}]struct{}) {
	for changed := range waiting {
		select {
		case changed <- struct{}{}:
		default: // it is awake already
		}
	}
}
