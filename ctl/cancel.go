package ctl

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) cancelCommand() *cobra.Command {
	var request rpc.RunCancelRequest
	cmd := &cobra.Command{
		Use:   "cancel RUN",
		Short: "Ask a run to end",
		Long: "Ask a run to end: its steps get TERM, their grace, then KILL. The run is canceled when\n" +
			"all of them are gone; wait for that with watch.",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Run = args[0]
			return a.cancel(cmd.Context(), request)
		},
	}
	cmd.Flags().BoolVar(&request.Force, "force", false, "kill at once, without grace")
	cmd.Flags().StringVar(&request.Note, "note", "", "why; kept with the run")
	return a.outputs(cmd)
}

func (a *app) cancel(ctx context.Context, request rpc.RunCancelRequest) error {
	if err := checkRun(request.Run); err != nil {
		return err
	}
	r, err := call(ctx, a.link, (*rpc.Client).RunCancel, &request)
	if err != nil {
		return err
	}
	return a.answer(r, func(render.Style) string {
		return fmt.Sprintf("%s: asked to end\n", render.Line(request.Run))
	})
}
