package host

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// leafName is the cgroup of the plugin process itself within the one that it
// owns: a cgroup that is to limit its children must have no process of its own,
// see "no internal processes" in cgroups(7).
const leafName = "plugin"

// openCgroup makes the cgroup v2 directory that holds those of all processes.
// The setting is "off", "auto" (below our own cgroup) or a directory. Its name
// is the same for every daemon on one runtime directory. It returns "" for off.
func openCgroup(setting, runtime string) (string, error) {
	parent := setting
	switch setting {
	case "", "off":
		return "", nil
	case "auto":
		own, err := ownCgroup()
		if err != nil {
			return "", err
		}
		parent = own
	}
	path := filepath.Join(parent, fmt.Sprintf("penstock-%x", sha256.Sum256([]byte(runtime)))[:len("penstock-")+8])
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return path, canKill(path)
}

// canKill tries what we shall need: a directory below path that can be killed
// (Linux 5.14) and that a process may be born into.
func canKill(path string) error {
	trial := filepath.Join(path, "trial")
	if err := os.Mkdir(trial, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return errors.Join(
		unix.Access(filepath.Join(trial, "cgroup.kill"), unix.W_OK),
		unix.Access(filepath.Join(trial, "cgroup.procs"), unix.W_OK),
		unix.Access(filepath.Join(filepath.Dir(path), "cgroup.procs"), unix.W_OK),
		os.Remove(trial))
}

// ownCgroup is the directory of our own cgroup v2, in a pure or a hybrid
// hierarchy.
func ownCgroup() (string, error) {
	membership, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	return cgroupPath(string(membership), string(mounts))
}

// cgroupPath joins the mount of cgroup v2 and the line "0::/path" of a
// /proc/PID/cgroup, see cgroups(7) and proc_pid_mountinfo(5).
func cgroupPath(membership, mounts string) (string, error) {
	own, ok := cgroupLine(membership)
	if !ok {
		return "", errors.New("this process is in no cgroup v2")
	}
	for line := range strings.Lines(mounts) {
		before, after, _ := strings.Cut(line, " - ")
		fields := strings.Fields(before)
		if !strings.HasPrefix(after, "cgroup2 ") || len(fields) < 5 {
			continue
		}
		below, err := filepath.Rel(fields[3], own)
		if err != nil || below == ".." || strings.HasPrefix(below, "../") {
			continue // mounted from a part of the tree that we are not in
		}
		return filepath.Join(fields[4], below), nil
	}
	return "", errors.New("no cgroup v2 is mounted")
}

func cgroupLine(membership string) (string, bool) {
	for line := range strings.Lines(membership) {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			return strings.TrimSpace(path), true
		}
	}
	return "", false
}

// makeCgroup makes the cgroup of one process and opens the leaf that it is to
// be born in.
func makeCgroup(path string) (*os.File, error) {
	leaf := filepath.Join(path, leafName)
	if err := os.MkdirAll(leaf, 0o755); err != nil {
		return nil, err
	}
	return os.Open(leaf)
}

// killCgroup kills everything in and below a cgroup, waits for it to be gone
// and removes the directory. One that is absent is no error.
func killCgroup(ctx context.Context, path string) error {
	if err := os.WriteFile(filepath.Join(path, "cgroup.kill"), []byte("1"), 0); err != nil {
		return ignoreAbsent(err)
	}
	if err := awaitEmpty(ctx, path); err != nil {
		return err
	}
	return removeCgroup(path)
}

// awaitEmpty waits until a cgroup holds no process: its events file is polled
// for priority data, which it has at each change.
func awaitEmpty(ctx context.Context, path string) error {
	events, err := os.Open(filepath.Join(path, "cgroup.events"))
	if err != nil {
		return ignoreAbsent(err)
	}
	defer events.Close()
	text := make([]byte, 256)
	for ctx.Err() == nil {
		n, err := events.ReadAt(text, 0)
		if n == 0 {
			return fmt.Errorf("read %s: %w", events.Name(), err)
		}
		if bytes.Contains(text[:n], []byte("populated 0")) {
			return nil
		}
		fds := []unix.PollFd{{Fd: int32(events.Fd()), Events: unix.POLLPRI}}
		if _, err := unix.Poll(fds, int(50*time.Millisecond/time.Millisecond)); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
	return fmt.Errorf("cgroup %s still has processes: %w", path, ctx.Err())
}

// removeCgroup removes the empty cgroup and those below it, deepest first.
func removeCgroup(path string) error {
	var found []string
	err := filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			found = append(found, at)
		}
		return ignoreAbsent(err)
	})
	slices.Reverse(found)
	for _, at := range found {
		err = errors.Join(err, ignoreAbsent(os.Remove(at)))
	}
	return err
}
