package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/penstock/penstock/daemon/crash"
	"github.com/penstock/penstock/rpc"
)

// everywhere runs a pipeline again and again, each time by a daemon that is
// killed at another moment: at each pass of each crash point, until one is not
// reached any more. A second daemon takes over; the run must succeed, and so
// must the run of the other pipeline that follows it.
func (h *house) everywhere(ts *testscript.TestScript, _ bool, args []string) error {
	if len(args) != 2 {
		return errArguments
	}
	for _, point := range crash.Points() {
		for n := 1; ; n++ {
			at := fmt.Sprintf("%s:%d", point, n)
			reached, err := h.cross(ts, at, args[0], args[1])
			if err != nil {
				return fmt.Errorf("killed at %s: %w", at, err)
			}
			if !reached {
				break
			}
		}
	}
	return nil
}

// cross performs a run over the death of a daemon, and reports whether it died.
func (h *house) cross(ts *testscript.TestScript, at, pipeline, follower string) (died bool, err error) {
	if err := h.start(ts, false, []string{"-crash", at}); err != nil {
		return false, err
	}
	if err := h.perform(pipeline, follower, at); err != nil && !h.dying() {
		return false, err
	}
	if died, err = h.stopOrDied(); err != nil || !died {
		return died, err
	}
	if err := h.start(ts, false, nil); err != nil {
		return true, err
	}
	return true, errors.Join(h.perform(pipeline, follower, at), h.stop())
}

// dying reports whether the daemon that was asked last has ended, or is about
// to: its socket is closed by then.
func (h *house) dying() bool {
	err := until("the daemon to end", func() (bool, error) {
		if h.daemon.ended() {
			return true, nil
		}
		return false, h.alone()
	})
	return err == nil
}

// alone is an error where the daemon answers still.
func (h *house) alone() error {
	if h.answers(h.daemon.cmd.Process.Pid) {
		return errors.New("the daemon lives")
	}
	return nil
}

// stopOrDied ends a daemon that may end by its crash point first.
func (h *house) stopOrDied() (died bool, err error) {
	h.daemon.signal(syscall.SIGTERM)
	if err := until("the daemon to end", func() (bool, error) { return h.daemon.ended(), nil }); err != nil {
		return false, err
	}
	status, _ := h.daemon.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case status.Signaled() && status.Signal() == os.Kill:
		return true, nil
	case status.Exited() && status.ExitStatus() == 0:
		return false, nil
	}
	return false, fmt.Errorf("the daemon ended with %s", h.daemon.cmd.ProcessState)
}

// perform starts a run with a key, or finds the one that it made, and waits
// until it and the one that follows it have succeeded and nothing is owed.
func (h *house) perform(pipeline, follower, key string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := rpc.Dial(ctx, h.socket())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // it may be broken
	begun, err := c.RunStart(ctx, &rpc.RunStartRequest{Pipeline: pipeline, Key: key})
	if err != nil {
		return err
	}
	if err := h.awaitStatus(begun.Run.Name, "success"); err != nil {
		return err
	}
	if err := until("a run of "+follower, func() (bool, error) { return follows(ctx, c, follower, begun.Run.ID) }); err != nil {
		return err
	}
	return h.awaitSettled()
}

// follows reports whether the newest run of a pipeline follows from another,
// and has succeeded.
func follows(ctx context.Context, c *rpc.Client, pipeline string, run uint64) (bool, error) {
	all, err := c.RunList(ctx, &rpc.RunListRequest{Pipeline: pipeline, Limit: 1})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(all.Runs, func(r rpc.RunSummary) bool {
		return r.Cause.Upstream != nil && r.Cause.Upstream.ID == run && r.Status == "success"
	}), nil
}
