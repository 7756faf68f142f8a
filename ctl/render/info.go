package render

import (
	"fmt"

	"github.com/penstock/penstock/rpc"
)

// Info says how the daemon is.
func (s Style) Info(i rpc.Info) string {
	accepting := "yes"
	if !i.AcceptingRuns {
		accepting = s.paint(red, "no")
	}
	frozen := ""
	if i.Freeze != nil {
		frozen = s.paint(red, s.frozenBy(*i.Freeze))
	}
	return s.pairs(
		[2]string{"daemon", fmt.Sprintf("%s, protocol %d, pid %d", Line(i.Version), i.Protocol, i.Pid)},
		[2]string{"started", fmt.Sprintf("%s (start %d on this state directory)", s.When(i.StartedAt), i.Generation)},
		[2]string{"state", Line(i.State)},
		[2]string{"pipelines", fmt.Sprint(i.Pipelines)},
		[2]string{"live runs", fmt.Sprint(i.LiveRuns)},
		[2]string{"steps", fmt.Sprintf("%d running of at most %d, %d pending", i.RunningSteps, i.MaxRunning, i.PendingSteps)},
		[2]string{"free space", fmt.Sprintf("%s, at least %s wanted", Bytes(i.FreeBytes), Bytes(i.MinFreeBytes))},
		[2]string{"accepts runs", accepting},
		[2]string{"frozen", frozen},
		[2]string{"you", fmt.Sprintf("%s (%s)", Line(i.You), Line(i.Role))},
	)
}
