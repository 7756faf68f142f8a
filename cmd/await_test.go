package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/rpc"
)

// patience is how long anything is waited for: long, for machines that do other
// things as well.
const patience = time.Minute

// until waits for a condition that nothing announces.
func until(what string, is func() (bool, error)) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		if ok, err := is(); ok || err != nil {
			return err
		}
		select {
		case <-deadline.C:
			return fmt.Errorf("waited %v for %s", patience, what)
		case <-poll.C:
		}
	}
}

func (h *house) await(ts *testscript.TestScript, neg bool, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "settled":
		return h.awaitSettled()
	case len(args) == 2 && args[0] == "exists":
		return awaitExists(ts.MkAbs(args[1]), !neg)
	case len(args) == 2 && args[0] == "gone":
		pid, err := pidOf(ts, args[1])
		if err != nil {
			return err
		}
		return awaitGone(pid)
	case len(args) == 3 && args[0] == "grep":
		return awaitMatch(ts.MkAbs(args[2]), args[1])
	case len(args) == 2 && args[0] == "joined":
		return h.awaitJoined(args[1])
	case len(args) == 2:
		return h.awaitStatus(args[0], args[1])
	}
	return errArguments
}

func awaitExists(path string, want bool) error {
	return until(path, func() (bool, error) {
		_, err := os.Lstat(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		return (err == nil) == want, nil
	})
}

func awaitGone(pid int) error {
	return until(fmt.Sprintf("the end of process %d", pid), func() (bool, error) { return !lives(pid), nil })
}

func awaitMatch(path, expression string) error {
	re, err := regexp.Compile("(?m)" + expression)
	if err != nil {
		return err
	}
	return until(fmt.Sprintf("%s in %s", expression, path), func() (bool, error) {
		text, err := os.ReadFile(path)
		return err == nil && re.Match(text), nil
	})
}

// awaitStatus watches a run by cursor. It is an error when the run has ended
// and what is waited for is something else.
func (h *house) awaitStatus(name, status string) error {
	parts := strings.SplitN(name, "/", 4)
	if len(parts) < 2 {
		return errArguments
	}
	run := strings.Join(parts[:2], "/")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := rpc.Dial(ctx, h.socket())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // it was read from only
	for q := (&rpc.RunWatchRequest{Run: run, WaitMS: 60000}); ; {
		news, err := c.RunWatch(ctx, q)
		if err != nil {
			return err
		}
		r, err := c.RunGet(ctx, &rpc.RunGetRequest{Run: run})
		if err != nil {
			return err
		}
		is := statusOf(r, parts[2:])
		if is == status {
			return nil
		}
		if news.Ended {
			return fmt.Errorf("%s is %s, not %s", name, is, status)
		}
		q.After = news.Sequence
	}
}

// awaitSettled waits until no run lives. A run whose log is still to be sealed,
// or to be erased, does.
func (h *house) awaitSettled() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := rpc.Dial(ctx, h.socket())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // it was read from only
	return until("the last run to settle", func() (bool, error) {
		info, err := c.DaemonInfo(ctx, &rpc.Empty{})
		return err == nil && info.LiveRuns == 0, err
	})
}

// awaitJoined waits until the daemon has a number of attempts in its hands:
// those that it found at work it joins while it answers already.
func (h *house) awaitJoined(number string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := rpc.Dial(ctx, h.socket())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // it was read from only
	return until(number+" attempts at work", func() (bool, error) {
		list, err := c.PluginList(ctx, &rpc.PluginListRequest{})
		if err != nil {
			return false, err
		}
		working := 0
		for _, p := range list.Plugins {
			working += p.Attempts
		}
		return strconv.Itoa(working) == number, nil
	})
}

// statusOf is the status of a run, or of the stage and step in it.
func statusOf(r *rpc.Run, place []string) string {
	if len(place) < 2 {
		return r.Status
	}
	for _, stage := range r.Stages {
		for _, step := range stage.Steps {
			if stage.Name == place[0] && step.Name == place[1] {
				return step.Status
			}
		}
	}
	return "not there"
}

func (h *house) fifo(ts *testscript.TestScript, _ bool, args []string) error {
	for _, path := range args {
		if err := unix.Mkfifo(ts.MkAbs(path), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// gate opens a FIFO for writing as soon as somebody reads it (fifo(7)), and
// closes it: the reader gets the end of the file.
func (h *house) gate(ts *testscript.TestScript, _ bool, args []string) error {
	if len(args) != 1 {
		return errArguments
	}
	return until("a reader of "+args[0], func() (bool, error) {
		f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY|unix.O_NONBLOCK, 0)
		if errors.Is(err, unix.ENXIO) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return true, f.Close()
	})
}
