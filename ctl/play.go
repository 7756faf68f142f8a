package ctl

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// playing is how steps were asked to be played.
type playing struct {
	all           bool
	force         bool
	despiteFreeze bool
	yes           bool
	variables     []string
}

func (a *app) playCommand() *cobra.Command {
	var p playing
	cmd := &cobra.Command{
		Use:   "play RUN/STAGE/STEP...",
		Short: "Begin manual and scheduled steps now",
		Long: "Begin manual steps, and scheduled ones before their time. With --all the argument is\n" +
			"RUN/STAGE, and every manual step of the stage begins; a stage that holds others as well is\n" +
			"refused without --force, which leaves those alone.\n\n" +
			"A step with manual_confirmation is asked for on a terminal; elsewhere its text is printed\n" +
			"and --yes is needed. --var sets environment variables for the played steps alone.",
		Example:           "  penstockctl play nightly/42/deploy/prod --var DRY_RUN=1\n  penstockctl play nightly/42/deploy --all",
		Args:              arguments(1, -1),
		ValidArgsFunction: a.completeSteps("manual", "scheduled"),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.play(cmd.Context(), args, p) },
	}
	cmd.Flags().BoolVar(&p.all, "all", false, "every manual step of the stage")
	cmd.Flags().BoolVar(&p.force, "force", false, "with --all, also where the stage holds other steps")
	cmd.Flags().BoolVar(&p.despiteFreeze, "despite-freeze", false, "begin even while everything is frozen")
	cmd.Flags().BoolVarP(&p.yes, "yes", "y", false, "confirm what the steps want confirmed")
	cmd.Flags().StringArrayVar(&p.variables, "var", nil, "KEY=VALUE, an environment variable for these steps; may be repeated")
	return a.outputs(cmd)
}

func (a *app) play(ctx context.Context, args []string, p playing) error {
	requests, err := p.requests(args)
	if err != nil {
		return err
	}
	return each(requests, func(q *rpc.RunPlayRequest) error {
		r, err := call(ctx, a.link, (*rpc.Client).RunPlay, q)
		if texts := confirmations(err); texts != nil {
			r, err = a.playConfirmed(ctx, q, texts)
		}
		if err != nil {
			return err
		}
		return a.answer(r, func(render.Style) string { return render.Steps(*r, "played") })
	})
}

// requests are what is to be asked of the daemon, one for each run.
func (p playing) requests(args []string) ([]*rpc.RunPlayRequest, error) {
	variables, err := pairs("--var", p.variables)
	if err != nil {
		return nil, err
	}
	if p.force && !p.all {
		return nil, usagef("--force goes with --all: it plays the manual steps of a stage that holds others as well")
	}
	all, err := parseSteps(args, false)
	if err != nil {
		return nil, err
	}
	var requests []*rpc.RunPlayRequest
	for _, s := range all {
		q := rpc.RunPlayRequest{Run: s.run, Confirm: p.yes, DespiteFreeze: p.despiteFreeze, Variables: variables}
		if !p.all {
			q.Steps = s.steps
			requests = append(requests, &q)
			continue
		}
		for _, stage := range s.steps {
			if strings.Contains(stage, "/") {
				return nil, usagef("--all plays a whole stage: want RUN/STAGE, not %s/%s", s.run, stage)
			}
			q := q
			q.Stage, q.Force = stage, p.force
			requests = append(requests, &q)
		}
	}
	return requests, nil
}

// confirmations are what a refused call wants confirmed, nil where it wants
// nothing.
func confirmations(err error) []rpc.Confirmation {
	var refusal *rpc.Error
	if !errors.As(err, &refusal) {
		return nil
	}
	data, _ := refusal.Data.(rpc.ConfirmData)
	return data.Steps
}

// playConfirmed asks on the terminal and then plays.
func (a *app) playConfirmed(ctx context.Context, q *rpc.RunPlayRequest, texts []rpc.Confirmation) (*rpc.RunStepsResponse, error) {
	question := render.Confirmations(texts)
	if !screenOf(a.Stdin).terminal() {
		return nil, usagef("nothing was played; add --yes to confirm:\n%s", question)
	}
	yes, err := a.ask(ctx, question+"Play?")
	if err != nil {
		return nil, err
	}
	if !yes {
		return nil, usagef("nothing was played")
	}
	q.Confirm = true
	return call(ctx, a.link, (*rpc.Client).RunPlay, q)
}
