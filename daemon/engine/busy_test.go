package engine

import (
	"log/slog"
	"runtime"
	"testing"
)

// An engine that is stuck in a turn is busy for longer and longer, and is asked
// without a turn; one that has nothing to do is not busy at all.
func TestAnEngineIsBusyForAsLongAsItsTurnLasts(t *testing.T) {
	d := begin(t, 1)
	busy := func() (took int64) {
		t.Helper()
		b, err := d.Busy()
		d.check(err)
		return b.Nanoseconds()
	}
	release := d.hold()
	first := busy()
	if first <= 0 {
		t.Fatalf("it is held, and busy for %d ns", first)
	}
	for busy() <= first { // until the clock moves
		runtime.Gosched()
	}
	release()
	for busy() > 0 { // it is, until it has seen that nothing else waits
		runtime.Gosched()
	}
	d.hold()()
	for busy() > 0 {
		runtime.Gosched()
	}
}

// Nothing is started by an engine that has been opened only.
func TestAnEngineIsBusyBeforeItsFirstTurn(t *testing.T) {
	d := begin(t, 1)
	d.end()
	e, err := Open(Config{
		Store: d.store, Host: d.machine, Archive: d.machine, Spawner: d.machine, Log: slog.New(slog.DiscardHandler),
		Clock: d.clock, BootID: "boot", Settings: Settings{MaxRunning: 1},
	})
	d.check(err)
	if busy, err := e.Busy(); busy <= 0 || err != nil {
		t.Errorf("it is busy for %s, %v", busy, err)
	}
}
