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
	for _, pattern := range []string{"*.mem", "*.vlog"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, path := range paths {
			if err := removeEmpty(path); err != nil {
				return fmt.Errorf("remove a file that was never begun: %w", err)
			}
		}
	}
	return nil
}

func removeEmpty(path string) error {
	info, err := os.Lstat(path)
	if err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
