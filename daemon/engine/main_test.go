package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// daemon is an engine on a store and a machine, both of which outlive it.
type daemon struct {
	*testing.T
	*Engine
	dir        string
	store      *store.Store
	machine    *machine
	clock      *fakeClock
	maxRunning int
	bell       func() // is told of ends; nil: nobody

	ctx   context.Context // of the calls
	stop  context.CancelFunc
	ended chan struct{} // closed when Run has ended
	err   error         // what Run answered
}

// begin makes a store with the pipeline 1, nightly, and starts an engine.
func begin(t *testing.T, maxRunning int) *daemon {
	t.Helper()
	d := &daemon{T: t, dir: t.TempDir(), machine: newMachine(), clock: newFakeClock(), maxRunning: maxRunning, ctx: t.Context()}
	d.open()
	t.Cleanup(func() {
		d.end()
		d.check(d.store.Close())
		if _, faults := d.machine.take(); len(faults) > 0 {
			d.Errorf("%q", faults)
		}
	})
	d.start(-1, false)
	d.check(d.Update(d.ctx, func(tx *store.Tx, now time.Time) error {
		tx.PutPipeline(store.Pipeline{ID: 1, Name: "nightly", Revision: 1, CreatedAt: now})
		tx.PutRevision(1, store.Revision{Revision: 1})
		return nil
	}))
	return d
}

func (d *daemon) check(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *daemon) open() {
	var err error
	d.store, err = store.Open(d.dir, slog.New(slog.DiscardHandler))
	d.check(err)
}

// start starts an engine; it dies at the effect that fuse counts down to.
func (d *daemon) start(fuse int, late bool) {
	d.Helper()
	var err error
	d.Engine, err = Open(Config{
		Store: d.store, Host: d.machine, Archive: d.machine, Spawner: d.machine,
		Log:   slog.New(slog.NewTextHandler(d.machine, &slog.HandlerOptions{Level: slog.LevelError})),
		Clock: d.clock, BootID: "boot", Settings: Settings{MaxRunning: d.maxRunning}, Ended: d.bell,
	})
	d.check(err)
	ctx, stop := context.WithCancel(context.Background())
	d.stop, d.ended, d.err = stop, make(chan struct{}), nil
	d.machine.join(d.store, d.maxRunning, fuse, late, stop)
	go func() {
		defer close(d.ended)
		d.err = d.Engine.Run(ctx)
	}()
}

// end stops the engine and waits for it.
func (d *daemon) end() {
	d.stop()
	<-d.ended
}

// die kills the engine in the middle of a turn that has something to write.
func (d *daemon) die() {
	err := d.Update(d.ctx, func(tx *store.Tx, _ time.Time) error {
		tx.PutMeta(store.Meta{})
		runtime.Goexit()
		return nil
	})
	if !errors.Is(err, ErrStopping) {
		d.Errorf("a call whose turn was cut off answered %v", err)
	}
	d.end()
}

// restart goes on with another engine on the store opened again.
func (d *daemon) restart() {
	d.Helper()
	d.end()
	d.check(d.store.Close())
	d.open()
	d.start(-1, false)
}

// request asks for a run of steps of one stage, which begin together.
func request(key string, steps ...string) StartRequest {
	q := StartRequest{Pipeline: 1, Revision: 1, Key: key, Plan: run.Plan{Stages: []run.PlanStage{{Name: "stage"}}}}
	for _, name := range steps {
		q.Plan.Steps = append(q.Plan.Steps, run.PlanStep{Name: name, Uses: "shell"})
	}
	return q
}

func (d *daemon) run(steps ...string) store.Run {
	d.Helper()
	record, duplicate, err := d.Start(d.ctx, request("", steps...))
	d.check(err)
	if duplicate {
		d.Fatal("a start without a key is a duplicate")
	}
	return record
}

// startOf starts a run.
func (d *daemon) startOf(q StartRequest) store.Run {
	d.Helper()
	record, _, err := d.Start(d.ctx, q)
	d.check(err)
	return record
}

// until waits until the state of a run that lives is as it should be.
func (d *daemon) until(id uint64, as func(run.State) bool) {
	d.Helper()
	for s := d.record(id).State; !as(s); s = d.record(id).State {
		if !d.Watch(d.ctx, id, s.Sequence).Live {
			d.Fatalf("run %d is over: %+v", id, d.record(id).State)
		}
	}
}

// nothingIsLeft checks that the engine, of which no run lives, remembers
// nothing of those that did.
func (d *daemon) nothingIsLeft() {
	d.Helper()
	d.check(d.Pulse(d.ctx)) // effects follow the answers of their turn
	d.check(d.ask(d.ctx, func(t *turn) error {
		left := fmt.Sprint(len(t.live), len(t.lines), len(t.moved), len(t.groups), len(t.contested), len(t.alarms.items),
			len(t.inHand), len(t.chores), len(t.deleting), t.running, t.pending)
		if _, ok := t.turns.Front(); left != "0 0 0 0 0 0 0 0 0 0 0" || ok {
			d.Errorf("left over: %s, turns %v", left, ok)
		}
		return nil
	}))
	if at := d.clock.set(); !at.IsZero() {
		d.Errorf("the engine wants to be woken at %s", at)
	}
}

// next is the next attempt that is launched.
func (d *daemon) next(name string) *attempt {
	d.Helper()
	a := <-d.machine.launched
	if a.name != name {
		d.Fatalf("%s was launched, not %s", a.name, name)
	}
	return a
}

// idle waits until the engine has done what it was told, and checks that
// nothing more was launched.
func (d *daemon) idle() {
	d.Helper()
	for range 2 { // effects follow the answers of their turn
		d.check(d.Pulse(d.ctx))
	}
	select {
	case a := <-d.machine.launched:
		d.Fatalf("%s was launched", a.name)
	default:
	}
}

// settled waits until a run lives no more and gives its record.
func (d *daemon) settled(id uint64) store.Run {
	d.Helper()
	for after := uint64(0); d.Watch(d.ctx, id, after).Live; after = d.record(id).State.Sequence {
	}
	return d.record(id)
}

func (d *daemon) record(id uint64) store.Run {
	d.Helper()
	v := d.store.View()
	defer v.Close()
	record, err := v.Run(id)
	d.check(err)
	return record
}

// hold keeps the loop busy until release is called.
func (d *daemon) hold() (release func()) {
	held, let, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- d.Update(d.ctx, func(*store.Tx, time.Time) error {
			close(held)
			<-let
			return nil
		})
	}()
	<-held
	return func() {
		close(let)
		d.check(<-done)
	}
}

// waiting waits until so many messages wait for the loop, which is held.
func (d *daemon) waiting(n int) {
	for len(d.inbox) < n {
		runtime.Gosched()
	}
}

func (d *daemon) journal() string {
	journal, faults := d.machine.take()
	if len(faults) > 0 {
		d.Errorf("%q", faults)
	}
	return fmt.Sprintf("%q", journal)
}
