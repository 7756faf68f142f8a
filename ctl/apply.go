package ctl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

func (a *app) applyCommand() *cobra.Command {
	var dryRun bool
	var note string
	cmd := &cobra.Command{
		Use:   "apply FILE...",
		Short: "Make pipelines of files, or give them new revisions",
		Long: "Make the pipelines that the files name, or give them new revisions where the text\n" +
			"differs. \"-\" is standard input. All files are checked before the first is applied: where\n" +
			"one is refused, nothing changes. Tests of pipelines (*.test.toml) are passed over.",
		Example: "  penstockctl apply nightly.toml\n  penstockctl apply --dry-run *.toml",
		Args:    arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.apply(cmd.Context(), args, dryRun, note)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "check and show the difference; change nothing")
	cmd.Flags().StringVar(&note, "note", "", "why; kept in the history")
	return a.outputs(cmd)
}

func (a *app) apply(ctx context.Context, names []string, dryRun bool, note string) error {
	if names = a.withoutTests(names); len(names) == 0 {
		return usagef("these are tests of pipelines, and no pipelines: see 'penstockctl test --help'")
	}
	files, err := a.readFiles(names)
	if err != nil {
		return err
	}
	checked, err := a.check(ctx, files)
	if err != nil {
		return err
	}
	if dryRun {
		for _, r := range checked {
			if err := a.applied(*r, true); err != nil {
				return err
			}
		}
		return nil
	}
	return a.put(ctx, files, note)
}

// withoutTests leaves out the tests that stand beside pipelines: *.toml means
// them, too.
func (a *app) withoutTests(names []string) (pipelines []string) {
	for _, name := range names {
		if strings.HasSuffix(name, testSuffix) {
			a.notice("%s: tests are not applied", name)
			continue
		}
		pipelines = append(pipelines, name)
	}
	return pipelines
}

// check asks the daemon for its opinion of every file and collects what it
// refuses.
func (a *app) check(ctx context.Context, files []file) ([]*rpc.PipelineApplyResponse, error) {
	var answers []*rpc.PipelineApplyResponse
	var problems []rpc.Problem
	for _, f := range files {
		if found := unfit(f); found != nil {
			problems = append(problems, found...)
			continue
		}
		r, err := call(ctx, a.link, (*rpc.Client).PipelineApply, &rpc.PipelineApplyRequest{Text: f.text, File: f.name, DryRun: true})
		found, refused := refusals(err)
		switch {
		case refused:
			problems = append(problems, found...)
		case err != nil:
			return nil, err
		}
		answers = append(answers, r)
	}
	if problems = append(problems, circles(files)...); len(problems) > 0 {
		return nil, refuse(distinctProblems(problems))
	}
	return answers, distinct(files, answers)
}

// circles are the circles that the pipelines of several files make by
// themselves: the daemon, which is asked about one after the other, would find
// them when some of them are applied already.
func circles(files []file) []rpc.Problem {
	var sources []*config.Source
	for _, f := range files {
		if source, err := config.ParsePipeline(f.name, []byte(f.text)); err == nil {
			sources = append(sources, source)
		}
	}
	return problemsIn(config.CirclesAmong(sources))
}

// distinctProblems leaves out what is said a second time.
func distinctProblems(problems []rpc.Problem) (once []rpc.Problem) {
	for _, p := range problems {
		if !slices.Contains(once, p) {
			once = append(once, p)
		}
	}
	return once
}

// refusals are the problems of an error that lists some.
func refusals(err error) ([]rpc.Problem, bool) {
	var refusal *rpc.Error
	if !errors.As(err, &refusal) {
		return nil, false
	}
	data, ok := refusal.Data.(rpc.InvalidData)
	return data.Problems, ok && len(data.Problems) > 0
}

// refuse is an error that lists problems.
func refuse(problems []rpc.Problem) error {
	return &rpc.Error{Code: rpc.CodeInvalid, Message: "refused", Data: rpc.InvalidData{Problems: problems}}
}

// distinct refuses two files for one pipeline: the later would undo the
// earlier.
func distinct(files []file, answers []*rpc.PipelineApplyResponse) error {
	seen := make(map[string]string, len(files))
	for i, r := range answers {
		if other, ok := seen[r.Pipeline]; ok {
			return usagef("%s and %s both name the pipeline %q; nothing was applied", other, files[i].name, r.Pipeline)
		}
		seen[r.Pipeline] = files[i].name
	}
	return nil
}

// put applies files that were checked. What may still refuse one is the world:
// the daemon, the disk, somebody else.
func (a *app) put(ctx context.Context, files []file, note string) error {
	for i, f := range files {
		r, err := call(ctx, a.link, (*rpc.Client).PipelineApply, &rpc.PipelineApplyRequest{Text: f.text, File: f.name, Note: note})
		if err != nil && i > 0 {
			return fmt.Errorf("%s: %w; the %d before it are applied", f.name, err, i)
		}
		if err != nil {
			return err
		}
		if err := a.applied(*r, false); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) applied(r rpc.PipelineApplyResponse, dryRun bool) error {
	return a.answer(r, func(s render.Style) string { return s.Applied(r, dryRun) })
}
