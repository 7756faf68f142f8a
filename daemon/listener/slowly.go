package listener

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// slowly reads a body whose sender has a moment, and more as more comes, until
// another needs the place of the call.
type slowly struct {
	*call
	body io.ReadCloser
	n    int // bytes that came
	gone atomic.Bool
}

// Read reads what came, or waits for it.
func (s *slowly) Read(p []byte) (int, error) {
	err := http.NewResponseController(s.w).SetReadDeadline(s.came.Add(s.times.body(s.n)))
	if err != nil || s.gone.Load() { // later it undoes the deadline
		return 0, errBusy
	}
	n, err := s.body.Read(p)
	s.n += n
	return n, err
}

// Close closes the body.
func (s *slowly) Close() error { return s.body.Close() }

// giveWay ends the reading.
func (s *slowly) giveWay() {
	s.gone.Store(true)
	_ = http.NewResponseController(s.w).SetReadDeadline(time.Now()) // without a deadline Read would have failed
}

// body is how long a sender may have taken for a body of which n bytes came.
func (t Times) body(n int) time.Duration {
	return min(t.Request, t.Body+t.Body*time.Duration(n)/(maxBody/2))
}
