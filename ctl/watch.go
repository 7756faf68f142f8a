package ctl

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) watchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "watch RUN",
		Short: "Show a run while it goes, until it has ended",
		Long: "Show a run until it has ended: on a terminal as a tree that is redrawn, elsewhere a line\n" +
			"for each step that changes, with -o json the daemon's answers to run.watch. The exit\n" +
			"code is 0 where it succeeded and 1 where not.",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeRun,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.watch(cmd.Context(), args[0]) },
	}
	return a.outputs(cmd)
}

func (a *app) watch(ctx context.Context, run string) error {
	if err := checkRun(run); err != nil {
		return err
	}
	show, sum := a.watchLines, a.verdict
	switch {
	case a.output == formatJSON:
		show, sum = a.watchJSON, quietly
	case a.screen.terminal() && a.getenv("TERM") != "dumb":
		show, sum = a.watchLive, quietly
	}
	last, err := show(ctx, run)
	if err != nil {
		a.goesOn(ctx, run)
		return err
	}
	return sum(ctx, last.Run)
}

// quietly is the verdict on a run whose end was shown already.
func quietly(_ context.Context, run rpc.RunSummary) error { return outcome(run) }

func (a *app) watchJSON(ctx context.Context, run string) (*rpc.RunWatchResponse, error) {
	return a.follow(ctx, run, func(news *rpc.RunWatchResponse) error { return a.answer(news, nil) })
}

func (a *app) watchLines(ctx context.Context, run string) (*rpc.RunWatchResponse, error) {
	var v view
	return a.follow(ctx, run, func(news *rpc.RunWatchResponse) error {
		changes := v.take(news)
		return a.print(changeLines(a.style(), v.run.Name, changes))
	})
}

func changeLines(s render.Style, run string, changes []rpc.StepChange) string {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString(s.Change(run, c))
	}
	return b.String()
}
