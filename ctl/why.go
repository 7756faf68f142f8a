package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) whyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "why RUN[/STAGE[/STEP]]",
		Short: "Say why a run, or a step, is as it is",
		Long: "Say in plain words why a run, or a step of it, runs, waits, was left out or ended as it did:\n" +
			"which rule, need, stage, limit, resource, pause or person holds or held it, since when, and\n" +
			"what would release it. It is asked of the functions that decide, for past runs as well.",
		Example:           "  penstockctl why nightly/42\n  penstockctl why nightly/42/deploy/prod",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeSteps(),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.why(cmd.Context(), args[0]) },
	}
	return a.outputs(cmd)
}

func (a *app) why(ctx context.Context, path string) error {
	all, err := parseSteps([]string{path}, true)
	if err != nil {
		return err
	}
	q := rpc.RunWhyRequest{Run: all[0].run}
	if len(all[0].steps) > 0 {
		q.Step = all[0].steps[0]
	}
	r, err := call(ctx, a.link, (*rpc.Client).RunWhy, &q)
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.Explanation(*r) })
}
