package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) statusCommand() *cobra.Command {
	var tree bool
	cmd := &cobra.Command{
		Use:   "status RUN",
		Short: "Show how a run and its steps stand",
		Long: "Show how a run and its steps stand. The exit code is 0 whatever that is: to test how\na run ended use watch.\n\n" +
			"With --tree, the run, the runs that its steps stand for, and theirs, a line each.",
		Example:           "  penstockctl status build/7\n  penstockctl status build/7 --tree",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			if tree {
				return a.tree(cmd.Context(), args[0])
			}
			return a.status(cmd.Context(), args[0])
		},
	}
	cmd.Flags().BoolVar(&tree, "tree", false, "show the runs that follow from its steps instead of the steps")
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
