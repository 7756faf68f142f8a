package engine

import "time"

// Clock is the wall clock. What it says may jump, and while the machine sleeps
// a timer does not run: a delay ends when the clock on the wall says so.
type Clock interface {
	Now() time.Time
	// Wake makes Rung fire once it is that time, or earlier; the zero time is
	// never. It takes the place of the wish before.
	Wake(at time.Time)
	Rung() <-chan time.Time
}

// lookAgain bounds how long a clock that was set, or a machine that slept, can
// delay what is due.
const lookAgain = 30 * time.Second

// systemClock is the clock of the machine.
type systemClock struct{ timer *time.Timer }

func newSystemClock() systemClock {
	c := systemClock{time.NewTimer(lookAgain)}
	c.timer.Stop()
	return c
}

// Now is the time without its monotonic part, as it will be read again from the
// store.
func (systemClock) Now() time.Time { return time.Now().Round(0) }

func (c systemClock) Wake(at time.Time) {
	if at.IsZero() {
		c.timer.Stop()
		return
	}
	c.timer.Reset(min(max(0, at.Sub(c.Now())), lookAgain))
}

func (c systemClock) Rung() <-chan time.Time { return c.timer.C }
