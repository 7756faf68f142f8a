package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "status RUN",
		Short:             "Show how a run and its steps stand",
		Long:              "Show how a run and its steps stand. The exit code is 0 whatever that is: to test how\na run ended use watch.",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeRun,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.status(cmd.Context(), args[0]) },
	}
	return a.outputs(cmd)
}

func (a *app) status(ctx context.Context, run string) error {
	if err := checkRun(run); err != nil {
		return err
	}
	r, err := call(ctx, a.link, (*rpc.Client).RunGet, &rpc.RunGetRequest{Run: run})
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.Run(*r) })
}
