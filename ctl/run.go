package ctl

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"

	"github.com/spf13/cobra"

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
}

func (a *app) runCommand() *cobra.Command {
	var s start
	cmd := &cobra.Command{
		Use:   "run NAME",
		Short: "Start a run of a pipeline",
		Long: "Start a run of a pipeline and print its name, at once and alone on its line. With --wait\n" +
			"wait until it has ended, with --follow show its steps and their output meanwhile; then\n" +
			"the exit code is 0 where it succeeded, 1 where not, and 8 where it is blocked: it goes on once\n" +
			"a person plays a step. A daemon that restarts meanwhile does not end the waiting.\n\n" +
			"Inputs are the pipeline's: --input takes text that is read as the type of the input, and an\n" +
			"array as JSON; --input-file an object in JSON, which --input wins over. All that is wrong with\n" +
			"them is said at once, and no run exists then.\n\n" +
			"With -o json the first line is the answer to run.start; with --wait the last one is the\n" +
			"run, as status -o json shows it.",
		Example: "  penstockctl run nightly --follow\n  penstockctl run release --input version=1.4.0 --var DRY_RUN=1\n" +
			"  run=$(penstockctl run nightly)",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completePipeline,
		RunE: func(cmd *cobra.Command, args []string) error {
			s.Pipeline = args[0]
			if cmd.Flags().Changed("priority") {
				s.Priority = &s.priority
			}
			return a.run(cmd.Context(), s)
		},
	}
	s.flags(cmd)
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
}

func (a *app) run(ctx context.Context, s start) error {
	if s.follow && a.output == formatJSON {
		return usagef("--follow shows steps and output to people: with -o json use --wait, and logs -f for the output")
	}
	var err error
	if s.Inputs, s.Variables, err = a.given(s.values); err != nil {
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
