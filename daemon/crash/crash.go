// Package crash names the moments at which a torture test kills the daemon.
//
// A build without the tag "torture" has nothing of it: Point is empty and is
// inlined away. With the tag, PENSTOCK_CRASH=<name>:<n> makes the process send
// itself SIGKILL when it passes the point of that name for the nth time.
package crash

// The points, in the order in which one step passes them.
const (
	BeforeCommit = "before-commit" // a turn is decided and nothing of it is written
	AfterCommit  = "after-commit"  // it is durable; nobody was answered, nothing performed
	AfterAnswer  = "after-answer"  // clients were answered; effects are not performed
	BeforeLaunch = "before-launch" // the intent is durable; the attempt has no directory
	AfterLaunch  = "after-launch"  // the host was told of the attempt
	BeforeSeal   = "before-seal"   // the attempt ended durably; its log is not sealed
	AfterSeal    = "after-seal"    // the log is sealed; the record does not say so
	BeforeSweep  = "before-sweep"  // the record says so; the attempt directory is there
)

// AfterClaim is passed by files that arrive, not by steps: they are moved to
// where they are claimed, and no run is started for them.
const AfterClaim = "after-claim"

// Points lists those that each step passes.
func Points() []string {
	return []string{BeforeCommit, AfterCommit, AfterAnswer, BeforeLaunch, AfterLaunch, BeforeSeal, AfterSeal, BeforeSweep}
}
