package engine

import "time"

// toil notes that a turn begins.
func (e *Engine) toil() {
	now := time.Now() // with its monotonic part: what takes a turn long is no jump of the clock
	e.turning.Store(&now)
}

// rest notes that the loop waits for something to do.
func (e *Engine) rest() { e.turning.Store(nil) }

// Busy is for how long the loop has been at the turn under way, or, before its
// first, at what the runs are owed; zero where it waits for something to do. To
// ask costs no turn. The error is ErrStopping where no turn will come any more.
func (e *Engine) Busy() (time.Duration, error) {
	select {
	case <-e.done:
		return 0, ErrStopping
	default:
	}
	since := e.turning.Load()
	if since == nil {
		return 0, nil
	}
	return time.Since(*since), nil
}
