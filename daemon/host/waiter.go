package host

import (
	"slices"
	"time"
)

// waiter waits for room in a process: granted gets exactly one grant, unless
// the waiter withdraws.
type waiter struct {
	pool    *pool
	since   time.Time
	granted chan grant
	gone    bool // withdrawn; guarded by Host.mu
}

type grant struct {
	process *process
	err     error
}

// request asks for room in a process of the binary.
func (h *Host) request(b binary) *waiter {
	return h.waitFor(b, func(w *waiter) {
		h.promoteLocked(b)
		w.pool.waiting = append(w.pool.waiting, w)
		h.serveLocked(w.pool)
	})
}

// requestFresh asks for room in a process that is started for it.
func (h *Host) requestFresh(b binary) *waiter {
	return h.waitFor(b, func(w *waiter) { h.growOneLocked(w.pool, w) })
}

// waitFor makes one who waits for a process of the binary; askLocked says how.
func (h *Host) waitFor(b binary, askLocked func(*waiter)) *waiter {
	w := &waiter{since: time.Now(), granted: make(chan grant, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		w.granted <- grant{err: errClosed}
		return w
	}
	w.pool = h.poolLocked(b)
	askLocked(w)
	return w
}

// withdraw takes back a request, and gives back what it was granted meanwhile.
func (h *Host) withdraw(w *waiter) {
	h.mu.Lock()
	w.gone = true
	if w.pool != nil {
		w.pool.waiting = slices.DeleteFunc(w.pool.waiting, func(o *waiter) bool { return o == w })
	}
	h.mu.Unlock()
	select {
	case g := <-w.granted:
		if g.process != nil {
			h.release(g.process, unused)
		}
	default:
	}
}
