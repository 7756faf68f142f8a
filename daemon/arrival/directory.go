package arrival

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fsnotify/fsnotify"
)

// maxDirectories bounds how many directories a watch has.
const maxDirectories = 4096

// lookThrough looks at every file of a watch, and has the kernel tell of what
// happens from then on. A directory is told of before it is read: what comes in
// between is seen twice, not missed.
func (w *Watcher) lookThrough(one *watch, now time.Time) {
	w.forgetMoved(one)
	l := looking{Watcher: w, watch: one, now: now, seen: map[string]bool{}}
	if err := l.begin(one.pattern.base); errors.Is(err, fs.ErrNotExist) {
		l.ancestor()
	} else {
		l.note(err)
	}
	one.book.keep(l.seen)
	w.move(one, l.places)
	one.report(w, errors.Join(l.troubles...))
}

// looking is a looking through.
type looking struct {
	*Watcher
	*watch
	now      time.Time
	seen     map[string]bool
	places   []string
	troubles []error
}

func (l *looking) note(err error) {
	if err != nil && len(l.troubles) < 3 {
		l.troubles = append(l.troubles, err)
	}
}

// begin enters the directory of the pattern, unless it is the watcher's own.
func (l *looking) begin(base string) error {
	if l.own != nil && within(base, l.own) {
		return fmt.Errorf("no file arrives in %s: %w", base, ErrOwn)
	}
	return l.enter(base)
}

// enter looks at a directory and those below it that count.
func (l *looking) enter(dir string) error {
	if len(l.places) == maxDirectories {
		l.note(fmt.Errorf("there are more than %d directories; files in %s and others are not seen", maxDirectories, dir))
		return nil
	}
	if err := l.attend(dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir) // as much of it as can be read
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		switch {
		case entry.IsDir() && l.leadsOn(path) && !l.owns(entry):
			l.note(ignoreNotExist(l.enter(path)))
		case entry.Type().IsRegular() && l.counts(path):
			l.look(path, entry)
		case entry.Type().IsRegular() && l.pattern.matches(path) && !utf8.ValidString(path):
			l.note(fmt.Errorf("the name of %q is not UTF-8, so no run can be told of it", path))
		}
	}
	return err
}

func (l *looking) owns(entry fs.DirEntry) bool {
	if l.own == nil {
		return false
	}
	info, err := entry.Info()
	return err == nil && os.SameFile(info, l.own)
}

func (l *looking) look(path string, entry fs.DirEntry) {
	info, err := entry.Info()
	if err != nil {
		l.note(ignoreNotExist(err))
		return
	}
	if f, err := fileOf(path, info); err == nil {
		l.seen[path] = true
		l.book.see(f, false, l.now)
	}
}

// attend has the kernel tell of a directory. Where it cannot, the directory is
// looked through every minute all the same.
func (l *looking) attend(dir string) error {
	l.places = append(l.places, dir)
	if l.kernel == nil {
		return nil
	}
	err := l.kernel.Add(dir) // again where it is told of: it may be another directory by now
	if errors.Is(err, fs.ErrNotExist) {
		l.places = l.places[:len(l.places)-1]
		return err
	}
	if err != nil {
		l.note(fmt.Errorf("the kernel tells nothing of %s, which is looked through once a minute: %w", dir, err))
	}
	return nil
}

// ancestor waits for the directory of the pattern to be made: by those above
// it that are there.
func (l *looking) ancestor() {
	missing := l.pattern.base
	for dir := filepath.Dir(missing); ; missing, dir = dir, filepath.Dir(dir) {
		if err := l.attend(dir); err == nil || dir == "/" {
			break
		}
	}
	if _, err := os.Lstat(missing); err == nil {
		l.doubt(l.now) // it was made before the kernel told of it
	}
}

// move makes places the directories that the kernel tells a watch of; nil: none.
func (w *Watcher) move(one *watch, places []string) {
	before := one.places
	one.places = places
	for _, dir := range places {
		if w.places[dir] == nil {
			w.places[dir] = map[*watch]bool{}
		}
		w.places[dir][one] = true
	}
	kept := map[string]bool{}
	for _, dir := range places {
		kept[dir] = true
	}
	for _, dir := range before {
		if !kept[dir] {
			w.leave(one, dir)
		}
	}
}

// forgetMoved lets the kernel be silent on paths at which there is nothing any
// more. One that was moved is the same directory to it under its new path, and to
// be silent on the old one later would silence that.
func (w *Watcher) forgetMoved(one *watch) {
	for _, dir := range one.places {
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			w.silence(dir)
		}
	}
}

// leave lets the kernel be silent on a directory that no watch has any more.
func (w *Watcher) leave(one *watch, dir string) {
	delete(w.places[dir], one)
	if len(w.places[dir]) > 0 {
		return
	}
	delete(w.places, dir)
	w.silence(dir)
}

func (w *Watcher) silence(dir string) {
	if w.kernel == nil {
		return
	}
	if err := w.kernel.Remove(dir); err != nil && !errors.Is(err, fsnotify.ErrNonExistentWatch) {
		w.log.Warn("a directory stays watched", "directory", dir, "error", err)
	}
}

// report says what is wrong with a watch, when that is new.
func (one *watch) report(w *Watcher, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != one.trouble {
		one.trouble = text
		if text != "" {
			w.log.Warn("not every file that arrives may be seen", "pipeline", one.Pipeline, "trigger", one.Trigger, "pattern", one.Pattern, "error", err)
		}
	}
}

func ignoreNotExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// isAbove reports whether path lies below dir.
func isAbove(dir, path string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
