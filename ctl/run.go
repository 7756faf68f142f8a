package ctl

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// start is how a run was asked for.
type start struct {
	rpc.RunStartRequest
	values
	wait     bool
	follow   bool
	priority int
	labels   []string // KEY=VALUE
	instant  string
}

func (a *app) runCommand() *cobra.Command {
	var s start
	cmd := &cobra.Command{
		Use:   "run NAME[/SCHEDULE]",
		Short: "Start a run of a pipeline",
		Long: "Start a run of a pipeline and print its name, at once and alone on its line. With --wait\n" +
			"wait until it has ended, with --follow show its steps and their output meanwhile; then\n" +
			"the exit code is 0 where it succeeded, 1 where not, and 8 where it is blocked: it goes on once\n" +
			"a person plays a step. A daemon that restarts meanwhile does not end the waiting.\n\n" +
			"Inputs are the pipeline's: --input takes text that is read as the type of the input, and an\n" +
			"array as JSON; --input-file an object in JSON, which --input wins over. All that is wrong with\n" +
			"them is said at once, and no run exists then.\n\n" +
			"With --as-scheduled TIME it is a run for that instant of the pipeline's schedule, with the inputs and\n" +
			"variables that the schedule gives; nightly/evening names one of several. The time is\n" +
			"\"2026-11-20 02:30\" (local), 02:30 (the last one) or RFC 3339. The ledger of the schedule does not\n" +
			"know of it: to make up for instants use backfill.\n\n" +
			"With --skip the run is over at once, as skipped: a number that stands for work not done.\n\n" +
			"With -o json the first line is the answer to run.start; with --wait the last one is the\n" +
			"run, as status -o json shows it.",
		Example: "  penstockctl run nightly --follow\n  penstockctl run release --input version=1.4.0 --var DRY_RUN=1\n" +
			"  run=$(penstockctl run nightly)\n" +
			"  penstockctl run nightly/evening --as-scheduled \"2026-11-20 02:30\"",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeStart,
		RunE: func(cmd *cobra.Command, args []string) error {
			s.Pipeline, s.Trigger, _ = strings.Cut(args[0], "/")
			if err := s.changed(cmd.Flags()); err != nil {
				return err
			}
			if err := s.named(); err != nil {
				return err
			}
			return a.run(cmd.Context(), s)
		},
	}
	s.flags(cmd)
	cmd.Flags().StringVar(&s.instant, "as-scheduled", "", "a time: the run is for that instant of its schedule")
	cmd.Flags().BoolVar(&s.Skip, "skip", false, "record a run that does nothing")
	return a.outputs(cmd)
}

func (s *start) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&s.wait, "wait", "w", false, "wait until it has ended, or is blocked")
	f.BoolVarP(&s.follow, "follow", "f", false, "wait, and show steps and output")
	s.values.flags(cmd)
	f.StringVar(&s.SubQueue, "sub-queue", "", "run after those of the pipeline with the same one, one at a time")
	f.IntVar(&s.priority, "priority", 0, "-100 to 100: whose steps begin first where places are few (default: the pipeline's)")
	f.StringVar(&s.Key, "key", "", "start nothing where a run of this key was started within 24 hours (default: unique)")
	f.StringVar(&s.Note, "note", "", "why; kept with the run")
	f.StringVar(&s.RunName, "name", "", "what the run is called beside its number (default: run_name of the pipeline)")
	f.StringArrayVar(&s.labels, "label", nil, "KEY=VALUE, a label to find it by; may be repeated")
	f.BoolVar(&s.DespiteFreeze, "force", false, "start it even while everything is frozen")
}

// changed takes the flags for which it matters whether they are there at all.
func (s *start) changed(f *pflag.FlagSet) error {
	if f.Changed("priority") {
		s.Priority = &s.priority
	}
	if f.Changed("key") && s.Key == "" {
		return usagef("--key is empty: a variable that is not set?")
	}
	return nil
}

// named refuses what names no pipeline, or a schedule without its instant.
func (s *start) named() error {
	if strings.Contains(s.Trigger, "/") || s.Pipeline == "" {
		return usagef("%s/%s: want a pipeline, nightly, or with --as-scheduled one of its schedules, nightly/evening", s.Pipeline, s.Trigger)
	}
	if s.Trigger != "" && s.instant == "" {
		return usagef("%s/%s: a run of a schedule wants --as-scheduled TIME; to start one for now use: penstockctl schedule play %s/%s",
			s.Pipeline, s.Trigger, s.Pipeline, s.Trigger)
	}
	return nil
}

// read reads what is text on the command line.
func (s *start) read(now time.Time) (err error) {
	if s.Labels, err = pairs("--label", s.labels); err != nil {
		return err
	}
	s.AsScheduled, err = past("--as-scheduled", s.instant, now)
	return err
}

// completeStart proposes pipelines and, once one is typed, its schedules.
func (a *app) completeStart(cmd *cobra.Command, args []string, typed string) (proposals, cobra.ShellCompDirective) {
	if strings.Contains(typed, "/") {
		return a.completeSchedule(cmd, args, typed)
	}
	return a.completePipeline(cmd, args, typed)
}

func (a *app) run(ctx context.Context, s start) error {
	if s.follow && a.output == formatJSON {
		return usagef("--follow shows steps and output to people: with -o json use --wait, and logs -f for the output")
	}
	var err error
	if s.Inputs, s.Variables, err = a.given(s.values); err != nil {
		return err
	}
	if err := s.read(time.Now()); err != nil {
		return err
	}
	s.Key = cmp.Or(s.Key, rand.Text())
	r, err := persist(ctx, a.link, (*rpc.Client).RunStart, &s.RunStartRequest)
	if err != nil {
		return err
	}
	if err := a.answer(r, func(render.Style) string { return render.Line(r.Run.Name) + "\n" }); err != nil {
		return err
	}
	if r.Duplicate {
		a.notice("%s was there already with this key; nothing was started", r.Run.Name)
	}
	switch {
	case s.follow:
		err = a.followRun(ctx, r.Run)
	case s.wait:
		err = a.waitRun(ctx, r.Run)
	}
	a.goesOn(ctx, r.Run.Name)
	return err
}

func (a *app) waitRun(ctx context.Context, run rpc.RunSummary) error {
	last, err := a.await(ctx, run)
	if err != nil {
		return err
	}
	if a.output == formatJSON {
		whole, err := a.whole(ctx, last.Run)
		if err != nil {
			return err
		}
		if err := a.answer(whole, nil); err != nil {
			return err
		}
	}
	return a.verdict(ctx, last.Run)
}

// followRun shows the steps and the output of a run until it has ended.
func (a *app) followRun(ctx context.Context, run rpc.RunSummary) error {
	last, err := a.tail(ctx, target{run: fmt.Sprint(run.ID)}, logOptions{states: true, untilBlocked: true})
	if err != nil {
		return err
	}
	return a.verdict(ctx, last.Run)
}
