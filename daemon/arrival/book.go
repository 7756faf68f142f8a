package arrival

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/daemon/agenda"
)

// book is what is known of the files of one watch. It asks no clock and touches
// no file.
type book struct {
	settle time.Duration
	files  map[string]*entry
	queue  agenda.Agenda[*entry] // those that settle, by when they have
	ripe   []*entry              // those that have settled; and others, unless it is sorted
	sorted bool                  // ripe is in the order in which it is offered
}

// entry is a file.
type entry struct {
	File
	agenda.Place // settling: in the queue
	state        state
	due          time.Time // settling: when it has settled, if nothing happens before
	ripe         bool      // it is among the ripe
}

// Compare is agenda.Thing's.
func (e *entry) Compare(other *entry) int { return e.due.Compare(other.due) }

type state int

const (
	settling state = iota
	settled
	decided
)

func newBook(settle time.Duration) *book { return &book{settle: settle, files: map[string]*entry{}} }

// see notes how a file is. Touched says that it was written to, whether or not
// that shows.
func (b *book) see(f File, touched bool, now time.Time) {
	e := b.files[f.Path]
	if e == nil {
		e = &entry{File: f, state: decided}
		b.files[f.Path] = e
	} else if e.equals(f.Stamp) && (!touched || e.state == decided) {
		return
	}
	b.leave(e)
	e.Stamp, e.state, e.due = f.Stamp, settling, now.Add(b.settle)
	b.queue.Put(e)
}

// lose forgets a file that is not there any more.
func (b *book) lose(path string) {
	if e := b.files[path]; e != nil {
		b.leave(e)
		delete(b.files, path)
	}
}

// leave takes e from where it waits.
func (b *book) leave(e *entry) {
	switch e.state {
	case settling:
		b.queue.Remove(e)
	case settled:
		e.state, b.sorted = decided, false // offer takes all out at once that are to go
	}
}

// keep forgets all files but those that were seen.
func (b *book) keep(seen map[string]bool) {
	for path := range b.files {
		if !seen[path] {
			b.lose(path)
		}
	}
}

// due is a file that nothing happened to for the settle time; look at it once
// more, and then settle it or see it.
func (b *book) due(now time.Time) (File, bool) {
	e, ok := b.queue.First()
	if !ok || e.due.After(now) {
		return File{}, false
	}
	return e.File, true
}

// settleDown makes a file that is due one to be offered.
func (b *book) settleDown(path string) {
	e := b.files[path]
	b.leave(e)
	e.state, b.sorted = settled, false
	if !e.ripe {
		e.ripe, b.ripe = true, append(b.ripe, e)
	}
}

// next is when a file is due; false: none will be.
func (b *book) next() (time.Time, bool) {
	e, ok := b.queue.First()
	if !ok {
		return time.Time{}, false
	}
	return e.due, true
}

// offer lists the first files that are to be offered, oldest first.
func (b *book) offer(most int) []File {
	if !b.sorted {
		b.ripe = slices.DeleteFunc(b.ripe, func(e *entry) bool { e.ripe = e.state == settled; return !e.ripe })
		slices.SortFunc(b.ripe, func(x, y *entry) int {
			return cmp.Or(x.ModTime.Compare(y.ModTime), strings.Compare(x.Path, y.Path))
		})
		b.sorted = true
	}
	files := make([]File, min(most, len(b.ripe)))
	for i := range files {
		files[i] = b.ripe[i].File
	}
	return files
}

// decide notes that the first n of those that were offered are decided.
func (b *book) decide(n int) {
	for _, e := range b.ripe[:n] {
		e.state, e.ripe = decided, false
	}
	b.ripe = slices.Delete(b.ripe, 0, n)
}
