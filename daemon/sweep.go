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
// that was cut off.
func (d *Daemon) sweepOrphans() error {
	view := d.store.View()
	defer view.Close()
	for _, dir := range []string{"workspaces", "logs"} {
		err := d.sweep(dir, func(_ string, id uint64) (bool, error) {
			_, err := view.Run(id)
			return errors.Is(err, store.ErrNotFound), ignoreNotFound(err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepAttempts removes the directories of attempts that are recorded to the
// end. It is asked between the restoring of the runs and their going on.
func (d *Daemon) sweepAttempts() error {
	return d.sweep("attempts", func(name string, id uint64) (bool, error) {
		_, rest, _ := strings.Cut(name, ".")
		at := strings.LastIndexByte(rest, '.')
		n, err := strconv.Atoi(rest[at+1:])
		if at < 0 || err != nil {
			return false, nil // not ours
		}
		return !d.engine.Owes(id, rest[:at], n), nil
	})
}

// sweep removes the orphans among the entries of a directory of the state. An
// entry belongs to the run whose id stands before the first point of its name;
// other names are not ours.
func (d *Daemon) sweep(dir string, orphan func(name string, id uint64) (bool, error)) error {
	dir = filepath.Join(d.paths.State, dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	for _, entry := range entries {
		number, _, _ := strings.Cut(entry.Name(), ".")
		id, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			continue
		}
		gone, err := orphan(entry.Name(), id)
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
