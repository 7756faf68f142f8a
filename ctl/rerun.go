package ctl

import (
	"github.com/spf13/cobra"
)

func (a *app) rerunCommand() *cobra.Command {
	var s start
	cmd := &cobra.Command{
		Use:   "rerun RUN",
		Short: "Start a run like an earlier one",
		Long: "Start another run of the pipeline with what an earlier one was given: inputs, variables,\n" +
			"payload, sub-queue, priority, and the instant of a schedule that it was for. What is given\n" +
			"here goes before. The text is the one that is current; to go on with the same run, by the\n" +
			"text that it began with, use retry.\n\n" +
			"The ledger of a schedule does not know of it. A child is not repeated alone: its parent is.",
		Example:           "  penstockctl rerun nightly/42\n  penstockctl rerun release/latest --input site=staging --follow",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeRun,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := s.changed(cmd.Flags()); err != nil {
				return err
			}
			s.Like = args[0]
			return a.run(cmd.Context(), s)
		},
	}
	s.flags(cmd)
	return a.outputs(cmd)
}
