package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/penstock/penstock/rpc"
)

// estate is a daemon of its own with many pipelines, each of which has a
// schedule. All of it is put through the daemon's socket, as people would.
type estate struct {
	*world
	size int // pipelines
	due  int // of them, the first ones: those that come due together
	put  time.Duration
	bare int64 // bytes resident while there was no pipeline yet
	idle idleness
}

// idleness is what a daemon takes that has nothing to do.
type idleness struct {
	answered time.Duration // from the start to the first answer
	awake    time.Duration // processor time of the start, until it rests
	share    float64       // of one processor, while it rests
	memory   int64         // bytes resident
}

// callers is how many calls are under way at a time.
const callers = 64

// newEstate makes the pipelines; what the daemon took to do so is gone with its
// process.
func newEstate(ctx context.Context, w *world, size, due int) (*estate, error) {
	e := &estate{size: size, due: due, world: &world{
		dir: filepath.Join(w.dir, fmt.Sprint("estate", size)), bin: w.bin, extra: "[storage]\nmin_free = 0\nballast = 0\n",
	}}
	if err := os.Mkdir(e.dir, 0o755); err != nil {
		return nil, err
	}
	if err := e.furnish(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func (e *estate) furnish(ctx context.Context) (err error) {
	if err := e.start(ctx); err != nil {
		return err
	}
	if e.bare, err = memory(e.daemon.Process.Pid, "VmRSS"); err != nil {
		return err
	}
	begin := time.Now()
	err = e.applyAll(ctx, e.size, far)
	e.put = time.Since(begin)
	return err
}

// far is a schedule half a year from now, seldom the same for two pipelines.
func far(i int) string {
	month := (int(time.Now().UTC().Month())+5)%12 + 1
	return fmt.Sprintf("%d %d %d %d *", i%60, i/60%24, i/60/24%28+1, month)
}

// at is a schedule that is due at a time, for all of them.
func at(t time.Time) func(int) string {
	t = t.UTC()
	rule := fmt.Sprintf("%d %d %d %d %d *", t.Second(), t.Minute(), t.Hour(), t.Day(), t.Month())
	return func(int) string { return rule }
}

func job(i int) string { return fmt.Sprintf("job-%06d", i) }

// applyAll gives the first n pipelines another schedule each.
func (e *estate) applyAll(ctx context.Context, n int, schedule func(i int) string) error {
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range callers {
		group.Go(func() error {
			client, err := rpc.Dial(ctx, e.socket())
			if err != nil {
				return err
			}
			for i := int(next.Add(1)) - 1; i < n && err == nil; i = int(next.Add(1)) - 1 {
				_, err = client.PipelineApply(ctx, &rpc.PipelineApplyRequest{Text: text(i, schedule(i))})
			}
			return errors.Join(err, client.Close())
		})
	}
	return group.Wait()
}

// text is a pipeline with a schedule and next to no work.
func text(i int, schedule string) string {
	return fmt.Sprintf(`name = %q
description = "What is to be done for customer %d"
[[trigger]]
schedule = %q
[[stage]]
name = "work"
[[stage.step]]
name = "rest"
uses = "sleep"
with = { for = "0s" }
`, job(i), i, schedule)
}

// rest starts the daemon anew and takes its figures over a time in which there
// is nothing to do.
func (e *estate) rest(ctx context.Context, over time.Duration) error {
	e.stop(syscall.SIGTERM)
	begin := time.Now()
	if err := e.start(ctx); err != nil {
		return err
	}
	e.idle.answered = time.Since(begin)
	awake, err := e.settle(ctx)
	if err != nil {
		return err
	}
	begin = time.Now()
	if err := pause(ctx, over); err != nil {
		return err
	}
	used, err := processorTime(e.daemon.Process.Pid)
	if err != nil {
		return err
	}
	e.idle.awake, e.idle.share = awake, (used-awake).Seconds()/time.Since(begin).Seconds()
	e.idle.memory, err = memory(e.daemon.Process.Pid, "VmRSS")
	return err
}

// settle waits until the daemon has taken next to no processor time for a
// while, and says how much it took before.
func (e *estate) settle(ctx context.Context) (used time.Duration, err error) {
	const quiet, little = 2 * time.Second, 20 * time.Millisecond
	for first := true; ; first = false {
		before := used
		if used, err = processorTime(e.daemon.Process.Pid); err != nil || !first && used-before <= little {
			return used, err
		}
		if err := pause(ctx, quiet); err != nil {
			return 0, err
		}
	}
}

func pause(ctx context.Context, t time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(t):
		return nil
	}
}

func (e *estate) close() error {
	e.stop(syscall.SIGKILL)
	return os.RemoveAll(e.dir)
}
