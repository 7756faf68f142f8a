package ctl

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// arguments wants from least to most arguments; most < 0 is no limit.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most < 0 || len(args) <= most) {
			return nil
		}
		wanted := fmt.Sprintf("%d arguments", least)
		if least == 1 {
			wanted = "1 argument"
		}
		switch {
		case most < 0:
			wanted = "at least " + wanted
		case most > least:
			wanted = fmt.Sprintf("%d to %d arguments", least, most)
		}
		return usagef("%s wants %s, %d given\nUsage: %s\nSee '%s --help'.", cmd.Name(), wanted, len(args), cmd.UseLine(), cmd.CommandPath())
	}
}

// badFlag is what cobra calls for a flag that it cannot take.
func badFlag(cmd *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	var number *strconv.NumError
	if errors.As(err, &value) && errors.As(err, &number) {
		err = fmt.Errorf("--%s %q: want a whole number", value.GetFlag().Name, value.GetValue())
	}
	return usagef("%w\nUsage: %s\nSee '%s --help'.", err, cmd.UseLine(), cmd.CommandPath())
}
