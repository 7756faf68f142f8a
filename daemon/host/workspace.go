package host

import (
	"errors"
	"os"
	"path/filepath"
)

// makeWorkspace makes the directory that the step works in. It may be there, or
// be made by an earlier step: both are fine. No link of an earlier step leads
// out of the ground.
func (a *Attempt) makeWorkspace() error {
	if a.Ground == "" {
		return nil
	}
	if err := os.MkdirAll(a.Ground, 0o700); err != nil {
		return err
	}
	dir, err := filepath.Rel(a.Ground, a.Request.Workspace)
	if err != nil || dir == "." {
		return err
	}
	root, err := os.OpenRoot(a.Ground)
	if err != nil {
		return err
	}
	return errors.Join(root.MkdirAll(dir, 0o700), root.Close())
}
