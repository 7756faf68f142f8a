package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) madeCommand() *cobra.Command {
	limits := limits{count: 20}
	cmd := &cobra.Command{
		Use:               "history NAME",
		Short:             "List the runs that a schedule made, newest first",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeSchedule,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.made(cmd.Context(), args[0], limits) },
	}
	limits.flags(cmd)
	return a.outputs(cmd)
}

func (a *app) made(ctx context.Context, name string, limits limits) error {
	if err := checkSchedule(name); err != nil {
		return err
	}
	if err := limits.check(); err != nil {
		return err
	}
	all := rpc.ScheduleHistoryResponse{Runs: []rpc.RunSummary{}}
	for !limits.reached(len(all.Runs)) {
		page, err := call(ctx, a.link, (*rpc.Client).ScheduleHistory, &rpc.ScheduleHistoryRequest{
			Schedule: name, Before: all.Next, Limit: limits.page(len(all.Runs)),
		})
		if err != nil {
			return err
		}
		all.Runs, all.Next = append(all.Runs, page.Runs...), page.Next
		if page.Next == "" {
			break
		}
	}
	if len(all.Runs) == 0 {
		a.notice("There is no run of the schedule %s.", name)
	}
	err := a.answer(all, func(s render.Style) string { return s.Runs(all.Runs) })
	a.older(all.Next != "")
	return err
}
