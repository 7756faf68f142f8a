package ctl

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) pauseScheduleCommand() *cobra.Command {
	var p pausing
	cmd := &cobra.Command{
		Use:   "pause NAME",
		Short: "Pause schedules and other triggers, without a new revision",
		Long: "Pause schedules: what is due meanwhile is recorded as skipped and not caught up. Runs by hand\n" +
			"and by other triggers go on, and so does schedule play. A pause ends at its time, or with\n" +
			"resume.\n\n" +
			"--until is a time: 18:00 (the next one, local), \"2026-11-24 08:00\" (local) or RFC 3339.",
		Example:           "  penstockctl schedule pause nightly/evening --reason 'a new disk' --for 2d",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeSchedule,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.pauseSchedule(cmd.Context(), args[0], p) },
	}
	p.flags(cmd)
	return a.outputs(cmd)
}

func (a *app) pauseSchedule(ctx context.Context, name string, p pausing) error {
	if err := checkSchedule(name); err != nil {
		return err
	}
	until, err := p.end(time.Now())
	if err != nil {
		return err
	}
	r, err := call(ctx, a.link, (*rpc.Client).SchedulePause, &rpc.SchedulePauseRequest{Schedule: name, Reason: p.reason, Until: until})
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.Schedules(r.Schedules, nil) })
}

func (a *app) resumeScheduleCommand() *cobra.Command {
	return a.outputs(&cobra.Command{
		Use:               "resume NAME",
		Short:             "End the pause of schedules, or of triggers of other kinds",
		Long:              "End the pause of schedules, also one by pause_on_failure. A pause of their pipeline is not ended by it: see resume.",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeSchedule,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.resumeSchedule(cmd.Context(), args[0]) },
	})
}

func (a *app) resumeSchedule(ctx context.Context, name string) error {
	if err := checkSchedule(name); err != nil {
		return err
	}
	r, err := call(ctx, a.link, (*rpc.Client).ScheduleResume, &rpc.ScheduleResumeRequest{Schedule: name})
	if err != nil {
		return err
	}
	if r.Unchanged {
		a.notice("%s", render.NotResumed(name, r.Schedules))
	}
	return a.answer(r, func(s render.Style) string { return s.Schedules(r.Schedules, nil) })
}
