package ctl

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) rollbackCommand() *cobra.Command {
	var request rpc.PipelineRollbackRequest
	cmd := &cobra.Command{
		Use:   "rollback NAME [REVISION]",
		Short: "Make the text of an old revision the current one again",
		Long: "Make the text of an old revision the current one again, as a new revision: history is\n" +
			"never rewritten. Without REVISION it is the one before the current.",
		Args:              arguments(1, 2),
		ValidArgsFunction: a.completePipeline,
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Name = args[0]
			return a.rollback(cmd.Context(), request, args[1:])
		},
	}
	cmd.Flags().BoolVar(&request.DryRun, "dry-run", false, "show what would change; change nothing")
	return a.outputs(cmd)
}

func (a *app) rollback(ctx context.Context, request rpc.PipelineRollbackRequest, revision []string) error {
	if len(revision) > 0 {
		n, err := strconv.ParseUint(revision[0], 10, 64)
		if err != nil || n == 0 {
			return usagef("revision %q: want a number from 1, as history shows them", revision[0])
		}
		request.Revision = n
	}
	r, err := call(ctx, a.link, (*rpc.Client).PipelineRollback, &request)
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.Applied(*r, request.DryRun) })
}
