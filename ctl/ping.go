package ctl

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) pingCommand() *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "ping",
		Short: "Ask the daemon how it is",
		Args:  arguments(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.ping(cmd.Context(), wait) },
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, "wait this long for a daemon to answer")
	return a.outputs(cmd)
}

func (a *app) ping(ctx context.Context, wait time.Duration) error {
	info, err := a.reach(ctx, wait)
	if err != nil {
		return err
	}
	return a.answer(info, func(s render.Style) string { return s.Info(*info) })
}

// reach asks a daemon that may not have started yet.
func (a *app) reach(ctx context.Context, wait time.Duration) (*rpc.Info, error) {
	until := time.Now().Add(wait)
	for delay := firstDelay; ; delay = min(2*delay, lastDelay/2) {
		info, err := call(ctx, a.link, (*rpc.Client).DaemonInfo, &rpc.Empty{})
		left := time.Until(until)
		if err == nil || !passing(err) || left <= 0 {
			return info, err
		}
		if stopped := pause(ctx, min(delay, left)); stopped != nil {
			return nil, stopped
		}
	}
}
