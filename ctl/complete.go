package ctl

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// completionTime is how long a shell may be kept waiting. A daemon that is
// absent or slow means no proposals, never an error.
const completionTime = time.Second

type proposals = []cobra.Completion

// propose asks the daemon for proposals where the argument to be completed is
// the first.
func (a *app) propose(cmd *cobra.Command, args []string, ask func(context.Context) (proposals, error)) (proposals, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	found, err := ask(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

func (a *app) completePipeline(cmd *cobra.Command, args []string, _ string) (proposals, cobra.ShellCompDirective) {
	return a.propose(cmd, args, a.pipelineNames)
}

func (a *app) pipelineNames(ctx context.Context) (proposals, error) {
	all, err := a.pipelines(ctx)
	var names proposals
	for _, p := range all {
		names = append(names, cobra.CompletionWithDesc(p.Name, render.Line(p.Description)))
	}
	return names, err
}

// completePart proposes pipelines and, once one is typed, its stages and steps.
func (a *app) completePart(cmd *cobra.Command, args []string, typed string) (proposals, cobra.ShellCompDirective) {
	pipeline, _, named := strings.Cut(typed, "/")
	if !named {
		return a.completePipeline(cmd, args, typed)
	}
	return a.propose(cmd, args, func(ctx context.Context) (proposals, error) { return a.partNames(ctx, pipeline) })
}

// partNames are the stages of the current text of a pipeline, each before its
// steps.
func (a *app) partNames(ctx context.Context, pipeline string) (proposals, error) {
	r, err := call(ctx, a.link, (*rpc.Client).PipelineGet, &rpc.PipelineGetRequest{Name: pipeline})
	if err != nil {
		return nil, err
	}
	source, err := config.ParsePipeline(pipeline, []byte(r.Text))
	if err != nil {
		return nil, err
	}
	var names proposals
	for _, stage := range source.Pipeline.Stages {
		names = append(names, cobra.CompletionWithDesc(pipeline+"/"+stage.Name, "a stage"))
		for _, step := range stage.Steps {
			names = append(names, cobra.CompletionWithDesc(pipeline+"/"+stage.Name+"/"+step.Name, "a step"))
		}
	}
	return names, nil
}

func (a *app) completeRun(cmd *cobra.Command, args []string, typed string) (proposals, cobra.ShellCompDirective) {
	return a.propose(cmd, args, func(ctx context.Context) (proposals, error) { return a.runNames(ctx, typed) })
}

// runNames are the newest runs, of one pipeline where its name is typed
// already.
func (a *app) runNames(ctx context.Context, typed string) (proposals, error) {
	pipeline, _, named := strings.Cut(typed, "/")
	request := rpc.RunListRequest{Limit: 50}
	var names proposals
	if named {
		request.Pipeline = pipeline
		names = append(names, cobra.CompletionWithDesc(pipeline+"/latest", "the newest run"))
	}
	page, err := call(ctx, a.link, (*rpc.Client).RunList, &request)
	if err != nil {
		return nil, err
	}
	for _, r := range page.Runs {
		names = append(names, cobra.CompletionWithDesc(r.Name, render.Line(r.Status)))
	}
	return names, nil
}

func (a *app) completePipelineOrRun(cmd *cobra.Command, args []string, typed string) (proposals, cobra.ShellCompDirective) {
	if strings.Contains(typed, "/") {
		return a.completeRun(cmd, args, typed)
	}
	return a.completePipeline(cmd, args, typed)
}

func (a *app) completeLog(cmd *cobra.Command, args []string, typed string) (proposals, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeSteps()(cmd, args, typed)
}

// completeSteps proposes runs and, once one is typed, its steps of some
// statuses; without statuses of any. It does so for each argument.
func (a *app) completeSteps(statuses ...string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, typed string) (proposals, cobra.ShellCompDirective) {
		run, _ := splitRun(typed)
		if run == "" || !strings.HasPrefix(typed, run+"/") {
			return a.completeRun(cmd, nil, typed)
		}
		return a.propose(cmd, nil, func(ctx context.Context) (proposals, error) { return a.stepNames(ctx, run, statuses) })
	}
}

// stepNames are the steps of a run. A cell of a matrix is proposed by its
// address: its name has spaces, with which not every shell copes.
func (a *app) stepNames(ctx context.Context, run string, statuses []string) (proposals, error) {
	r, err := call(ctx, a.link, (*rpc.Client).RunGet, &rpc.RunGetRequest{Run: run})
	if err != nil {
		return nil, err
	}
	var names proposals
	for _, stage := range r.Stages {
		for _, step := range stage.Steps {
			if len(statuses) > 0 && !slices.Contains(statuses, step.Status) {
				continue
			}
			about := step.Status
			if step.Address != "" {
				about = step.Name + ", " + about
			}
			name := fmt.Sprintf("%s/%s/%s", run, stage.Name, cmp.Or(step.Address, step.Name))
			names = append(names, cobra.CompletionWithDesc(name, render.Line(about)))
		}
	}
	return names, nil
}

// completePaused proposes what is paused.
func (a *app) completePaused(cmd *cobra.Command, args []string, _ string) (proposals, cobra.ShellCompDirective) {
	return a.propose(cmd, args, func(ctx context.Context) (proposals, error) {
		all, err := a.pipelines(ctx)
		var names proposals
		for _, p := range all {
			for _, pause := range p.Pauses {
				names = append(names, cobra.CompletionWithDesc(render.Paused(p.Name, pause), render.Line(pause.Reason)))
			}
		}
		return names, err
	})
}

func (a *app) resourceNames(ctx context.Context) (proposals, error) {
	r, err := call(ctx, a.link, (*rpc.Client).ResourceList, &rpc.Empty{})
	if err != nil {
		return nil, err
	}
	var names proposals
	for _, resource := range r.Resources {
		names = append(names, cobra.CompletionWithDesc(render.Line(resource.Name), resource.Mode))
	}
	return names, nil
}

func (a *app) completePlugin(cmd *cobra.Command, args []string, _ string) (proposals, cobra.ShellCompDirective) {
	return a.propose(cmd, args, func(ctx context.Context) (proposals, error) {
		r, err := call(ctx, a.link, (*rpc.Client).PluginList, &rpc.PluginListRequest{})
		if err != nil {
			return nil, err
		}
		var names proposals
		for _, p := range r.Plugins {
			names = append(names, cobra.CompletionWithDesc(p.Type, render.Line(p.Summary)))
		}
		return names, nil
	})
}

// The words that the filters of runs take.
var (
	runStatuses = []string{
		"created", "waiting_for_resource", "pending", "running", "scheduled", "manual", "success", "failed", "canceling", "canceled",
		"skipped", "finished",
	}
	runSources = []string{"command", "schedule", "trigger", "pipeline", "parent_pipeline", "subscription", "file"}
)

// completeWords proposes the values of a flag.
func completeWords(cmd *cobra.Command, flag string, words ...string) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)))
}
