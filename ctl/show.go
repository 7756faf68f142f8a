package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) showCommand() *cobra.Command {
	var revision uint64
	cmd := &cobra.Command{
		Use:               "show NAME",
		Short:             "Show the text of a pipeline as it was applied",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completePipeline,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.show(cmd.Context(), args[0], revision) },
	}
	cmd.Flags().Uint64Var(&revision, "revision", 0, "show this revision, not the current one")
	return a.outputs(cmd)
}

func (a *app) show(ctx context.Context, name string, revision uint64) error {
	r, err := call(ctx, a.link, (*rpc.Client).PipelineGet, &rpc.PipelineGetRequest{Name: name, Revision: revision})
	if err != nil {
		return err
	}
	if pauses := a.errorStyle().Pauses(r.Pipeline, r.Pauses); pauses != "" && a.output == formatTable {
		a.notice("%s", pauses)
	}
	return a.answer(r, func(render.Style) string { return a.shown(r.Text) })
}

// shown is a stored text as it goes to stdout: its very bytes, but on a terminal
// harmless.
func (a *app) shown(text string) string {
	if a.screen.terminal() {
		return string(render.Harmless([]byte(text), false))
	}
	return text
}
