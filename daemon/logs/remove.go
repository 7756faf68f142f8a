package logs

import (
	"errors"
	"fmt"
	"io/fs"
)

// Remove removes the sealed logs of a run. Who reads one gets ErrGone from then
// on. A run without logs is no error.
func (s *Store) Remove(run uint64) error {
	s.placing.Lock()
	defer s.placing.Unlock()
	delete(s.durable, run)
	if err := s.root.RemoveAll(directory(run)); err != nil {
		return fmt.Errorf("remove logs of run %d: %w", run, err)
	}
	return nil
}

// RemoveAttempt removes the sealed log of one attempt. An absent one is no error.
func (s *Store) RemoveAttempt(key Key) error {
	if err := s.root.Remove(key.file()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove log of %v: %w", key, err)
	}
	return nil
}

// Usage is how many bytes the sealed logs of a run take on disk; 0 for a run
// without.
func (s *Store) Usage(run uint64) (int64, error) {
	entries, err := fs.ReadDir(s.root.FS(), directory(run))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("measure logs of run %d: %w", run, err)
	}
	var total int64
	for _, e := range entries {
		info, err := e.Info()
		if err == nil {
			total += info.Size()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("measure logs of run %d: %w", run, err)
		}
	}
	return total, nil
}
