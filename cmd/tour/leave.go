package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// leave ends what the tour started and removes what it made, whatever state it
// is in. A process that is left over after a tour to the end is an error.
func (g *guide) leave() error {
	var errs []error
	if g.daemon != nil {
		errs = append(errs, g.abandon())
	}
	errs = append(errs, g.endProcesses(), g.remove())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}

// abandon ends the daemon of a tour that was cut off, and its runs before it.
func (g *guide) abandon() error {
	ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	// A run that has ended, or none, is not canceled: that is no news.
	cancel := g.shell(ctx, "penstockctl cancel --force archive/latest >/dev/null 2>&1 && penstockctl watch archive/latest >/dev/null 2>&1; :")
	if err := cancel.Run(); err != nil {
		return err
	}
	return g.signal(syscall.SIGTERM)
}

// processes finds what runs on our behalf: every plugin and every command of a
// step has our directory in its environment.
func (g *guide) processes() (pids []int, err error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		environment, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err == nil && bytes.Contains(environment, []byte("="+g.dir+"/")) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// endProcesses sees that nothing runs on our behalf. What is about to end by
// itself gets the time to; what is not is killed, and is an error.
func (g *guide) endProcesses() error {
	look, late := time.NewTicker(20*time.Millisecond), time.After(8*time.Second)
	defer look.Stop()
	for {
		pids, err := g.processes()
		if err != nil {
			return err
		}
		if len(pids) == 0 {
			g.paint.good("no process is left")
			return nil
		}
		select {
		case <-look.C:
		case <-late:
			return errors.Join(fmt.Errorf("processes %v were still there, and were killed", pids), killAll(pids))
		}
	}
}

func killAll(pids []int) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// remove removes the directory. Unpacked trees may hold directories that their
// owner cannot write to.
func (g *guide) remove() error {
	err := filepath.WalkDir(g.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return err
	})
	if err := errors.Join(err, os.RemoveAll(g.dir)); err != nil {
		return err
	}
	g.paint.good("%s is removed", g.dir)
	return nil
}
