package ctl

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// filters are which runs are wanted, as the command line has it.
type filters struct {
	statuses []string
	sources  []string
	actor    string
	name     string
	labels   []string // KEY=VALUE
	inputs   []string // NAME=VALUE
	since    string
	until    string
	children bool
}

// listing is how a list of runs was asked for.
type listing struct {
	filters
	limits
	order     string
	ascending bool
}

func (a *app) runsCommand() *cobra.Command {
	l := listing{limits: limits{count: 20}}
	cmd := &cobra.Command{
		Use:   "runs [NAME]",
		Short: "List runs, newest first",
		Long: "List runs, newest first: those for which every filter holds. Of a filter that is given several\n" +
			"values (--status failed,canceled) one is enough, but for --label and --input, which must all hold.\n\n" +
			"--since and --until are a time, now, 18:00 (the last one, local), \"2026-11-24 08:00\" (local) or\n" +
			"RFC 3339, or how long ago it was: 2h, 3d.\n\n" +
			"In another --order than that of their making all runs that pass are looked at before the first\n" +
			"is shown, and at most 10,000 of them, the first in that order, can be: say -n, not --all.",
		Example: "  penstockctl runs nightly --status failed --since 7d\n" +
			"  penstockctl runs --source schedule --label team=db --order duration -n 10",
		Args:              arguments(0, 1),
		ValidArgsFunction: a.completePipeline,
		RunE: func(cmd *cobra.Command, args []string) error {
			request, err := l.request(time.Now())
			if err != nil {
				return err
			}
			if len(args) > 0 {
				request.Pipeline = args[0]
			}
			return a.runs(cmd.Context(), request, l)
		},
	}
	l.flags(cmd)
	return a.outputs(cmd)
}

func (l *listing) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&l.statuses, "status", nil, "created, waiting_for_resource, pending, running, scheduled, manual, success, failed, canceling, canceled, skipped, or finished: success, failed and canceled")
	f.StringSliceVar(&l.sources, "source", nil, "what made it: command, schedule, trigger, pipeline, parent_pipeline, subscription or file")
	f.StringVar(&l.actor, "actor", "", "who made it: alice, or key:ci")
	f.StringVar(&l.name, "name", "", "its own name: a pattern with * and ?")
	f.StringArrayVar(&l.labels, "label", nil, "KEY=VALUE, a label that it has; may be repeated")
	f.StringArrayVar(&l.inputs, "input", nil, "NAME=VALUE, an input that it was given; may be repeated")
	f.StringVar(&l.since, "since", "", "created then or later")
	f.StringVar(&l.until, "until", "", "created before")
	f.BoolVar(&l.children, "children", false, "also those that are children of other runs")
	f.StringVar(&l.order, "order", "id", "id, started, finished or duration: latest, or longest, first")
	f.BoolVar(&l.ascending, "asc", false, "the other way round")
	l.limits.flags(cmd)
	completeWords(cmd, "status", runStatuses...)
	completeWords(cmd, "source", runSources...)
	completeWords(cmd, "order", orders...)
}

// request is what the daemon is asked for.
func (l *listing) request(now time.Time) (rpc.RunListRequest, error) {
	q := rpc.RunListRequest{
		Status: l.statuses, Source: l.sources, Actor: l.actor, RunName: l.name, Children: l.children, Ascending: l.ascending,
	}
	if err := l.check(); err != nil {
		return q, err
	}
	if err := l.checkOrder(); err != nil {
		return q, err
	}
	var err error
	if q.Labels, err = pairs("--label", l.labels); err != nil {
		return q, err
	}
	if q.Inputs, err = pairs("--input", l.inputs); err != nil {
		return q, err
	}
	if q.Since, err = past("--since", l.since, now); err != nil {
		return q, err
	}
	q.Until, err = past("--until", l.until, now)
	return q, err
}

func (a *app) runs(ctx context.Context, request rpc.RunListRequest, l listing) error {
	var all rpc.RunListResponse
	var more bool
	var err error
	if l.order == "id" {
		all, err = a.runPages(ctx, request, l.limits)
		more = all.Next != 0
	} else {
		all, more, err = a.firstRuns(ctx, request, l)
	}
	if err != nil {
		return err
	}
	if len(all.Runs) == 0 {
		a.notice("There is no such run. Start one with: penstockctl run NAME")
	}
	err = a.answer(all, func(s render.Style) string { return s.Runs(all.Runs) })
	if l.order == "id" {
		a.older(more)
	} else if more && a.screen.terminal() && a.output == formatTable {
		a.notice("There are more: --limit N shows them.")
	}
	return err
}

// runPages is as many pages of a list as hold what is wanted. A page may be
// short, or empty, and the list go on.
func (a *app) runPages(ctx context.Context, request rpc.RunListRequest, limits limits) (rpc.RunListResponse, error) {
	all := rpc.RunListResponse{Runs: []rpc.RunSummary{}}
	for !limits.reached(len(all.Runs)) {
		request.Limit = limits.page(len(all.Runs))
		page, err := call(ctx, a.link, (*rpc.Client).RunList, &request)
		if err != nil {
			return all, err
		}
		all.Runs, all.Next = append(all.Runs, page.Runs...), page.Next
		if page.Next == 0 {
			break
		}
		if request.Ascending {
			request.After = page.Next
		} else {
			request.Before = page.Next
		}
	}
	return all, nil
}
