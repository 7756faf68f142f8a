package logs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/penstock/penstock/plugins/protocol"
)

// look is how often Wait looks for itself. Network and FUSE file systems report
// no change, and the kernel limits how many it keeps.
const look = time.Second

// Wait returns nil as soon as Read would give a line from cursor on, or the
// attempt's result is there. Else it returns the end of ctx, or an error that is
// fs.ErrNotExist where the directory is absent: then the records know more.
// Many may wait for the same log; each costs a timer, all of them one watch.
func (s *Store) Wait(ctx context.Context, attemptDir string, cursor int64) error {
	if done, err := news(attemptDir, cursor); done {
		return err
	}
	changed := s.watcher.join(attemptDir)
	defer s.watcher.leave(attemptDir, changed)
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if done, err := news(attemptDir, cursor); done {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-tick.C:
		}
	}
}

// news reports whether there is a reason to wait no longer.
func news(dir string, cursor int64) (bool, error) {
	_, err := os.Lstat(dir + "/" + protocol.ResultFile)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return true, fmt.Errorf("wait for output: %w", bare(err))
	}
	chunk, err := readLive(dir, cursor, 1)
	if err != nil {
		return true, fmt.Errorf("wait for output: %w", bare(err))
	}
	return len(chunk.Data) > 0, nil
}
