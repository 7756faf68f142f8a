package ctl

import (
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) scheduleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "Show when pipelines are due and what became of it, play, pause and resume schedules",
		Long: "Show when pipelines are due and what became of it, play, pause and resume schedules.\n\n" +
			"A schedule is named nightly/evening, pipeline and trigger, or nightly: all schedules of\n" +
			"that pipeline, or its only one where one is wanted.",
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.auditCommand(), a.madeCommand())
	return cmd
}

// checkSchedule refuses what cannot name a schedule before the daemon is asked.
func checkSchedule(name string) error {
	pipeline, trigger, one := strings.Cut(name, "/")
	if pipeline == "" || one && trigger == "" || strings.Contains(trigger, "/") {
		return usagef("%q names no schedule: want PIPELINE or PIPELINE/TRIGGER, such as nightly or nightly/evening", name)
	}
	return nil
}
