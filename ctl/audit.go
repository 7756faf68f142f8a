package ctl

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// auditing is what is wanted of the ledger.
type auditing struct {
	since, until string
	decisions    []string
	limits
}

func (a *app) auditCommand() *cobra.Command {
	w := auditing{limits: limits{count: 50}}
	cmd := &cobra.Command{
		Use:   "audit NAME",
		Short: "List what was decided of each instant, and why: the ledger",
		Long: "List what was decided of each instant at which a trigger was due, and why. It is why there\n" +
			"is no run where one was expected.\n\n" +
			"  fired       a run was started in time\n" +
			"  caught_up   it was missed, and a run was started later; also by a backfill\n" +
			"  skipped     it was due, and there was a reason not to start a run: overlap, paused,\n" +
			"              frozen, blackout (a calendar takes it away) or refused (the run's rules say no)\n" +
			"  dropped     it was missed and is not caught up: superseded (a later one is), no_catch_up,\n" +
			"              too_old, too_many or restored (the state is a copy of an older one)\n\n" +
			"--since and --until are a time, now, 18:00 (the last one, local), \"2026-11-24 08:00\" (local)\n" +
			"or RFC 3339, or how long ago: 2h, 3d.",
		Example: "  penstockctl schedule audit nightly --since 7d\n" +
			"  penstockctl schedule audit nightly/evening --decision skipped,dropped",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeSchedule,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.audit(cmd.Context(), args[0], w) },
	}
	cmd.Flags().StringVar(&w.since, "since", "", "only instants at or after this time")
	cmd.Flags().StringVar(&w.until, "until", "", "only instants before this time")
	cmd.Flags().StringSliceVar(&w.decisions, "decision", nil, "only these decisions: fired, caught_up, skipped, dropped")
	completeWords(cmd, "decision", "fired", "caught_up", "skipped", "dropped")
	w.flags(cmd)
	return a.outputs(cmd)
}

func (a *app) audit(ctx context.Context, name string, w auditing) error {
	request, err := w.request(name, time.Now())
	if err != nil {
		return err
	}
	all := rpc.ScheduleAuditResponse{Ticks: []rpc.Tick{}}
	for !w.reached(len(all.Ticks)) {
		request.Before, request.Limit = all.Next, w.page(len(all.Ticks))
		page, err := call(ctx, a.link, (*rpc.Client).ScheduleAudit, request)
		if err != nil {
			return err
		}
		all.Ticks, all.Next = append(all.Ticks, page.Ticks...), page.Next
		if page.Next == "" {
			break
		}
	}
	if len(all.Ticks) == 0 {
		a.notice("The ledger of %s has no such record.", name)
	}
	err = a.answer(all, func(s render.Style) string { return s.Ticks(all.Ticks) })
	a.older(all.Next != "")
	return err
}

func (w auditing) request(name string, now time.Time) (*rpc.ScheduleAuditRequest, error) {
	if err := checkSchedule(name); err != nil {
		return nil, err
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	since, err := past("--since", w.since, now)
	if err != nil {
		return nil, err
	}
	until, err := past("--until", w.until, now)
	return &rpc.ScheduleAuditRequest{Schedule: name, Since: since, Until: until, Decisions: w.decisions}, err
}
