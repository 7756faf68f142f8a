package daemon

import (
	"fmt"

	"github.com/penstock/penstock/daemon/state"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/rpc"
)

// roomToCommit is store.Store's Room: near the end of the disk it gives up the
// ballast, and after that it ends the daemon while that can still be done in
// peace. Steps go on.
func (d *Daemon) roomToCommit() error {
	free, err := state.Free(d.paths.State)
	if err != nil || free >= store.Headroom {
		return err
	}
	d.log.Warn("the disk is nearly full", "state", d.paths.State, "free", state.Bytes(free))
	return state.MakeRoom(d.paths.State, store.Headroom)
}

// checkDisk refuses to begin a run while space is short.
func (d *Daemon) checkDisk() error { return d.checkFree("no run begins", d.leastFree()) }

// checkSpace refuses a change of a pipeline while space is nearly gone: what is
// left is for the runs that live, and for deleting some.
func (d *Daemon) checkSpace() error { return d.checkFree("no pipeline is changed", 2*store.Headroom) }

func (d *Daemon) checkFree(refusal string, least uint64) error {
	free, err := state.Free(d.paths.State)
	if err != nil || free >= least {
		return err
	}
	return &rpc.Error{
		Code: rpc.CodeDiskLow,
		Message: fmt.Sprintf("%s while %s has less than %s free, and it has %s; free some space, or delete old runs",
			refusal, d.paths.State, state.Bytes(least), state.Bytes(free)),
		Data: rpc.DiskLowData{FreeBytes: free, MinFreeBytes: least},
	}
}

// leastFree is the free space below which nothing new begins.
func (d *Daemon) leastFree() uint64 {
	return max(uint64(d.config.Load().Storage.MinFree), store.Headroom)
}
