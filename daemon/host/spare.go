package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/plugins/protocol"
)

// spares keeps the directories of attempts that are over for attempts to come.
// Most of what an attempt costs beside its work is to make files: on ext4 a new
// inode costs some twenty times what it costs to write an old one. So a
// directory is emptied and kept with the files that every attempt has.
//
// It has another use: a directory is filled under a name that nobody knows and
// then renamed, so an attempt directory is there whole or not at all.
type spares struct {
	dir string // "": none are kept, and drafts lie beside their places

	mu   sync.Mutex // protects the fields below
	free []string   // paths
	made int        // names given
}

// maxSpares bounds how many lie idle, but for those that are being given.
const maxSpares = 256

// openSpares clears away what a former daemon kept.
func openSpares(dir string) (*spares, error) {
	if dir == "" {
		return &spares{}, nil
	}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return nil, fmt.Errorf("spare attempt directories: %w", err)
	}
	return &spares{dir: dir}, nil
}

// take is a directory to be filled: a spare one, or a new one.
func (s *spares) take(beside string) (string, error) {
	if s.dir == "" {
		return os.MkdirTemp(beside, ".draft-")
	}
	if path, ok := s.pop(); ok {
		return path, nil
	}
	path, _ := s.place()
	return path, os.Mkdir(path, 0o700)
}

func (s *spares) pop() (path string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.free)
	if n == 0 {
		return "", false
	}
	path, s.free = s.free[n-1], s.free[:n-1]
	return path, true
}

// place is a path for a directory that has none yet, and whether one more may
// lie idle.
func (s *spares) place() (path string, room bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return filepath.Join(s.dir, strconv.Itoa(s.made)), s.dir != "" && len(s.free) < maxSpares
}

// give takes back a directory. What cannot be kept is removed. While it is
// emptied others take and give: the next step does not wait for what the one
// before it left.
func (s *spares) give(path string) error {
	spare, room := s.place()
	if !room || empty(path) != nil {
		return os.RemoveAll(path)
	}
	if err := unix.Rename(path, spare); err != nil {
		return errors.Join(fmt.Errorf("keep %s: %w", path, err), os.RemoveAll(path))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, spare)
	return nil
}

// resultDraft is the name under which the Go SDK writes a result before it is
// renamed; a plugin that uses another one makes a new file.
const resultDraft = protocol.ResultFile + ".tmp"

// kept are the files of a spare directory. Their content means nothing.
var kept = []string{protocol.RequestFile, protocol.LockFile, resultDraft}

// empty removes from an attempt directory all that is not kept. Its error says
// that the directory is not fit to be used again: somebody still holds its
// lock, or put in it what does not belong there.
func empty(path string) error {
	if held, _, err := probe(filepath.Join(path, protocol.LockFile)); held || err != nil {
		return errors.Join(errors.New("its lock is held"), err)
	}
	err := unix.Rename(filepath.Join(path, protocol.ResultFile), filepath.Join(path, resultDraft))
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case !entry.Type().IsRegular():
			return fmt.Errorf("%s is no file", name)
		case !slices.Contains(kept, name):
			if err := unix.Unlink(filepath.Join(path, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Discard removes the directory of an attempt that is recorded to the end.
func (h *Host) Discard(directory string) error {
	if _, err := os.Lstat(directory); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return h.spares.give(directory)
}

// prepare makes the attempt directory with request.json, and the payload where
// there is one, in it. It says whether
// the directory is new; one that is there is left as it is.
func (h *Host) prepare(a Attempt) (fresh bool, err error) {
	text, err := json.Marshal(a.Request)
	if err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(a.Directory), 0o700); err != nil {
		return false, err
	}
	draft, err := h.spares.take(filepath.Dir(a.Directory))
	if err != nil {
		return false, err
	}
	err = overwrite(filepath.Join(draft, protocol.RequestFile), text)
	if a.Payload != "" && err == nil {
		err = overwrite(filepath.Join(draft, protocol.PayloadFile), []byte(a.Payload))
	}
	if err != nil {
		return false, errors.Join(err, os.RemoveAll(draft))
	}
	err = unix.Rename(draft, a.Directory) // refused where there is one with something in it
	if errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, unix.EEXIST) {
		return false, h.spares.give(draft)
	}
	return err == nil, err
}

// overwrite makes a file hold text. It does not truncate it first: a file that
// was cut to nothing is written out at once when it is closed (ext4(5),
// auto_da_alloc).
func overwrite(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Truncate(int64(len(text)))
	}
	return errors.Join(err, file.Close())
}
