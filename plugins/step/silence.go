package step

import (
	"sync/atomic"
	"time"
)

// secondLook is how long after the end of its patience a watch looks again
// before it acts: a process that was stopped, or a machine that was too busy,
// has output in its pipes then that only was not read.
const secondLook = 250 * time.Millisecond

// silence is how long a step has written nothing. Its clock is the monotonic
// one: that stands still while the machine is suspended, and does not care how
// the time of day is set.
type silence struct {
	limit time.Duration // 0 is none
	born  time.Time
	last  atomic.Int64 // when it ended last, in nanoseconds after born
}

func newSilence(limit time.Duration) *silence {
	return &silence{limit: limit, born: time.Now()}
}

// end takes note of output.
func (s *silence) end() {
	if s.limit > 0 {
		s.last.Store(int64(time.Since(s.born)))
	}
}

// watch calls broken, in a goroutine of its own, once the silence from now on
// has lasted for the limit, unless stop was called before.
func (s *silence) watch(broken func()) (stop func()) {
	if s.limit <= 0 {
		return func() {}
	}
	s.end()
	done := make(chan struct{})
	go s.listen(broken, done)
	return func() { close(done) }
}

func (s *silence) listen(broken func(), done <-chan struct{}) {
	timer := time.NewTimer(s.limit)
	defer timer.Stop()
	for doubted := int64(-1); ; {
		select {
		case <-done:
			return
		case <-timer.C:
		}
		last := s.last.Load()
		left := s.limit + time.Duration(last) - time.Since(s.born)
		switch {
		case left > 0:
			timer.Reset(left)
		case last != doubted:
			doubted = last
			timer.Reset(secondLook)
		default:
			broken()
			return
		}
	}
}
