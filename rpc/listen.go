package rpc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// longestPath is sun_path of unix(7) without its NUL.
const longestPath = 107

// Listen listens on a Unix socket at path, in a directory that nobody else can
// write to. It makes the directory where there is none: with mode 0700 and the
// socket with 0600, or, where others are admitted (open), 0755 and 0666; who
// may do what is then for Authorize alone. A directory that exists keeps its
// mode and is refused unless it is fit: no symbolic link, the caller's own,
// writable for nobody else, and open to others where they are admitted.
//
// A socket that nobody answers on is left from a dead daemon and replaced. One
// that somebody answers on, or anything that is no socket, is an error. Two
// callers at once cannot replace each other's socket. Closing the listener
// removes the socket.
func Listen(path string, open bool) (net.Listener, error) {
	l, err := listen(path, open)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	return l, nil
}

func listen(path string, open bool) (l net.Listener, err error) {
	if len(path) > longestPath {
		return nil, fmt.Errorf("the path has %d bytes and a socket's may have %d: choose a shorter one", len(path), longestPath)
	}
	dir, err := privateDirectory(filepath.Dir(path), open)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	// The lock makes one of looking and binding; closing dir gives it back.
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		return nil, fmt.Errorf("lock the directory: %w", err)
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	return bindSocket(path, open)
}

// MakeDirectory makes or checks the directory of a socket as Listen does, for
// whoever puts something else into it before.
func MakeDirectory(socket string, open bool) error {
	dir, err := privateDirectory(filepath.Dir(socket), open)
	if err != nil {
		return fmt.Errorf("the directory of the socket %s: %w", socket, err)
	}
	return dir.Close()
}

// Admit opens a socket that Listen made to others, or closes it to them.
// Connections that are there stay. The directory must be fit, as for Listen.
func Admit(path string, open bool) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("admit others to %s: %w", path, err)
	}
	if err := errors.Join(checkDirectory(dir, open), dir.Close()); err != nil {
		return fmt.Errorf("admit others to %s: %w", path, err)
	}
	mode := fs.FileMode(0o600)
	if open {
		mode = 0o666
	}
	return os.Chmod(path, mode)
}

// privateDirectory makes or checks the directory of a socket and opens it.
func privateDirectory(path string, open bool) (*os.File, error) {
	mode := fs.FileMode(0o700)
	if open {
		mode = 0o755
	}
	if err := makeDirectory(path, mode); err != nil {
		return nil, err
	}
	dir, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	switch {
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOTDIR):
		return nil, fmt.Errorf("%s is a symbolic link or no directory: name the directory itself", path)
	case err != nil:
		return nil, err
	}
	if err := checkDirectory(dir, open); err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return dir, nil
}

// makeDirectory makes a directory with exactly the mode, if there is none, and
// its parents as the umask has it.
func makeDirectory(path string, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	err := os.Mkdir(path, mode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

func checkDirectory(dir *os.File, open bool) error {
	info, err := dir.Stat()
	if err != nil {
		return err
	}
	mode := info.Mode().Perm()
	owner := info.Sys().(*syscall.Stat_t).Uid
	switch {
	case int(owner) != os.Geteuid():
		return fmt.Errorf("%s belongs to uid %d and must belong to uid %d, who runs the daemon", dir.Name(), owner, os.Geteuid())
	case mode&0o022 != 0:
		return fmt.Errorf("%s has mode %04o: others could replace the socket; chmod go-w it, or choose a directory of its own", dir.Name(), mode)
	case open && mode&0o011 != 0o011:
		return fmt.Errorf("%s has mode %04o: others are admitted and could not reach the socket; chmod 755 it", dir.Name(), mode)
	}
	return nil
}

// removeStale removes a socket that nobody answers on.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return errors.New("there is a file that is no socket: remove it, or choose another path")
	}
	conn, err := net.Dial("unix", path)
	switch {
	case err == nil:
		return errors.Join(errors.New("another daemon answers there: stop it, or choose another path"), conn.Close())
	case !errors.Is(err, unix.ECONNREFUSED):
		return fmt.Errorf("find out whether somebody answers there: %w", err)
	}
	return os.Remove(path)
}

// bindSocket makes the socket with its mode from the first moment, without the
// umask, which belongs to the whole process: on Linux a bound socket's file has
// the mode that fchmod gave the socket before, less the umask.
func bindSocket(path string, open bool) (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var chmod error
		err := c.Control(func(fd uintptr) { chmod = unix.Fchmod(int(fd), 0o600) })
		return errors.Join(err, chmod)
	}}
	l, err := config.Listen(context.Background(), "unix", path)
	if err != nil || !open {
		return l, err
	}
	if err := os.Chmod(path, 0o666); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}
