package host

import (
	"errors"
	"slices"
	"time"
)

// errClosed is why a closed host does nothing.
var errClosed = errors.New("the plugin host is closed")

// A pool of processes grows freely up to the number of processors. Beyond it
// more processes serve only steps that wait for something: it grows when its
// queue has not moved for stalled, or somebody has waited for overdue.
const (
	stalled = 5 * time.Millisecond
	overdue = 50 * time.Millisecond
)

// The back-off of a type whose processes die before they have done anything.
const (
	firstBackOff = 100 * time.Millisecond
	lastBackOff  = 30 * time.Second
)

func backOff(failures int) time.Duration {
	return min(firstBackOff<<min(failures-1, 10), lastBackOff)
}

type poolKey struct{ kind, sha256 string }

// pool has the processes of one binary and those who wait for one. Its fields
// are guarded by Host.mu.
type pool struct {
	binary    binary
	processes []*process // alive and reachable
	waiting   []*waiter  // in the order of their coming
	spawning  int
	slow      int       // of them, those that last
	trouble   trouble   // of the last start
	moved     time.Time // when somebody last got a process
	failures  int       // processes in a row that did nothing
	notBefore time.Time // of the next start
	again     *time.Timer
}

func (h *Host) poolLocked(b binary) *pool {
	key := poolKey{b.kind, b.sha256}
	if h.pools[key] == nil {
		h.pools[key] = &pool{binary: b}
	}
	h.pools[key].binary.path, h.pools[key].binary.mark = b.path, b.mark
	return h.pools[key]
}

// promoteLocked makes b the binary of its type: processes of another one
// finish what they have.
func (h *Host) promoteLocked(b binary) {
	if h.current[b.kind] == b.sha256 {
		return
	}
	h.current[b.kind] = b.sha256
	for key, old := range h.pools {
		if key.kind == b.kind && key.sha256 != b.sha256 {
			h.retireLocked(old)
		}
	}
}

func (h *Host) retireLocked(old *pool) {
	for _, p := range slices.Clone(old.processes) {
		if p.used == 0 {
			h.endLocked(p)
		}
	}
}

// serveLocked gives those who wait what room there is, and sees that there
// will be more.
func (h *Host) serveLocked(l *pool) {
	for len(l.waiting) > 0 {
		p := l.roomLocked()
		if p == nil {
			break
		}
		h.takeLocked(p)
		l.moved = time.Now()
		l.waiting[0].granted <- grant{process: p}
		l.waiting = slices.Delete(l.waiting, 0, 1)
	}
	h.growLocked(l)
}

// roomLocked prefers the process that was used last: the others become idle
// and end.
func (l *pool) roomLocked() *process {
	for _, p := range slices.Backward(l.processes) {
		if p.used < p.capacity() && !p.refuses && !p.retiring {
			return p
		}
	}
	return nil
}

func (h *Host) takeLocked(p *process) {
	p.used++
	p.idle.Stop()
}

// growLocked starts processes for those who wait, or sets a timer to look again.
func (h *Host) growLocked(l *pool) {
	now := time.Now()
	for !h.closed && h.spawning < h.parallel && h.wantsLocked(l, now) {
		h.growOneLocked(l, nil)
	}
	if !h.closed && len(l.waiting) > 0 && l.again == nil {
		l.again = time.AfterFunc(max(stalled, l.notBefore.Sub(now)), func() { h.lookAgain(l) })
	}
}

// growOneLocked starts one process, for w where that is not nil.
func (h *Host) growOneLocked(l *pool, w *waiter) {
	s := h.startLocked(l)
	h.group.Go(func() { h.grow(s, w) })
}

func (h *Host) lookAgain(l *pool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l.again = nil
	h.growLocked(l)
}

func (h *Host) wantsLocked(l *pool, now time.Time) bool {
	capacity := max(1, h.descriptions[poolKey{l.binary.kind, l.binary.sha256}].Capacity)
	if len(l.waiting) <= l.spawning*capacity || l.slow >= h.parallel || now.Before(l.notBefore) {
		return false
	}
	return len(l.processes)+l.spawning < h.parallel ||
		now.Sub(l.moved) > stalled ||
		now.Sub(l.waiting[0].since) > overdue
}

// grow starts one process for a pool, or for one who waits for a fresh one.
func (h *Host) grow(s *start, fresh *waiter) {
	l := s.pool
	h.mu.Lock()
	b := l.binary
	h.mu.Unlock()
	lasting := time.AfterFunc(slow, func() { h.slowed(s) })
	p, err := h.spawn(h.ctx, b)
	lasting.Stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil && h.closed {
		h.mu.Unlock()
		err = errors.Join(errClosed, h.abort(p)) // it never had an attempt
		h.mu.Lock()
	}
	h.startedLocked(s)
	l.trouble = trouble{err, time.Now()}
	if err != nil {
		h.failLocked(l, err)
	} else {
		h.admitLocked(p, l, h.idle)
	}
	if fresh != nil {
		h.grantFreshLocked(fresh, p, err)
	}
	h.serveAllLocked()
}

func (h *Host) serveAllLocked() {
	for _, l := range h.pools {
		h.serveLocked(l)
	}
}

func (h *Host) grantFreshLocked(w *waiter, p *process, err error) {
	switch {
	case w.gone:
	case err != nil:
		w.granted <- grant{err: err}
	default:
		h.takeLocked(p)
		w.granted <- grant{process: p}
	}
}

// failLocked takes note of a process that could not be started. Where there is
// no other that could serve them, those who wait are told.
func (h *Host) failLocked(l *pool, err error) {
	if !h.closed {
		h.log.Warn("plugin process did not start", "type", l.binary.kind, "error", err)
	}
	h.delayLocked(l)
	if len(l.processes) > 0 || l.spawning > 0 {
		return
	}
	for _, w := range l.waiting {
		w.granted <- grant{err: err}
	}
	l.waiting = nil
}

func (h *Host) delayLocked(l *pool) {
	l.failures++
	l.notBefore = time.Now().Add(backOff(l.failures))
}

// admitLocked puts a process into its pool. One that has died since is buried
// by whoever watches it.
func (h *Host) admitLocked(p *process, l *pool, idle time.Duration) {
	p.pool = l
	p.idle = time.AfterFunc(idle, func() { h.expire(p) })
	h.processes[p.Name] = p
	h.trimLaterLocked()
	if !p.alive() && h.removeLocked(p) {
		h.buryLaterLocked(p)
		return
	}
	if p.client != nil {
		l.processes = append(l.processes, p)
	}
}

// ending says why an attempt gives back its place in a process.
type ending int

const (
	unused  ending = iota // it was not sent, or did not begin
	refused               // the process said that it has no room
	worked                // it ended
)

// release gives back the place of one attempt.
func (h *Host) release(p *process, how ending) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.used--
	p.refuses = how == refused
	if how == worked {
		p.served++
		p.pool.failures = 0
	}
	switch {
	case !p.alive():
		if h.removeLocked(p) {
			h.buryLaterLocked(p)
		}
	case p.used == 0 && p.mute:
		h.endLocked(p)
	case p.used == 0 && h.current[p.Type] != p.SHA256 && h.current[p.Type] != "":
		h.endLocked(p)
	case p.used == 0:
		p.idle.Reset(h.idle)
	}
	h.serveLocked(p.pool)
}
