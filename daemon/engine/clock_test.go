package engine

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeClock goes on by a microsecond whenever it is looked at, and by what a
// test says. Like the machine it outlives engines.
type fakeClock struct {
	rung chan time.Time

	mu   sync.Mutex // protects the fields below
	now  time.Time
	wake time.Time
}

func newFakeClock() *fakeClock {
	return &fakeClock{rung: make(chan time.Time, 1), now: time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC)}
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (c *fakeClock) Wake(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake = at
	c.ring()
}

func (c *fakeClock) Rung() <-chan time.Time { return c.rung }

func (c *fakeClock) ring() {
	if c.wake.IsZero() || c.wake.After(c.now) {
		return
	}
	select {
	case c.rung <- c.now:
	default:
	}
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.ring()
}

// set is when the engine wants to be woken.
func (c *fakeClock) set() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wake
}

func TestTheClockOfTheMachineRingsInTimeAndLooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newSystemClock()
		begun := c.Now()
		passed := func() time.Duration { <-c.Rung(); return c.Now().Sub(begun) }
		c.Wake(begun.Add(time.Second))
		if d := passed(); d != time.Second {
			t.Errorf("it rang after %s", d)
		}
		c.Wake(begun.Add(time.Hour)) // the clock may be set meanwhile
		if d := passed(); d != time.Second+lookAgain {
			t.Errorf("it looked again after %s", d)
		}
		c.Wake(begun.Add(-time.Hour))
		if d := passed(); d != time.Second+lookAgain {
			t.Errorf("what is due already rang after %s", d)
		}
		c.Wake(begun)
		c.Wake(time.Time{})
		select {
		case <-c.Rung():
			t.Error("it rang for nothing")
		case <-time.After(time.Hour):
		}
	})
}
