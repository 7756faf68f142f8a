package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) latestCommand() *cobra.Command {
	var statuses, labels []string
	cmd := &cobra.Command{
		Use:   "latest NAME",
		Short: "Print the name of a pipeline's newest run",
		Long: "Print the name of a pipeline's newest run, alone on its line; with filters, of the newest one for\n" +
			"which they hold. The exit code is 4 where there is none.",
		Example:           "  penstockctl status \"$(penstockctl latest nightly --status failed)\"",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completePipeline,
		RunE: func(cmd *cobra.Command, args []string) error {
			wanted, err := pairs("--label", labels)
			if err != nil {
				return err
			}
			return a.latest(cmd.Context(), rpc.RunLatestRequest{Pipeline: args[0], Status: statuses, Labels: wanted})
		},
	}
	cmd.Flags().StringSliceVar(&statuses, "status", nil, "one that it has, as in runs")
	cmd.Flags().StringArrayVar(&labels, "label", nil, "KEY=VALUE, a label that it has; may be repeated")
	completeWords(cmd, "status", runStatuses...)
	return a.outputs(cmd)
}

func (a *app) latest(ctx context.Context, request rpc.RunLatestRequest) error {
	for {
		r, err := call(ctx, a.link, (*rpc.Client).RunLatest, &request)
		if err != nil {
			return err
		}
		if r.Run != nil {
			return a.answer(r.Run, func(render.Style) string { return render.Line(r.Run.Name) + "\n" })
		}
		request.Before = r.Next
	}
}
