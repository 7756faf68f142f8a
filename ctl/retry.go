package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) retryCommand() *cobra.Command {
	var after, despiteFreeze bool
	var variables []string
	cmd := &cobra.Command{
		Use:   "retry RUN|RUN/STAGE/STEP[/ATTEMPT]...",
		Short: "Try a run's failed steps again, or the steps that are named",
		Long: "Try all steps of a run again that failed or were canceled; what was skipped because of them is\n" +
			"decided anew, what succeeded stays. Where there is no such step nothing happens.\n\n" +
			"A step that is named is tried again however it ended; steps after it that have ended stay as\n" +
			"they are, unless --from does them again as well. With the number of an attempt the retry is\n" +
			"refused where that is not the newest: somebody else was faster. The run keeps its number and\n" +
			"its plan: what was applied since does not change it.",
		Example:           "  penstockctl retry nightly/42\n  penstockctl retry nightly/42/build/compile --from",
		Args:              arguments(1, -1),
		ValidArgsFunction: a.completeSteps("success", "failed", "canceled"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.retry(cmd.Context(), args, after, despiteFreeze, variables)
		},
	}
	cmd.Flags().BoolVar(&after, "from", false, "do everything after the steps again as well")
	cmd.Flags().BoolVar(&despiteFreeze, "despite-freeze", false, "try again even while everything is frozen")
	cmd.Flags().StringArrayVar(&variables, "var", nil, "KEY=VALUE, an environment variable for these steps; may be repeated")
	return a.outputs(cmd)
}

func (a *app) retry(ctx context.Context, args []string, after, despiteFreeze bool, variables []string) error {
	values, err := pairs("--var", variables)
	if err != nil {
		return err
	}
	requests, err := retries(args)
	if err != nil {
		return err
	}
	for _, q := range requests {
		if after && len(q.Steps) == 0 {
			return usagef("--from goes from a step on: want RUN/STAGE/STEP, not %s", q.Run)
		}
		q.After, q.DespiteFreeze, q.Variables = after, despiteFreeze, values
	}
	return each(requests, func(q *rpc.RunRetryRequest) error {
		r, err := call(ctx, a.link, (*rpc.Client).RunRetry, q)
		if err != nil {
			return err
		}
		if len(r.Steps) == 0 {
			a.notice("%s: nothing to retry: no step failed or was canceled", r.Run.Name)
		}
		return a.answer(r, func(render.Style) string { return render.Steps(*r, "tried again") })
	})
}

// retries are what is to be asked of the daemon: one request for each run, or
// for each attempt that is named.
func retries(args []string) ([]*rpc.RunRetryRequest, error) {
	var requests []*rpc.RunRetryRequest
	var rest []string
	for _, arg := range args {
		t, err := parseTarget(arg)
		if err != nil {
			return nil, err
		}
		if t.attempt == 0 {
			rest = append(rest, arg)
			continue
		}
		requests = append(requests, &rpc.RunRetryRequest{Run: t.run, Steps: []string{t.name()}, Attempt: t.attempt})
	}
	all, err := parseSteps(rest, true)
	for _, s := range all {
		requests = append(requests, &rpc.RunRetryRequest{Run: s.run, Steps: s.steps})
	}
	return requests, err
}
