package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) cloneCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "clone NAME NEW-NAME",
		Short:             "Make a new pipeline of the current text of another",
		Long:              "Make a new pipeline of the current text of another, without its runs.",
		Args:              arguments(2, 2),
		ValidArgsFunction: a.completePipeline,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.clone(cmd.Context(), args[0], args[1]) },
	}
	return a.outputs(cmd)
}

func (a *app) clone(ctx context.Context, name, to string) error {
	r, err := call(ctx, a.link, (*rpc.Client).PipelineClone, &rpc.PipelineCloneRequest{Name: name, To: to})
	if err != nil {
		return badName(err)
	}
	return a.answer(r, func(s render.Style) string { return s.Applied(*r, false) })
}
