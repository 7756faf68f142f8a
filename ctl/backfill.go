package ctl

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// filling is how a backfill was asked for.
type filling struct {
	from, to string
	parallel int
	order    string
	dryRun   bool
}

func (a *app) backfillCommand() *cobra.Command {
	var w filling
	cmd := &cobra.Command{
		Use:   "backfill NAME --from TIME --to TIME",
		Short: "Start a run for each past instant of a schedule",
		Long: "Start a run for each instant of a schedule in the past, --from included and --to not, whether\n" +
			"it had one or not; what a calendar takes away is left out. It goes on by itself, over restarts\n" +
			"of the daemon, until all are started or it is canceled. A schedule is named nightly/evening, or\n" +
			"nightly where the pipeline has one.\n\n" +
			"--from and --to are a time, now, 18:00 (the last one, local), \"2026-11-24 08:00\" (local) or\n" +
			"RFC 3339, or how long ago: 12h, 7d.",
		Example: "  penstockctl backfill nightly --from 2026-11-01 --to 2026-11-08 --dry-run\n" +
			"  penstockctl backfill nightly --from 7d --max-parallel 2 --order reverse\n" +
			"  penstockctl backfill list\n  penstockctl backfill cancel 7",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeSchedule,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.backfill(cmd.Context(), args[0], w) },
	}
	cmd.Flags().StringVar(&w.from, "from", "", "the first instant")
	cmd.Flags().StringVar(&w.to, "to", "", "the end: instants before it (default: now)")
	cmd.Flags().IntVar(&w.parallel, "max-parallel", 1, "at most that many of its runs live at a time")
	cmd.Flags().StringVar(&w.order, "order", "forward", "forward: the oldest first; or reverse")
	cmd.Flags().BoolVar(&w.dryRun, "dry-run", false, "say which instants; start nothing")
	completeWords(cmd, "order", "forward", "reverse")
	cmd.AddCommand(a.backfillListCommand(), a.backfillCancelCommand())
	return a.outputs(cmd)
}

func (a *app) backfill(ctx context.Context, name string, w filling) error {
	request, err := w.request(name, time.Now())
	if err != nil {
		return err
	}
	r, err := call(ctx, a.link, (*rpc.Client).BackfillStart, request)
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.Backfill(*r, w.dryRun) })
}

func (w filling) request(name string, now time.Time) (*rpc.BackfillStartRequest, error) {
	if err := checkSchedule(name); err != nil {
		return nil, err
	}
	if w.from == "" {
		return nil, usagef("--from is missing: when the backfill begins, such as 2026-11-01 or 7d (ago)")
	}
	if w.parallel < 1 || w.parallel > 100 {
		return nil, usagef("--max-parallel %d: want 1 to 100", w.parallel)
	}
	if w.order != "forward" && w.order != "reverse" {
		return nil, usagef("--order %q: want forward or reverse", w.order)
	}
	from, err := past("--from", w.from, now)
	if err != nil {
		return nil, err
	}
	to, err := past("--to", w.to, now)
	if err != nil {
		return nil, err
	}
	if to == nil {
		to = &now
	}
	if !from.Before(*to) {
		return nil, usagef("--from %s is not before --to", w.from)
	}
	return &rpc.BackfillStartRequest{
		Schedule: name, From: *from, To: *to, MaxParallel: w.parallel, Order: w.order, DryRun: w.dryRun,
	}, nil
}

func (a *app) backfillListCommand() *cobra.Command {
	return a.outputs(&cobra.Command{
		Use:               "list [NAME]",
		Aliases:           []string{"ls"},
		Short:             "List backfills, newest first",
		Args:              arguments(0, 1),
		ValidArgsFunction: a.completeSchedule,
		RunE: func(cmd *cobra.Command, args []string) error {
			request := rpc.BackfillListRequest{}
			if len(args) > 0 {
				request.Schedule = args[0]
			}
			return a.backfills(cmd.Context(), request)
		},
	})
}

func (a *app) backfills(ctx context.Context, request rpc.BackfillListRequest) error {
	r, err := call(ctx, a.link, (*rpc.Client).BackfillList, &request)
	if err != nil {
		return err
	}
	if r.Backfills == nil {
		r.Backfills = []rpc.Backfill{} // JSON would call it null
	}
	if len(r.Backfills) == 0 {
		a.notice("There are no backfills. See 'penstockctl backfill --help'.")
	}
	return a.answer(r, func(s render.Style) string { return s.Backfills(r.Backfills) })
}

func (a *app) backfillCancelCommand() *cobra.Command {
	return a.outputs(&cobra.Command{
		Use:               "cancel ID",
		Short:             "End a backfill: it starts no further run, those that live go on",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeBackfill,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.cancelBackfill(cmd.Context(), args[0]) },
	})
}

func (a *app) cancelBackfill(ctx context.Context, text string) error {
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil || id == 0 {
		return usagef("%q is no backfill: want its number, as backfill list shows it", text)
	}
	r, err := call(ctx, a.link, (*rpc.Client).BackfillCancel, &rpc.BackfillCancelRequest{ID: id})
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.Backfills([]rpc.Backfill{*r}) })
}

// completeBackfill proposes the backfills that are under way.
func (a *app) completeBackfill(cmd *cobra.Command, args []string, _ string) (proposals, cobra.ShellCompDirective) {
	return a.propose(cmd, args, func(ctx context.Context) (proposals, error) {
		r, err := call(ctx, a.link, (*rpc.Client).BackfillList, &rpc.BackfillListRequest{})
		if err != nil {
			return nil, err
		}
		var names proposals
		for _, b := range r.Backfills {
			if b.Status == "running" {
				names = append(names, cobra.CompletionWithDesc(fmt.Sprint(b.ID), render.Line(b.Schedule)))
			}
		}
		return names, nil
	})
}
