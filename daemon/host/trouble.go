package host

import (
	"fmt"
	"time"
)

// remembrance is for how long a binary whose process did not start is taken
// for one that does not, by those who only want to ask it something.
const remembrance = 30 * time.Second

// slow is how long a start may take before it is held to wait for something
// and not for a processor: it then counts for its own pool only.
const slow = time.Second

// trouble is why the last start of a binary came to nothing.
type trouble struct {
	err error // nil: none
	at  time.Time
}

// fresh is the error while it is remembered, and when it was.
func (t trouble) fresh(now time.Time) error {
	ago := now.Sub(t.at)
	if t.err == nil || ago >= remembrance {
		return nil
	}
	return fmt.Errorf("%w\nthat was %v ago, and it is not tried again until %v after it",
		t.err, ago.Round(time.Second), remembrance)
}

// knownTrouble is why it is of no use to ask the binary something now.
func (h *Host) knownTrouble(b binary) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.pools[poolKey{b.kind, b.sha256}]
	if l == nil {
		return nil
	}
	return l.trouble.fresh(time.Now())
}

// forgetTroubleLocked lets every binary be asked again.
func (h *Host) forgetTroubleLocked() {
	for _, l := range h.pools {
		l.trouble = trouble{}
	}
}

// start is a process being started, as the limits of that are kept.
type start struct {
	pool *pool
	slow bool // counts for its pool only
	over bool
}

// startLocked counts a start in.
func (h *Host) startLocked(l *pool) *start {
	s := &start{pool: l}
	l.spawning++
	h.spawning++
	return s
}

// slowed takes a start that lasts out of what all pools share.
func (h *Host) slowed(s *start) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.over {
		return
	}
	s.slow = true
	s.pool.slow++
	h.spawning--
	h.serveAllLocked()
}

// startedLocked counts a start out.
func (h *Host) startedLocked(s *start) {
	s.over = true
	s.pool.spawning--
	if s.slow {
		s.pool.slow--
	} else {
		h.spawning--
	}
}
