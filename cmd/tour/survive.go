package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// survive starts a run, kills the daemon while the step pack works, lets the
// step work without one, starts the daemon again, and sees the run end.
func (g *guide) survive(ctx context.Context) error {
	if err := g.run(ctx, "penstockctl run archive"); err != nil {
		return err
	}
	watch, err := g.background(ctx, "penstockctl watch archive/1", "watch")
	if err != nil {
		return err
	}
	// Only a watch that has reached the daemon once waits for it to come back.
	if err = watch.appear(); err == nil {
		err = g.interrupt(ctx)
	}
	return errors.Join(err, watch.wait())
}

func (g *guide) interrupt(ctx context.Context) error {
	if err := g.run(ctx, "penstockctl logs archive/1/pack -f | head -n 3"); err != nil {
		return err
	}
	before, err := g.working()
	if err != nil {
		return fmt.Errorf("the step pack works: %w", err)
	}
	if err := g.kill(); err != nil {
		return err
	}
	if err := g.goesOn(ctx, before); err != nil {
		return err
	}
	if err := g.start(); err != nil {
		return err
	}
	if err := g.run(ctx, "penstockctl ping --wait 30s | head -n 2"); err != nil {
		return err
	}
	return g.adopted(before)
}

// work is the state of a step's attempt as its directory has it.
type work struct {
	pid int   // of the plugin process; 0 where the attempt has ended
	log int64 // bytes
}

// directory is the attempt's: the id of the run, the step, the attempt.
func (g *guide) directory() string { return g.state() + "/attempts/1.pack.1" }

// working reads who holds the attempt of the step pack, and how much it has
// printed.
func (g *guide) working() (work, error) {
	text, err := os.ReadFile(filepath.Join(g.directory(), protocol.LockFile))
	if err != nil {
		return work{}, err
	}
	var holder protocol.Holder
	if err := json.Unmarshal(text, &holder); err != nil {
		return work{}, err
	}
	info, err := os.Stat(filepath.Join(g.directory(), "log"))
	if err != nil {
		return work{}, err
	}
	w := work{pid: holder.Pid, log: info.Size()}
	if _, err := os.Stat(filepath.Join(g.directory(), protocol.ResultFile)); err == nil {
		w.pid = 0
	}
	return w, nil
}

// goesOn waits until the step has printed more without a daemon.
func (g *guide) goesOn(ctx context.Context, before work) error {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		now, err := g.working()
		if err != nil {
			return err
		}
		if now.log > before.log {
			g.paint.good("no daemon: the step goes on in process %d, its log grew from %d to %d bytes", before.pid, before.log, now.log)
			return nil
		}
		if now.pid == 0 || syscall.Kill(before.pid, 0) != nil {
			return errors.New("the step printed nothing more after the daemon was killed: it should have gone on")
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// adopted checks that the new daemon has the old process in its hands.
func (g *guide) adopted(before work) error {
	now, err := g.working()
	switch {
	case errors.Is(err, os.ErrNotExist) || err == nil && now.pid == 0:
		g.paint.good("the step ended before there was a daemon again, and kept its result")
		return nil
	case err != nil:
		return err
	case now.pid != before.pid:
		return fmt.Errorf("process %d works on the step, and it was process %d before", now.pid, before.pid)
	}
	g.paint.good("a new daemon: the step is still in process %d", now.pid)
	return nil
}
