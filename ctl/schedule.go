package ctl

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) scheduleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "Show when pipelines are due and what became of it; pause, play",
		Long: "Show when pipelines are due and what became of it; play, pause and resume schedules.\n\n" +
			"A schedule is named nightly/evening, pipeline and trigger, or nightly: all of that pipeline,\n" +
			"or its only one where one is wanted. Triggers of other kinds (after, files, key) are named\n" +
			"alike: they are listed, paused, resumed and audited as well.",
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.schedulesCommand(), a.nextCommand(), a.madeCommand(), a.auditCommand(), a.forecastCommand(),
		a.playScheduleCommand(), a.pauseScheduleCommand(), a.resumeScheduleCommand())
	return cmd
}

func (a *app) schedulesCommand() *cobra.Command {
	return a.outputs(&cobra.Command{
		Use:               "list [NAME]",
		Aliases:           []string{"ls"},
		Short:             "List schedules and other triggers, and how they stand",
		Long:              "List schedules and other triggers: the next time, what became of the last, what holds it.",
		Args:              arguments(0, 1),
		ValidArgsFunction: a.completeSchedule,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.schedules(cmd.Context(), strings.Join(args, ""))
		},
	})
}

func (a *app) schedules(ctx context.Context, name string) error {
	if name != "" {
		if err := checkSchedule(name); err != nil {
			return err
		}
	}
	all, err := a.scheduleList(ctx, name)
	if err != nil {
		return err
	}
	if len(all.Schedules) == 0 {
		a.notice("There are no schedules and no other triggers. A pipeline gets one with [[trigger]] schedule = \"30 2 * * *\".")
	}
	return a.answer(all, func(s render.Style) string { return s.Schedules(all.Schedules, all.Freeze) })
}

// scheduleList is every page of the list; its schedules are never nil, which
// JSON would call null.
func (a *app) scheduleList(ctx context.Context, name string) (*rpc.ScheduleListResponse, error) {
	all := &rpc.ScheduleListResponse{Schedules: []rpc.Schedule{}}
	request := rpc.ScheduleListRequest{Schedule: name, Limit: pageSize}
	for {
		page, err := call(ctx, a.link, (*rpc.Client).ScheduleList, &request)
		if err != nil {
			return nil, err
		}
		all.Schedules, all.Freeze = append(all.Schedules, page.Schedules...), page.Freeze
		if page.Next == "" {
			return all, nil
		}
		request.After = page.Next
	}
}

// checkSchedule refuses what cannot name a schedule before the daemon is asked.
func checkSchedule(name string) error {
	pipeline, trigger, one := strings.Cut(name, "/")
	if pipeline == "" || one && trigger == "" || strings.Contains(trigger, "/") {
		return usagef("%q names no schedule: want PIPELINE or PIPELINE/TRIGGER, such as nightly or nightly/evening", name)
	}
	return nil
}

// completeSchedule proposes schedules, one page of them.
func (a *app) completeSchedule(cmd *cobra.Command, args []string, typed string) (proposals, cobra.ShellCompDirective) {
	return a.propose(cmd, args, func(ctx context.Context) (proposals, error) {
		pipeline, _, named := strings.Cut(typed, "/")
		request := rpc.ScheduleListRequest{}
		if named {
			request.Schedule = pipeline
		}
		page, err := call(ctx, a.link, (*rpc.Client).ScheduleList, &request)
		if err != nil {
			return nil, err
		}
		var names proposals
		for _, s := range page.Schedules {
			names = append(names, cobra.CompletionWithDesc(s.Name, render.Line(s.Description)))
		}
		return names, nil
	})
}
