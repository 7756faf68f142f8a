package ctl

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// deletion is how a deletion was asked for.
type deletion struct {
	yes    bool
	dryRun bool
	force  bool
}

func (a *app) deleteCommand() *cobra.Command {
	var d deletion
	cmd := &cobra.Command{
		Use:   "delete NAME|RUN",
		Short: "Delete a pipeline with everything under it, or one run",
		Long: "Delete a pipeline with its revisions, runs and logs, or one run with its logs and workspace.\n" +
			"What goes is said before; on a terminal it is asked for, elsewhere --yes is needed. A run is\n" +
			"named like nightly/42; what has no slash is a pipeline. Runs that have not ended are refused,\n" +
			"unless --force cancels them, without grace, and waits until their steps are gone.",
		Example:           "  penstockctl delete nightly/42\n  penstockctl delete nightly --force --yes",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completePipelineOrRun,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.delete(cmd.Context(), args[0], d) },
	}
	cmd.Flags().BoolVarP(&d.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&d.dryRun, "dry-run", false, "say what would go; delete nothing")
	cmd.Flags().BoolVar(&d.force, "force", false, "cancel what has not ended, and wait for that")
	return a.outputs(cmd)
}

func (a *app) delete(ctx context.Context, name string, d deletion) error {
	if !d.yes && !d.dryRun && !screenOf(a.Stdin).terminal() {
		return usagef("deleting cannot be undone, and there is no terminal to ask on: add --yes, or --dry-run to see what would go")
	}
	if !strings.Contains(name, "/") {
		return a.deletePipeline(ctx, name, d)
	}
	if err := checkRun(name); err != nil {
		return err
	}
	return a.deleteRun(ctx, name, d)
}

func (a *app) deletePipeline(ctx context.Context, name string, d deletion) error {
	ask := func(dryRun bool) (*rpc.PipelineDeleteResponse, error) {
		return call(ctx, a.link, (*rpc.Client).PipelineDelete, &rpc.PipelineDeleteRequest{Name: name, DryRun: dryRun, Force: d.force})
	}
	r, err := ask(true)
	if err != nil {
		return err
	}
	goes := render.PipelineGoes(name, *r)
	if d.dryRun {
		return a.answer(r, func(render.Style) string { return "would delete " + goes })
	}
	if err := a.confirm(ctx, goes, d); err != nil {
		return err
	}
	if r, err = ask(false); err != nil {
		return err
	}
	return a.answer(r, func(render.Style) string { return "deleted " + render.PipelineGoes(name, *r) })
}

// deleteRun deletes the run that was shown, even where it was called "latest"
// and a newer one came meanwhile.
func (a *app) deleteRun(ctx context.Context, name string, d deletion) error {
	r, err := call(ctx, a.link, (*rpc.Client).RunDelete, &rpc.RunDeleteRequest{Run: name, DryRun: true})
	if err != nil {
		return err
	}
	if d.dryRun {
		return a.answer(r, func(s render.Style) string { return "would delete " + s.RunGoes(*r) })
	}
	if err := a.confirm(ctx, a.errorStyle().RunGoes(*r), d); err != nil {
		return err
	}
	r, err = call(ctx, a.link, (*rpc.Client).RunDelete, &rpc.RunDeleteRequest{Run: r.Run.Name, Force: d.force})
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return "deleted " + s.RunGoes(*r) })
}

// confirm asks on the terminal, unless that was answered by --yes.
func (a *app) confirm(ctx context.Context, goes string, d deletion) error {
	if d.yes {
		return nil
	}
	yes, err := a.ask(ctx, "This deletes "+goes+"It cannot be undone. Delete?")
	if err == nil && !yes {
		return usagef("nothing was deleted")
	}
	return err
}
