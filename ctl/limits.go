package ctl

import "github.com/spf13/cobra"

// limits say how much of a long list is wanted, newest first.
type limits struct {
	count int
	all   bool
}

func (l *limits) flags(cmd *cobra.Command) {
	cmd.Flags().IntVarP(&l.count, "limit", "n", l.count, "show at most this many")
	cmd.Flags().BoolVar(&l.all, "all", false, "show all")
}

func (l limits) check() error {
	if l.count < 1 {
		return usagef("--limit %d: want at least 1", l.count)
	}
	return nil
}

func (l limits) reached(have int) bool { return !l.all && have >= l.count }

// page is how many are to be asked for next.
func (l limits) page(have int) int {
	if l.all {
		return pageSize
	}
	return min(l.count-have, pageSize)
}

// older says that a list goes on where a person reads it.
func (a *app) older(more bool) {
	if more && a.screen.terminal() && a.output == formatTable {
		a.notice("There are older ones: --limit N or --all shows them.")
	}
}
