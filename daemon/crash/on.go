//go:build torture

package crash

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// chosen is the point of PENSTOCK_CRASH and how many passes are left.
var chosen, left = choose(os.Getenv("PENSTOCK_CRASH"))

func choose(spec string) (string, *atomic.Int64) {
	name, count, _ := strings.Cut(spec, ":")
	n, _ := strconv.ParseInt(count, 10, 64)
	left := &atomic.Int64{}
	left.Store(max(1, n))
	return name, left
}

// Point kills the process if it is the chosen point's turn.
func Point(name string) {
	if name == chosen && left.Add(-1) == 0 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			panic(err)
		}
		select {} // until the signal arrives
	}
}
