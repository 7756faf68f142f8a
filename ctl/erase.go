package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) eraseCommand() *cobra.Command {
	var d deletion
	cmd := &cobra.Command{
		Use:   "erase RUN/STAGE/STEP[/ATTEMPT]",
		Short: "Remove the log of a step, or of one of its attempts, for good",
		Long: "Remove the logs of every attempt of a step, or of the one that is named. How the attempts\n" +
			"ended stays known, and so does who erased what they said. What goes is said before; on a\n" +
			"terminal it is asked for, elsewhere --yes is needed.",
		Example:           "  penstockctl erase nightly/42/dump/dump/1 --yes",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeSteps("success", "failed", "canceled"),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.erase(cmd.Context(), args[0], d) },
	}
	cmd.Flags().BoolVarP(&d.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&d.dryRun, "dry-run", false, "say what would go; erase nothing")
	return a.outputs(cmd)
}

func (a *app) erase(ctx context.Context, path string, d deletion) error {
	t, err := parseTarget(path)
	if err != nil {
		return err
	}
	if t.step == "" {
		return usagef("%q names no step; want RUN/STAGE/STEP[/ATTEMPT], such as nightly/42/dump/dump/1", path)
	}
	if !d.yes && !d.dryRun && !screenOf(a.Stdin).terminal() {
		return usagef("erasing cannot be undone, and there is no terminal to ask on: add --yes, or --dry-run to see what would go")
	}
	q := rpc.LogEraseRequest{Run: t.run, Stage: t.stage, Step: t.step, Attempt: t.attempt, DryRun: true}
	r, err := call(ctx, a.link, (*rpc.Client).LogErase, &q)
	if err != nil {
		return err
	}
	goes := render.LogsGo(*r)
	if d.dryRun {
		return a.answer(r, func(render.Style) string { return "would erase " + goes })
	}
	if !d.yes {
		yes, err := a.ask(ctx, "This erases "+goes+"It cannot be undone. Erase?")
		if err != nil {
			return err
		}
		if !yes {
			return usagef("nothing was erased")
		}
	}
	q.Run, q.DryRun = r.Run, false // "latest" may be another by now
	if r, err = call(ctx, a.link, (*rpc.Client).LogErase, &q); err != nil {
		return err
	}
	return a.answer(r, func(render.Style) string { return "erased " + render.LogsGo(*r) })
}
