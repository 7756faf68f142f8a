package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) historyCommand() *cobra.Command {
	var differences bool
	limits := limits{count: 50}
	cmd := &cobra.Command{
		Use:               "history NAME",
		Short:             "List the revisions of a pipeline: who, when, what changed",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completePipeline,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.history(cmd.Context(), args[0], limits, differences)
		},
	}
	cmd.Flags().BoolVar(&differences, "diff", false, "show what each revision changed")
	limits.flags(cmd)
	return a.outputs(cmd)
}

func (a *app) history(ctx context.Context, name string, limits limits, differences bool) error {
	if err := limits.check(); err != nil {
		return err
	}
	all := rpc.PipelineHistoryResponse{Revisions: []rpc.RevisionSummary{}}
	for !limits.reached(len(all.Revisions)) {
		page, err := call(ctx, a.link, (*rpc.Client).PipelineHistory, &rpc.PipelineHistoryRequest{
			Name: name, Before: all.Next, Limit: limits.page(len(all.Revisions)),
		})
		if err != nil {
			return err
		}
		all.Revisions, all.Next = append(all.Revisions, page.Revisions...), page.Next
		if page.Next == 0 {
			break
		}
	}
	err := a.answer(all, func(s render.Style) string { return s.Revisions(all.Revisions, differences) })
	a.older(all.Next != 0)
	return err
}
