package ctl

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) freezeCommand() *cobra.Command {
	var p pausing
	var show bool
	cmd := &cobra.Command{
		Use:   "freeze",
		Short: "Start nothing: no schedule, call, file or pipeline makes a run",
		Long: "Start nothing: no schedule, call, file or other pipeline makes a run until the freeze ends\n" +
			"at its time, or with unfreeze. By hand run, play and retry are refused, but for run --force and\n" +
			"play and retry --despite-freeze. Runs that live go on: with the steps that are due later, the\n" +
			"retries that the text names, and the runs that their steps start. What a schedule leaves out\n" +
			"meanwhile is in its ledger and is not caught up; files and backfills wait.\n\n" +
			"--until is a time: 18:00 (the next one, local), \"2026-11-24 08:00\" (local) or RFC 3339.",
		Example: "  penstockctl freeze --reason 'the database is being moved' --until 06:00\n  penstockctl freeze --show",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if show {
				return a.showFreeze(cmd.Context())
			}
			return a.freeze(cmd.Context(), p)
		},
	}
	cmd.Flags().BoolVar(&show, "show", false, "freeze nothing: say whether everything is frozen")
	p.flags(cmd)
	return a.outputs(cmd)
}

func (a *app) freeze(ctx context.Context, p pausing) error {
	until, err := p.end(time.Now())
	if err != nil {
		return err
	}
	f, err := call(ctx, a.link, (*rpc.Client).FreezeSet, &rpc.FreezeSetRequest{Reason: p.reason, Until: until})
	if err != nil {
		return err
	}
	return a.answer(f, func(s render.Style) string { return s.Freeze(f) })
}

func (a *app) showFreeze(ctx context.Context) error {
	r, err := call(ctx, a.link, (*rpc.Client).FreezeGet, &rpc.Empty{})
	if err != nil {
		return err
	}
	if r.Freeze == nil {
		a.notice("Nothing is frozen.")
	}
	return a.answer(r, func(s render.Style) string { return s.Freeze(r.Freeze) })
}

func (a *app) unfreezeCommand() *cobra.Command {
	return a.outputs(&cobra.Command{
		Use:   "unfreeze",
		Short: "End the freeze",
		Args:  arguments(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.unfreeze(cmd.Context()) },
	})
}

func (a *app) unfreeze(ctx context.Context) error {
	r, err := call(ctx, a.link, (*rpc.Client).FreezeLift, &rpc.Empty{})
	if err != nil {
		return err
	}
	if r.Freeze == nil {
		a.notice("Nothing was frozen.")
	}
	return a.answer(r, func(s render.Style) string { return s.Lifted(r.Freeze) })
}
