package state

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// SigningKey is the key of which the secrets of signing trigger keys are derived:
// a file of the state directory that is made when the first of them is, and
// never changed.
type SigningKey struct {
	Path string
	Size int // in bytes

	mu    sync.Mutex // protects the field below
	bytes []byte     // nil: not read yet
}

// errNoSigningKey: there is no file, so no key was derived of it.
var errNoSigningKey = errors.New("there is no signing key")

// Read is the key; an error where there is none.
func (s *SigningKey) Read() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load()
}

// Make is the key, a new one where there is none.
func (s *SigningKey) Make() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bytes, err := s.load()
	if !errors.Is(err, errNoSigningKey) {
		return bytes, err
	}
	if err := s.create(); err != nil {
		return nil, fmt.Errorf("make the signing key: %w", err)
	}
	return s.load()
}

// load reads the file once. The caller holds mu.
func (s *SigningKey) load() ([]byte, error) {
	if s.bytes != nil {
		return s.bytes, nil
	}
	bytes, err := os.ReadFile(s.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", s.Path, errNoSigningKey)
	case err != nil:
		return nil, fmt.Errorf("read the signing key: %w", err)
	case len(bytes) != s.Size:
		return nil, fmt.Errorf("the signing key %s has %d bytes, not %d: bring back the file of which the keys were made", s.Path, len(bytes), s.Size)
	}
	s.bytes = bytes
	return bytes, nil
}

// create writes a new key beside its place and moves it there, so that there
// is a whole one or none, power loss or not.
func (s *SigningKey) create() (err error) {
	bytes := make([]byte, s.Size)
	if _, err := rand.Read(bytes); err != nil {
		return err
	}
	f, err := os.OpenFile(s.Path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(bytes)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(s.Path+".new", s.Path); err != nil {
		return err
	}
	directory, err := os.Open(filepath.Dir(s.Path))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
