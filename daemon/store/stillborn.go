package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// removeStillborn removes Badger's log files of no bytes. A process that is
// killed between making such a file and growing it leaves one behind, and
// Badger's next Open takes it for a new one and fails: "Create a new file".
// Nothing was ever written to them. The caller holds the state directory.
func removeStillborn(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for files that were never begun: %w", err)
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext != ".mem" && ext != ".vlog" || !e.Type().IsRegular() {
			continue
		}
		if err := removeEmpty(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("remove a file that was never begun: %w", err)
		}
	}
	return nil
}

func removeEmpty(path string) error {
	info, err := os.Lstat(path)
	if err == nil && info.Size() == 0 {
		err = os.Remove(path)
	}
	return err
}
