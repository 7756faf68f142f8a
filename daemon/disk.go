package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// ballastFile is space that the daemon holds on to while all is well, and gives
// up to be able to start on a full disk.
const ballastFile = "ballast"

// freeBytes is what an ordinary process may still write to the file system of
// dir (statvfs(3): f_bavail).
func freeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", dir, err)
	}
	return st.Bavail * uint64(st.Bsize), nil
}

// makeRoom sees that the store can be opened: Badger dies, without a word, on a
// disk where its files cannot grow. On a disk too full for that it gives up the
// ballast.
func makeRoom(state string) error {
	free, err := freeBytes(state)
	if err != nil || free >= store.Headroom {
		return err
	}
	if err := os.Remove(filepath.Join(state, ballastFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("give up the ballast: %w", err)
	}
	if free, err = freeBytes(state); err != nil || free >= store.Headroom {
		return err
	}
	return fmt.Errorf("%w: %s has %s free and the store needs %s; remove something there and start again, nothing is lost",
		ErrDiskFull, state, bytesText(free), bytesText(store.Headroom))
}

// roomToCommit is store.Store's Room: near the end of the disk it gives up the
// ballast, and after that it ends the daemon while that can still be done in
// peace. Steps go on.
func (d *Daemon) roomToCommit() error {
	free, err := freeBytes(d.paths.State)
	if err != nil || free >= store.Headroom {
		return err
	}
	d.log.Warn("the disk is nearly full", "state", d.paths.State, "free", bytesText(free))
	return makeRoom(d.paths.State)
}

// layBallast takes the ballast again where there is plenty.
func layBallast(state string, size int64, minFree uint64) error {
	path := filepath.Join(state, ballastFile)
	if info, err := os.Stat(path); err == nil && info.Size() == size {
		return nil
	}
	free, err := freeBytes(state)
	if err != nil || size == 0 || free < minFree+2*uint64(size) {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("lay the ballast: %w", err)
	}
	err = unix.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, unix.EOPNOTSUPP) {
		err = os.Remove(path) // a sparse file would be no ballast
	}
	return errors.Join(err, f.Close())
}

// checkDisk refuses to begin a run while space is short.
func (d *Daemon) checkDisk() error { return d.checkFree("no run begins", d.leastFree()) }

// checkSpace refuses a change of a pipeline while space is nearly gone: what is
// left is for the runs that live, and for deleting some.
func (d *Daemon) checkSpace() error { return d.checkFree("no pipeline is changed", 2*store.Headroom) }

func (d *Daemon) checkFree(refusal string, least uint64) error {
	free, err := freeBytes(d.paths.State)
	if err != nil || free >= least {
		return err
	}
	return &rpc.Error{
		Code: rpc.CodeDiskLow,
		Message: fmt.Sprintf("%s while %s has less than %s free, and it has %s; free some space, or delete old runs",
			refusal, d.paths.State, bytesText(least), bytesText(free)),
		Data: rpc.DiskLowData{FreeBytes: free, MinFreeBytes: least},
	}
}

// leastFree is the free space below which nothing new begins.
func (d *Daemon) leastFree() uint64 {
	return max(uint64(d.config.Load().Storage.MinFree), store.Headroom)
}

func bytesText(n uint64) string {
	const unit = 1 << 10
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	size, exponent := float64(n)/unit, 0
	for size >= unit && exponent < 4 {
		size, exponent = size/unit, exponent+1
	}
	return fmt.Sprintf("%.1f %ciB", size, "KMGTP"[exponent])
}
