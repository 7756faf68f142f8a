package logs

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/penstock/penstock/plugins/protocol"
	"github.com/penstock/penstock/plugins/steplog"
)

// blind is a store on a machine without inotify. Its waits need nothing else
// of a store.
func blind() *Store {
	return &Store{watcher: &watcher{log: slog.New(slog.DiscardHandler), waiting: map[string]map[chan struct{}]struct{}{}}}
}

func TestWaitReturnsAtOnceWhereThereIsNews(t *testing.T) {
	log, half := attempt(t, map[string]string{"log": "a\nb\n"}), attempt(t, map[string]string{"log": "a\nb"})
	gap := attempt(t, map[string]string{"log": "a\n", steplog.SegmentName(9, steplog.Unknown): "b\n"})
	ended := attempt(t, map[string]string{protocol.ResultFile: "{}"})
	for _, c := range []struct {
		name   string
		dir    string
		cursor int64
		want   error
	}{
		{"bytes", log, 2, nil},
		{"all read", log, 4, context.DeadlineExceeded},
		{"unfinished line", half, 2, context.DeadlineExceeded},
		{"within the gap", gap, 5, nil},
		{"result", ended, 0, nil},
		{"no log yet", t.TempDir(), 0, context.DeadlineExceeded},
		{"no directory", filepath.Join(t.TempDir(), "absent"), 0, fs.ErrNotExist},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				begin := time.Now()
				err := blind().Wait(ctx, c.dir, c.cursor)
				if !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
				if took := time.Since(begin); (took == 0) == errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v after %v", err, took)
				}
			})
		})
	}
}

func TestWaitLooksOnceASecondWithoutInotify(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"output": func(dir string) error { return os.WriteFile(filepath.Join(dir, "log"), []byte("a\n"), 0o600) },
		"result": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, protocol.ResultFile), []byte("{}"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				done := make(chan error)
				go func() { done <- blind().Wait(t.Context(), dir, 0) }()
				synctest.Wait()
				begin := time.Now()
				if err := change(dir); err != nil {
					t.Error(err)
				}
				if err := <-done; err != nil {
					t.Error(err)
				}
				if took := time.Since(begin); took > look {
					t.Errorf("it took %v, want %v at most", took, look)
				}
			})
		})
	}
}

func TestWaitWakesAllFollowersOfALog(t *testing.T) {
	const followers = 50
	dir, s := t.TempDir(), open(t, t.TempDir())
	done := make(chan error)
	for range followers {
		go func() { done <- s.Wait(t.Context(), dir, 0) }()
	}
	write(t, dir, 0, "a\n")
	for range followers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := len(s.watcher.waiting); n > 0 {
		t.Errorf("%d directories are still waited for", n)
	}
	if list := s.watcher.kernel.WatchList(); len(list) > 0 {
		t.Errorf("the kernel still watches %q", list)
	}
}

// No poll hides here what inotify misses: nothing else fills the channel.
func TestWatcherTellsOfEachChangeThatMatters(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(dir string) error
	}{
		{"first output", func(dir string) error { return os.WriteFile(filepath.Join(dir, "log"), []byte("a\n"), 0o600) }},
		{"next file", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, steplog.SegmentName(5, steplog.Unknown)), []byte("a\n"), 0o600)
		}},
		{"result", func(dir string) error {
			return os.Rename(filepath.Join(dir, "result.tmp"), filepath.Join(dir, protocol.ResultFile))
		}},
		{"removal", os.RemoveAll},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			if s.watcher.kernel == nil {
				t.Skip("no inotify on this machine")
			}
			dir := filepath.Join(t.TempDir(), "attempt")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(dir, "result.tmp"), "{}")
			first, second := s.watcher.join(dir+"/"), s.watcher.join(dir)
			defer s.watcher.leave(dir, second)
			if err := c.change(dir); err != nil {
				t.Fatal(err)
			}
			<-first
			<-second
			s.watcher.leave(dir, first)
		})
	}
}

func TestLeaveKeepsTheWatchOfOthers(t *testing.T) {
	dir, s := t.TempDir(), open(t, t.TempDir())
	if s.watcher.kernel == nil {
		t.Skip("no inotify on this machine")
	}
	first, second := s.watcher.join(dir), s.watcher.join(dir)
	s.watcher.leave(dir, first)
	put(t, filepath.Join(dir, "log"), "a\n")
	<-second
	s.watcher.leave(dir, second)
	if list := s.watcher.kernel.WatchList(); len(list) > 0 {
		t.Errorf("the kernel still watches %q", list)
	}
}

func TestStoreLeavesNoGoroutine(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, err := Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	dir := t.TempDir()
	for range 10 {
		go func() { done <- s.Wait(ctx, dir, 0) }()
	}
	cancel()
	for range 10 {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	seal(t, s, attempt(t, map[string]string{"log": lines(5)}))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	goleak.VerifyNone(t, before)
}
