package ctl

import (
	"fmt"

	"github.com/spf13/cobra"
)

// format is the value of --output.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
)

func (f *format) String() string { return string(*f) }

// Type is the value's name in the help.
func (f *format) Type() string { return "table|json" }

// Set takes one of the formats.
func (f *format) Set(text string) error {
	switch format(text) {
	case formatTable, formatJSON:
		*f = format(text)
		return nil
	}
	return fmt.Errorf("want table or json")
}

// outputs gives a command the flag --output.
func (a *app) outputs(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().VarP(&a.output, "output", "o", "what stdout gets: text for people, or the daemon's answers as JSON lines")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(
		[]string{string(formatTable), string(formatJSON)}, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}
