package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) pluginsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "plugins [TYPE]",
		Short:             "List the step plugins, or show one with its settings",
		Args:              arguments(0, 1),
		ValidArgsFunction: a.completePlugin,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.plugin(cmd.Context(), args[0])
			}
			return a.plugins(cmd.Context())
		},
	}
	return a.outputs(cmd)
}

func (a *app) plugins(ctx context.Context) error {
	r, err := call(ctx, a.link, (*rpc.Client).PluginList, &rpc.PluginListRequest{})
	if err != nil {
		return err
	}
	r.Plugins = append([]rpc.Plugin{}, r.Plugins...)
	return a.answer(r, func(s render.Style) string { return s.Plugins(r.Plugins) })
}

func (a *app) plugin(ctx context.Context, name string) error {
	r, err := call(ctx, a.link, (*rpc.Client).PluginList, &rpc.PluginListRequest{Type: name})
	if err != nil {
		return err
	}
	if len(r.Plugins) == 0 {
		return notFoundf("there is no step plugin %q; penstockctl plugins lists them", name)
	}
	if a.output == formatJSON {
		return a.answer(r, nil)
	}
	text, err := a.style().Plugin(r.Plugins[0])
	if err != nil {
		return err
	}
	return a.print(text)
}
