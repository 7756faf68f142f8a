package ctl

import (
	"context"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/config/cron"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) calendarCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "calendar",
		Short: "Keep the calendars by which schedules are left out or moved",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.calendarPutCommand(), a.calendarListCommand(), a.calendarShowCommand(), a.calendarDeleteCommand())
	return cmd
}

func (a *app) calendarPutCommand() *cobra.Command {
	request := rpc.CalendarPutRequest{}
	cmd := &cobra.Command{
		Use:   "put NAME FILE",
		Short: "Make a calendar of a file, or give it another text",
		Long: "Make a calendar of a file, or give it another text; \"-\" is standard input. The file is\n" +
			"iCalendar (RFC 5545), or a line for each day or span. The answer names the schedules whose\n" +
			"next time changes.",
		Example: "  penstockctl calendar put de-holidays holidays.ics --note 2027\n" +
			"  printf '2026-12-25 Christmas\\n12-26\\n' | penstockctl calendar put feasts -",
		Args: arguments(2, 2),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (proposals, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return nil, cobra.ShellCompDirectiveDefault // a file
			}
			return a.propose(cmd, args, a.calendarNames)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Name = args[0]
			return a.putCalendar(cmd.Context(), request, args[1])
		},
	}
	cmd.Flags().BoolVar(&request.DryRun, "dry-run", false, "check it and say what would change; change nothing")
	cmd.Flags().StringVar(&request.Note, "note", "", "why; shown in the list")
	return a.outputs(cmd)
}

func (a *app) putCalendar(ctx context.Context, request rpc.CalendarPutRequest, name string) error {
	f, err := a.readFile(name)
	if err != nil {
		return usagef("%w", err)
	}
	if !utf8.ValidString(f.text) { // in JSON it would become another text
		return usagef("%s: the text is not valid UTF-8", f.name)
	}
	request.File, request.Text = f.name, f.text
	r, err := call(ctx, a.link, (*rpc.Client).CalendarPut, &request)
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.CalendarPut(*r, request.DryRun) })
}

func (a *app) calendarListCommand() *cobra.Command {
	return a.outputs(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the calendars and the schedules that use them",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := call(cmd.Context(), a.link, (*rpc.Client).CalendarList, &rpc.Empty{})
			if err != nil {
				return err
			}
			return a.answer(r, func(s render.Style) string { return s.Calendars(r.Calendars) })
		},
	})
}

func (a *app) calendarShowCommand() *cobra.Command {
	request := rpc.CalendarGetRequest{}
	var text bool
	cmd := &cobra.Command{
		Use:               "show NAME",
		Short:             "Show what a calendar covers in a year",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeCalendar,
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Name = args[0]
			return a.showCalendar(cmd.Context(), request, text)
		},
	}
	cmd.Flags().IntVar(&request.Year, "year", 0, "of this year (default: the present one)")
	cmd.Flags().StringVar(&request.Timezone, "timezone", "", "in this zone (default: UTC)")
	cmd.Flags().BoolVar(&text, "text", false, "show the text as it was put")
	completeWords(cmd, "timezone", cron.Zones()...)
	return a.outputs(cmd)
}

func (a *app) showCalendar(ctx context.Context, request rpc.CalendarGetRequest, text bool) error {
	r, err := call(ctx, a.link, (*rpc.Client).CalendarGet, &request)
	if err != nil {
		return err
	}
	if text && a.output == formatTable {
		return a.print(a.shown(r.Text))
	}
	return a.answer(r, func(s render.Style) string { return s.Calendar(*r) })
}

func (a *app) calendarDeleteCommand() *cobra.Command {
	return a.outputs(&cobra.Command{
		Use:               "delete NAME",
		Short:             "Remove a calendar that no schedule uses",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeCalendar,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := call(cmd.Context(), a.link, (*rpc.Client).CalendarDelete, &rpc.CalendarDeleteRequest{Name: args[0]})
			if err != nil {
				return err
			}
			return a.answer(r, func(render.Style) string { return render.Line(args[0]) + ": deleted\n" })
		},
	})
}

func (a *app) completeCalendar(cmd *cobra.Command, args []string, _ string) (proposals, cobra.ShellCompDirective) {
	return a.propose(cmd, args, a.calendarNames)
}

func (a *app) calendarNames(ctx context.Context) (proposals, error) {
	r, err := call(ctx, a.link, (*rpc.Client).CalendarList, &rpc.Empty{})
	if err != nil {
		return nil, err
	}
	var names proposals
	for _, c := range r.Calendars {
		names = append(names, cobra.CompletionWithDesc(c.Name, render.Line(c.Note)))
	}
	return names, nil
}
