package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
)

// Seal keeps the log in attemptDir under key and says what the records need.
// When it returns without error the log is durable, and the directory may go
// once the record is durable as well. The attempt must have ended.
//
// Seal may be repeated: what was sealed under key stays, unless it is damaged
// and the directory still has the log. An attempt without output, or without a
// directory, gives the zero Sealed and makes no file. An error, a full disk for
// one, leaves the directory and what was sealed as they were.
func (s *Store) Seal(key Key, attemptDir string) (Sealed, error) {
	sealed, err := s.again(key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		sealed, err = s.seal(key, attemptDir)
	case errors.Is(err, ErrDamaged):
		s.log.Warn("a sealed log is damaged; sealing it anew if the attempt directory has it", "attempt", key, "err", err)
		damaged := err
		if sealed, err = s.seal(key, attemptDir); err == nil && sealed.Size == 0 {
			err = damaged
		}
	}
	if err != nil {
		return Sealed{}, fmt.Errorf("seal log of %v: %w", key, err)
	}
	return sealed, nil
}

// again finds what is sealed already, and makes sure that its name lasts.
func (s *Store) again(key Key) (Sealed, error) {
	a, err := s.unpack(key)
	if err != nil {
		return Sealed{}, err
	}
	return a.sealed, errors.Join(a.close(), s.syncDir("."), s.syncDir(directory(key.Run)))
}

func (s *Store) seal(key Key, attemptDir string) (Sealed, error) {
	l, err := openLive(attemptDir)
	if errors.Is(err, fs.ErrNotExist) {
		return Sealed{}, nil
	}
	if err != nil {
		return Sealed{}, err
	}
	sealed, err := s.sealLive(key, l)
	return sealed, errors.Join(err, l.close())
}

func (s *Store) sealLive(key Key, l *live) (Sealed, error) {
	if err := l.trim(); err != nil {
		return Sealed{}, err
	}
	if span := l.span(); span.Kept() == 0 {
		return Sealed{}, nil
	}
	name := path.Join(scratch, strconv.FormatUint(s.serial.Add(1), 10))
	sealed, err := s.write(name, key, l)
	if err == nil {
		err = s.place(name, key)
	}
	if err != nil {
		return Sealed{}, errors.Join(err, s.root.RemoveAll(name))
	}
	return sealed, nil
}

// write makes the sealed file and waits until the disk has its content.
func (s *Store) write(name string, key Key, l *live) (Sealed, error) {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Sealed{}, err
	}
	sealed, err := s.pack(f, key, l)
	if err == nil {
		err = f.Sync()
	}
	return sealed, errors.Join(err, f.Close())
}

// place gives a finished file its name, and waits until the disk has that.
func (s *Store) place(name string, key Key) error {
	if err := s.makeRun(key.Run); err != nil {
		return err
	}
	if err := s.root.Rename(name, key.file()); err != nil {
		return err
	}
	return s.syncDir(directory(key.Run))
}

// makeRun makes the directory of a run. One that is there already may be what a
// crash left, with a name that would not last: each is synced once by a Store.
func (s *Store) makeRun(run uint64) error {
	s.placing.Lock()
	defer s.placing.Unlock()
	if s.durable[run] {
		return nil
	}
	if err := s.root.MkdirAll(directory(run), 0o700); err != nil {
		return err
	}
	if err := s.syncDir("."); err != nil {
		return err
	}
	s.durable[run] = true
	return nil
}
