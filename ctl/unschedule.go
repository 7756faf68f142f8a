package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) unscheduleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "unschedule RUN/STAGE/STEP...",
		Short:             "Make scheduled steps manual: they begin when they are played",
		Example:           "  penstockctl unschedule nightly/42/deploy/prod",
		Args:              arguments(1, -1),
		ValidArgsFunction: a.completeSteps("scheduled"),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.unschedule(cmd.Context(), args) },
	}
	return a.outputs(cmd)
}

func (a *app) unschedule(ctx context.Context, args []string) error {
	all, err := parseSteps(args, false)
	if err != nil {
		return err
	}
	return each(all, func(s stepsOf) error {
		r, err := call(ctx, a.link, (*rpc.Client).RunUnschedule, &rpc.RunUnscheduleRequest{Run: s.run, Steps: s.steps})
		if err != nil {
			return err
		}
		return a.answer(r, func(render.Style) string { return render.Unscheduled(*r, s.steps) })
	})
}
