package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/penstock/penstock/daemon/store"
)

// sweepOrphans removes the files of runs without a record, left by a deletion
// that was cut off, and the directories of attempts that are recorded to the
// end. It touches nothing of a run that lives.
func (d *Daemon) sweepOrphans() error {
	view := d.store.View()
	defer view.Close()
	for _, dir := range []string{"workspaces", "logs"} {
		err := d.sweepRuns(dir, func(id uint64) (bool, error) {
			_, err := view.Run(id)
			return errors.Is(err, store.ErrNotFound), ignoreNotFound(err)
		})
		if err != nil {
			return err
		}
	}
	live, err := view.Live()
	if err != nil {
		return err
	}
	lives := map[uint64]bool{}
	for _, id := range live {
		lives[id] = true
	}
	return d.sweepRuns("attempts", func(id uint64) (bool, error) { return !lives[id], nil })
}

// sweepRuns removes the entries of a directory whose run, the number before
// the first point of the name, is an orphan. Other names are not ours.
func (d *Daemon) sweepRuns(dir string, orphan func(id uint64) (bool, error)) error {
	dir = filepath.Join(d.paths.State, dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	for _, entry := range entries {
		name, _, _ := strings.Cut(entry.Name(), ".")
		id, err := strconv.ParseUint(name, 10, 64)
		if err != nil {
			continue
		}
		gone, err := orphan(id)
		if err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
		if gone {
			d.log.Info("removing what a run left behind", "path", filepath.Join(dir, entry.Name()))
			if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
				return fmt.Errorf("sweep: %w", err)
			}
		}
	}
	return nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
