package ctl

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) forecastCommand() *cobra.Command {
	var from, to string
	var top int
	cmd := &cobra.Command{
		Use:   "forecast",
		Short: "Say what all schedules together will do: load, and crowds",
		Long: "Say what all schedules together will do if runs take as long as they used to: how many start\n" +
			"in each hour and how many are at work at once, when the most are, and whose runs begin before\n" +
			"the one before is over. Calls, files, runs by hand and waiting for a place are not in it.\n\n" +
			"--from and --to are a time, now, 18:00 (the next one, local), \"2026-11-24 08:00\" (local) or\n" +
			"RFC 3339, or how far off: 24h, 7d. A forecast of more than two days has a line for each day.",
		Example: "  penstockctl schedule forecast\n  penstockctl schedule forecast --to 7d --top 20",
		Args:    arguments(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.forecast(cmd.Context(), from, to, top) },
	}
	cmd.Flags().StringVar(&from, "from", "", "begin with this time (default: now)")
	cmd.Flags().StringVar(&to, "to", "", "end with this time (default: 24 hours later)")
	cmd.Flags().IntVar(&top, "top", 10, "show so many crowds and schedules")
	return a.outputs(cmd)
}

func (a *app) forecast(ctx context.Context, from, to string, top int) error {
	if top < 1 || top > 100 {
		return usagef("--top %d: want 1 to 100", top)
	}
	now := time.Now()
	begin, err := ahead("--from", from, now)
	if err != nil {
		return err
	}
	end, err := ahead("--to", to, now)
	if err != nil {
		return err
	}
	f, err := call(ctx, a.link, (*rpc.Client).ScheduleForecast, &rpc.ScheduleForecastRequest{From: begin, To: end, Top: top})
	if err != nil {
		return err
	}
	return a.answer(f, func(s render.Style) string { return s.Forecast(*f) })
}
