package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) cancelCommand() *cobra.Command {
	var request rpc.RunCancelRequest
	cmd := &cobra.Command{
		Use:   "cancel RUN|RUN/STAGE/STEP...",
		Short: "Ask a run, or some of its steps, to end",
		Long: "Ask a run, or steps of it, to end: what works gets TERM, its grace, then KILL; what has not\n" +
			"begun never will, manual steps that the run waits for included. The run is canceled when\n" +
			"all of them are gone; wait for that with watch. retry brings it back. What is over, or was\n" +
			"asked to end before, stays as it is, and that is no error.",
		Example:           "  penstockctl cancel nightly/42 --note 'wrong branch'\n  penstockctl cancel nightly/42/test/slow",
		Args:              arguments(1, -1),
		ValidArgsFunction: a.completeSteps("created", "waiting_for_resource", "pending", "running", "scheduled"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.cancel(cmd.Context(), args, request)
		},
	}
	cmd.Flags().BoolVar(&request.Force, "force", false, "kill at once, without grace")
	cmd.Flags().StringVar(&request.Note, "note", "", "why; kept with the run")
	return a.outputs(cmd)
}

func (a *app) cancel(ctx context.Context, args []string, request rpc.RunCancelRequest) error {
	all, err := parseSteps(args, true)
	if err != nil {
		return err
	}
	return each(all, func(s stepsOf) error {
		request.Run, request.Steps = s.run, s.steps
		r, err := call(ctx, a.link, (*rpc.Client).RunCancel, &request)
		if err != nil {
			return err
		}
		return a.answer(r, func(render.Style) string { return render.Canceled(*r, len(s.steps) > 0) })
	})
}
