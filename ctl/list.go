package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// pageSize is how much is asked for at once where everything is wanted.
const pageSize = 1000

func (a *app) listCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the pipelines and how their newest runs stand",
		Args:    arguments(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.list(cmd.Context()) },
	}
	return a.outputs(cmd)
}

func (a *app) list(ctx context.Context) error {
	all, err := a.pipelines(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		a.notice("There are no pipelines. Make one with: penstockctl apply FILE")
	}
	return a.answer(rpc.PipelineListResponse{Pipelines: all}, func(s render.Style) string { return s.Pipelines(all) })
}

// pipelines is every page of the list; never nil, which JSON would call null.
func (a *app) pipelines(ctx context.Context) ([]rpc.Pipeline, error) {
	all := []rpc.Pipeline{}
	request := rpc.PipelineListRequest{Limit: pageSize}
	for {
		page, err := call(ctx, a.link, (*rpc.Client).PipelineList, &request)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Pipelines...)
		if page.Next == "" {
			return all, nil
		}
		request.After = page.Next
	}
}
