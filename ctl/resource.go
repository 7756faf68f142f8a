package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) resourceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resource",
		Short: "Show the resource groups, or say in which order steps get one",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.resourceListCommand(), a.resourceModeCommand())
	return cmd
}

func (a *app) resourceListCommand() *cobra.Command {
	return a.outputs(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the resource groups: who has them, who waits",
		Args:    arguments(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.resources(cmd.Context()) },
	})
}

func (a *app) resources(ctx context.Context) error {
	r, err := call(ctx, a.link, (*rpc.Client).ResourceList, &rpc.Empty{})
	if err != nil {
		return err
	}
	if r.Resources == nil {
		r.Resources = []rpc.Resource{} // JSON would call it null
	}
	if len(r.Resources) == 0 {
		a.notice("No resource group is in use: no step that lives has a resource_group.")
	}
	return a.answer(r, func(s render.Style) string { return s.Resources(r.Resources) })
}

// resourceModes are the orders in which steps get a resource group.
func resourceModes() []cobra.Completion {
	return []cobra.Completion{
		cobra.CompletionWithDesc("unordered", "any step that waits"),
		cobra.CompletionWithDesc("oldest_first", "by age of the runs; an older run that is not there yet is waited for"),
		cobra.CompletionWithDesc("newest_first", "the newest run first; one that is not there yet is waited for"),
		cobra.CompletionWithDesc("newest_ready_first", "the newest run that waits"),
	}
}

func (a *app) resourceModeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mode NAME MODE",
		Short: "Say in which order steps get a resource group",
		Long: "Say in which order steps get a resource group: unordered (the default), oldest_first,\n" +
			"newest_first or newest_ready_first. The first two orders go by the age of the runs and wait\n" +
			"for a step whose turn has not come; newest_ready_first takes the newest of those that wait.",
		Example: "  penstockctl resource mode production oldest_first",
		Args:    arguments(2, 2),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return resourceModes(), cobra.ShellCompDirectiveNoFileComp
			}
			return a.propose(cmd, args, a.resourceNames)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.resourceMode(cmd.Context(), args[0], args[1]) },
	}
	return a.outputs(cmd)
}

func (a *app) resourceMode(ctx context.Context, name, mode string) error {
	r, err := call(ctx, a.link, (*rpc.Client).ResourceMode, &rpc.ResourceModeRequest{Name: name, Mode: mode})
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.Resources([]rpc.Resource{*r}) })
}
