package ctl

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// pausing is how a pause, or a freeze, was asked for.
type pausing struct {
	reason string
	until  string
	length string
}

func (a *app) pauseCommand() *cobra.Command {
	var p pausing
	cmd := &cobra.Command{
		Use:   "pause NAME[/STAGE[/STEP]]",
		Short: "Pause a pipeline, a stage or a step, without a new revision",
		Long: "A paused pipeline refuses new runs; runs that live go on. A paused stage, or step, is left out\n" +
			"of runs whose turn for it comes meanwhile, live ones included, and the rest of the run goes on.\n" +
			"A pause ends at its time, or with resume.\n\n" +
			"--until is a time: 18:00 (the next one, local), \"2026-11-24 08:00\" (local) or RFC 3339.",
		Example: "  penstockctl pause nightly --reason 'the disk is being replaced' --for 2h\n" +
			"  penstockctl pause nightly/deploy --until \"2026-11-24 08:00\"",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completePart,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.pausePart(cmd.Context(), args[0], p) },
	}
	p.flags(cmd)
	return a.outputs(cmd)
}

func (p *pausing) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.reason, "reason", "", "why; shown wherever it holds something")
	cmd.Flags().StringVar(&p.until, "until", "", "when it ends by itself (default: never)")
	cmd.Flags().StringVar(&p.length, "for", "", "how long it lasts: 30m, 2h, 3d, 1w")
}

func (a *app) resumeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "resume NAME[/STAGE[/STEP]]",
		Short:             "End a pause",
		Long:              "End a pause. The name is that of what was paused: a pause of a stage is not ended by resuming\nits pipeline. Steps that were left out meanwhile stay so; retry brings them back.",
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completePaused,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.resume(cmd.Context(), args[0]) },
	}
	return a.outputs(cmd)
}

func (a *app) pausePart(ctx context.Context, path string, p pausing) error {
	pipeline, at, err := parsePart(path)
	if err != nil {
		return err
	}
	until, err := p.end(time.Now())
	if err != nil {
		return err
	}
	r, err := call(ctx, a.link, (*rpc.Client).PipelinePause, &rpc.PipelinePauseRequest{
		Name: pipeline, Stage: at.stage, Step: at.step, Reason: p.reason, Until: until,
	})
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string { return s.Pauses(r.Pipeline, r.Pauses) })
}

func (a *app) resume(ctx context.Context, path string) error {
	pipeline, at, err := parsePart(path)
	if err != nil {
		return err
	}
	r, err := call(ctx, a.link, (*rpc.Client).PipelineResume, &rpc.PipelineResumeRequest{
		Name: pipeline, Stage: at.stage, Step: at.step,
	})
	if err != nil {
		return err
	}
	return a.answer(r, func(s render.Style) string {
		return s.Resumed(path, r)
	})
}

// end is when the pause ends by itself, nil where it does not.
func (p pausing) end(now time.Time) (*time.Time, error) {
	var end time.Time
	switch {
	case p.length != "" && p.until != "":
		return nil, usagef("--for and --until both say when it ends: want one of the two")
	case p.length != "":
		length, err := config.ParseDuration(p.length)
		if err != nil || length == 0 {
			return nil, usagef("--for %q: want a length of time, such as 30m, 2h or 3d", p.length)
		}
		end = now.Add(length)
	case p.until != "":
		var ok bool
		if end, ok = parseMoment(p.until, now); !ok {
			return nil, usagef("--until %q: want 18:00, \"2026-11-24 08:00\" or 2026-11-24T08:00:00Z", p.until)
		}
		if !end.After(now) {
			return nil, usagef("--until %s is past already", p.until)
		}
	default:
		return nil, nil
	}
	return &end, nil
}

// parsePart reads NAME[/STAGE[/STEP]].
func parsePart(path string) (pipeline string, at place, err error) {
	parts := strings.Split(path, "/")
	if len(parts) > 3 || slices.Contains(parts, "") {
		return "", place{}, usagef("%q: want NAME[/STAGE[/STEP]], such as nightly or nightly/deploy", path)
	}
	parts = append(parts, "", "")
	return parts[0], place{parts[1], parts[2]}, nil
}
