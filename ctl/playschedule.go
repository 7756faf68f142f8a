package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) playScheduleCommand() *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use:   "play NAME",
		Short: "Start a run of a schedule now; its next time stays",
		Long: "Start a run of a schedule now, with the inputs and variables of the schedule, and print its\n" +
			"name. Its next time stays, and so does a pause. At most once a minute.",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeSchedule,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.playSchedule(cmd.Context(), args[0], note) },
	}
	cmd.Flags().StringVar(&note, "note", "", "why; kept with the run")
	return a.outputs(cmd)
}

func (a *app) playSchedule(ctx context.Context, name, note string) error {
	if err := checkSchedule(name); err != nil {
		return err
	}
	r, err := call(ctx, a.link, (*rpc.Client).SchedulePlay, &rpc.SchedulePlayRequest{Schedule: name, Note: note})
	if err != nil {
		return err
	}
	return a.answer(r, func(render.Style) string { return render.Line(r.Run.Name) + "\n" })
}
