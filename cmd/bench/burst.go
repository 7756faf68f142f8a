package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/penstock/penstock/rpc"
)

// burst is one instant at which many schedules come due.
type burst struct {
	at      time.Time
	base    uint64        // the id of the last run before it
	durable time.Duration // from the instant until the runs of all are durable
	killed  int           // runs that were durable when the daemon was killed; 0: it was not
	away    time.Duration // from then until the next one answered
}

// erupt lets the schedules come due at one instant, and waits until each has
// its run. The daemon is killed, if it is to be, once so many of them are there.
func (e *estate) erupt(ctx context.Context, killAt int) (b burst, err error) {
	if e.daemon == nil {
		err = e.start(ctx)
	}
	if err = errors.Join(err, e.drain(ctx)); err != nil {
		return b, err
	}
	if b.base, err = e.newest(ctx); err != nil {
		return b, err
	}
	b.at = time.Now().Add(e.arming()).Truncate(time.Second)
	if err := e.applyAll(ctx, e.due, at(b.at)); err != nil {
		return b, err
	}
	if late := time.Since(b.at); late > 0 {
		return b, fmt.Errorf("the schedules were put %s after they were due: the machine is too busy", late)
	}
	if killAt > 0 {
		if err := e.killAt(ctx, &b, killAt); err != nil {
			return b, err
		}
	}
	_, err = e.awaitRuns(ctx, b.base+uint64(e.due))
	b.durable = time.Since(b.at)
	return b, err
}

// arming is the time that it takes to put the schedules, and a reserve.
func (e *estate) arming() time.Duration {
	return 3*e.put*time.Duration(e.due)/time.Duration(e.size) + 5*time.Second
}

func (e *estate) killAt(ctx context.Context, b *burst, count int) error {
	reached, err := e.awaitRuns(ctx, b.base+uint64(count))
	if err != nil {
		return err
	}
	b.killed = int(reached - b.base)
	e.stop(syscall.SIGKILL)
	begin := time.Now()
	err = e.start(ctx)
	b.away = time.Since(begin)
	return err
}

// newest is the id of the newest run, 0 where there is none.
func (e *estate) newest(ctx context.Context) (uint64, error) {
	page, err := e.client.RunList(ctx, &rpc.RunListRequest{Limit: 1})
	if err != nil || len(page.Runs) == 0 {
		return 0, err
	}
	return page.Runs[0].ID, nil
}

// awaitRuns waits until there is a run with an id, or a higher one.
func (e *estate) awaitRuns(ctx context.Context, id uint64) (reached uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		if reached, err = e.newest(ctx); err != nil || reached >= id {
			return reached, err
		}
		if err := pause(ctx, 2*time.Millisecond); err != nil {
			return reached, fmt.Errorf("run %d was not started, the newest is %d: %w", id, reached, err)
		}
	}
}

// drain waits until no run lives.
func (e *estate) drain(ctx context.Context) error {
	for {
		info, err := e.client.DaemonInfo(ctx, &rpc.Empty{})
		if err != nil || info.LiveRuns == 0 {
			return err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return errors.Join(errors.New("runs do not end"), err)
		}
	}
}
