package rpc

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestListenMakesADirectoryAndASocketForTheirReaders(t *testing.T) {
	for _, c := range []struct {
		open        bool
		dir, socket fs.FileMode
	}{{false, 0o700, 0o600}, {true, 0o755, 0o666}} {
		path := filepath.Join(shortDir(t), "run", "penstock", "s")
		l, err := Listen(path, c.open)
		if err != nil {
			t.Fatal(err)
		}
		if got := mode(t, filepath.Dir(path)); got != c.dir {
			t.Errorf("open %v: the directory has %04o", c.open, got)
		}
		if got := mode(t, path); got != c.socket {
			t.Errorf("open %v: the socket has %04o", c.open, got)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("the socket outlives its listener: %v", err)
		}
	}
}

func TestListenReplacesAStaleSocket(t *testing.T) {
	l, err := Listen(stale(t, shortDir(t)), false)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

func TestListenLeavesALiveSocket(t *testing.T) {
	d := start(t, echo(silent), nil)
	if l, err := Listen(d.socket, false); err == nil || !strings.Contains(err.Error(), "another daemon answers") {
		t.Errorf("%v, %v", l, err)
	}
	d.raw(t).ok()
}

func TestListenersThatRaceHaveOneWinner(t *testing.T) {
	const rounds, many = 200, 4
	path := stale(t, shortDir(t))
	for range rounds {
		got, begin := make(chan net.Listener, many), make(chan bool)
		for range many {
			go func() {
				<-begin
				l, _ := Listen(path, false)
				got <- l
			}()
		}
		close(begin)
		var winners []net.Listener
		for range many {
			if l := <-got; l != nil {
				winners = append(winners, l)
			}
		}
		for _, l := range winners {
			l.(*net.UnixListener).SetUnlinkOnClose(false) // stale for the next round
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
		if len(winners) != 1 {
			t.Fatalf("%d listen", len(winners))
		}
	}
}

func TestListenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, dir string) (path string)
		open bool
		says string
	}{
		"a directory that all may write to": {says: "others could replace the socket", make: func(t *testing.T, dir string) string {
			return filepath.Join(chmod(t, dir, 0o777), "s")
		}},
		"a sticky directory": {says: "others could replace the socket", make: func(t *testing.T, dir string) string {
			return filepath.Join(chmod(t, dir, 0o777|fs.ModeSticky), "s")
		}},
		"a directory that the group may write to": {says: "chmod go-w", make: func(t *testing.T, dir string) string {
			return filepath.Join(chmod(t, dir, 0o770), "s")
		}},
		"a closed directory where others are admitted": {open: true, says: "chmod 755", make: func(t *testing.T, dir string) string {
			return filepath.Join(dir, "s")
		}},
		"a symbolic link to a directory": {says: "symbolic link", make: func(t *testing.T, dir string) string {
			real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
			if err := os.Mkdir(real, 0o700); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(symlink(t, real, link), "s")
		}},
		"a dangling link as the directory": {says: "symbolic link", make: func(t *testing.T, dir string) string {
			return filepath.Join(symlink(t, filepath.Join(dir, "none"), filepath.Join(dir, "link")), "s")
		}},
		"a file in its place": {says: "no socket", make: func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "s")
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}},
		"a link in its place": {says: "no socket", make: func(t *testing.T, dir string) string {
			return symlink(t, filepath.Join(dir, "none"), filepath.Join(dir, "s"))
		}},
		"a path that is too long": {says: "choose a shorter one", make: func(t *testing.T, dir string) string {
			return filepath.Join(dir, strings.Repeat("x", 100))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.make(t, shortDir(t))
			l, err := Listen(path, c.open)
			if err == nil {
				l.Close()
				t.Fatal("it listens")
			}
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, want %s", err, c.says)
			}
		})
	}
}

func TestListenRefusesAnotherUsersDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	dir := shortDir(t)
	if err := os.Chown(dir, 12345, -1); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(filepath.Join(dir, "s"), false); err == nil || !strings.Contains(err.Error(), "belongs to uid 12345") {
		t.Errorf("%v", err)
	}
}

func chmod(t *testing.T, path string, mode fs.FileMode) string {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func symlink(t *testing.T, target, path string) string {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	return path
}
