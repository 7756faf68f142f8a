package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) runsCommand() *cobra.Command {
	var status string
	limits := limits{count: 20}
	cmd := &cobra.Command{
		Use:               "runs [NAME]",
		Short:             "List runs, newest first",
		Args:              arguments(0, 1),
		ValidArgsFunction: a.completePipeline,
		RunE: func(cmd *cobra.Command, args []string) error {
			request := rpc.RunListRequest{Status: status}
			if len(args) > 0 {
				request.Pipeline = args[0]
			}
			return a.runs(cmd.Context(), request, limits)
		},
	}
	cmd.Flags().StringVar(&status, "status", "", "only runs of this status: created, waiting_for_resource, pending, running, scheduled, manual, success, failed, canceling, canceled or skipped")
	limits.flags(cmd)
	return a.outputs(cmd)
}

func (a *app) runs(ctx context.Context, request rpc.RunListRequest, limits limits) error {
	if err := limits.check(); err != nil {
		return err
	}
	all := rpc.RunListResponse{Runs: []rpc.RunSummary{}}
	for !limits.reached(len(all.Runs)) {
		request.Before, request.Limit = all.Next, limits.page(len(all.Runs))
		page, err := call(ctx, a.link, (*rpc.Client).RunList, &request)
		if err != nil {
			return err
		}
		all.Runs, all.Next = append(all.Runs, page.Runs...), page.Next
		if page.Next == 0 {
			break
		}
	}
	err := a.answer(all, func(s render.Style) string { return s.Runs(all.Runs) })
	a.older(all.Next != 0)
	return err
}
