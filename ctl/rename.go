package ctl

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) renameCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "rename NAME NEW-NAME",
		Short:             "Give a pipeline another name; its runs and revisions go with it",
		Args:              arguments(2, 2),
		ValidArgsFunction: a.completePipeline,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.rename(cmd.Context(), args[0], args[1]) },
	}
	return a.outputs(cmd)
}

func (a *app) rename(ctx context.Context, name, to string) error {
	r, err := call(ctx, a.link, (*rpc.Client).PipelineRename, &rpc.PipelineRenameRequest{Name: name, To: to})
	if err != nil {
		return badName(err)
	}
	return a.answer(r, func(render.Style) string {
		return fmt.Sprintf("%s: renamed to %s\n", render.Line(name), render.Line(to))
	})
}
