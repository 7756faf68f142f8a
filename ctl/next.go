package ctl

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// upcoming is what is wanted of the instants to come.
type upcoming struct {
	count       int
	counted     bool // count was given
	from, until string
	file        string
}

func (a *app) nextCommand() *cobra.Command {
	w := upcoming{}
	cmd := &cobra.Command{
		Use:   "next NAME | --file FILE [TRIGGER]",
		Short: "List the next times at which a schedule is due",
		Long: "List the next times at which a schedule is due, in its zone and as the clock here will show\n" +
			"them, with all that is out of the ordinary: changes of the clocks, days that calendars take\n" +
			"away, times that were moved, jitter.\n\n" +
			"With --file it is asked of a pipeline file and of no daemon. Built-in calendars are known then,\n" +
			"no others; @every counts from now, and jitter is left out.\n\n" +
			"--from and --until are a time, now, 18:00 (the next one, local), \"2026-11-24 08:00\" (local)\n" +
			"or RFC 3339, or how far off: 2h, 90d.",
		Example: "  penstockctl schedule next nightly --count 5\n  penstockctl schedule next nightly/evening --until 365d\n" +
			"  penstockctl schedule next --file nightly.toml",
		Args: func(cmd *cobra.Command, args []string) error {
			if w.file != "" {
				return arguments(0, 1)(cmd, args)
			}
			return arguments(1, 1)(cmd, args)
		},
		ValidArgsFunction: a.completeSchedule,
		RunE: func(cmd *cobra.Command, args []string) error {
			w.counted = cmd.Flags().Changed("count")
			return a.next(cmd.Context(), args, w)
		},
	}
	cmd.Flags().IntVarP(&w.count, "count", "n", 0, "that many of each schedule (default 10; with --until up to 1000)")
	cmd.Flags().StringVar(&w.from, "from", "", "begin after this time (default: now)")
	cmd.Flags().StringVar(&w.until, "until", "", "end with this time")
	cmd.Flags().StringVar(&w.file, "file", "", "a pipeline file; no daemon is asked")
	return a.outputs(cmd)
}

func (a *app) next(ctx context.Context, args []string, w upcoming) error {
	request, err := w.request(time.Now())
	if err != nil {
		return err
	}
	var r *rpc.ScheduleNextResponse
	if w.file != "" {
		r, err = a.nextOfFile(w.file, args, request)
	} else {
		r, err = a.nextOfDaemon(ctx, args[0], request)
	}
	if err != nil {
		return err
	}
	err = a.answer(r, func(s render.Style) string { return s.Instants(r.Schedules) })
	for _, one := range r.Schedules {
		if one.More && w.until != "" {
			a.notice("%s is due more often than that before the end: --from goes on, --count shows more.", one.Schedule.Name)
		}
	}
	return err
}

func (a *app) nextOfDaemon(ctx context.Context, name string, request rpc.ScheduleNextRequest) (*rpc.ScheduleNextResponse, error) {
	if err := checkSchedule(name); err != nil {
		return nil, err
	}
	request.Schedule = name
	return call(ctx, a.link, (*rpc.Client).ScheduleNext, &request)
}

// nextOfFile asks a file. Who started the program brings the rules along.
func (a *app) nextOfFile(name string, args []string, request rpc.ScheduleNextRequest) (*rpc.ScheduleNextResponse, error) {
	f, err := a.readFile(name)
	if err != nil {
		return nil, usagef("%w", err)
	}
	source, err := config.ParsePipeline(f.name, []byte(f.text))
	if err != nil {
		return nil, refuse(problemsOf(f.name, err))
	}
	if a.Upcoming == nil {
		return nil, errors.New("this penstockctl was built without the rules of schedules")
	}
	if len(args) > 0 {
		request.Schedule = args[0]
	}
	r, err := a.Upcoming(&source.Pipeline, request)
	if err != nil {
		return nil, usagef("%s: %w", f.name, err)
	}
	return r, nil
}

func (w upcoming) request(now time.Time) (r rpc.ScheduleNextRequest, err error) {
	if w.counted && w.count < 1 || w.count > 1000 {
		return r, usagef("--count %d: want 1 to 1000", w.count)
	}
	if r.From, err = ahead("--from", w.from, now); err != nil {
		return r, err
	}
	if r.Until, err = ahead("--until", w.until, now); err != nil {
		return r, err
	}
	r.Count = w.count
	if r.Count == 0 && r.Until != nil {
		r.Count = 1000
	}
	return r, nil
}
