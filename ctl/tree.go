package ctl

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

// maxTree bounds how many runs a tree shows. The daemon lets no more follow from
// one.
const maxTree = 1_001

// tree shows a run with those that its steps stand for, and theirs.
func (a *app) tree(ctx context.Context, run string) error {
	if err := checkRun(run); err != nil {
		return err
	}
	left := maxTree
	t, err := a.below(ctx, run, &left)
	if err != nil {
		return err
	}
	return a.answer(t, func(s render.Style) string { return s.Tree(t) })
}

// below asks for a run and all below it; left is how many may be asked for yet.
func (a *app) below(ctx context.Context, run string, left *int) (render.Tree, error) {
	*left--
	r, err := call(ctx, a.link, (*rpc.Client).RunGet, &rpc.RunGetRequest{Run: run})
	if err != nil {
		return render.Tree{}, err
	}
	t := render.Tree{RunSummary: r.RunSummary, Children: []render.Tree{}}
	for _, stage := range r.Stages {
		for _, step := range stage.Steps {
			for _, attempt := range step.Attempts {
				if attempt.Downstream == nil || *left <= 0 {
					continue
				}
				child, err := a.child(ctx, *attempt.Downstream, left)
				if err != nil {
					return t, err
				}
				child.Step, child.Attempt = stage.Name+"/"+cmp.Or(step.Address, step.Name), attempt.Number
				t.Children = append(t.Children, child)
			}
		}
	}
	return t, nil
}

// child is a run that a step stands for, and all below it. It may have been
// deleted since the step was told of it.
func (a *app) child(ctx context.Context, d rpc.Downstream, left *int) (render.Tree, error) {
	gone := render.Tree{
		RunSummary: rpc.RunSummary{Name: d.Run, ID: d.ID, Status: d.Status}, Deleted: true, Children: []render.Tree{},
	}
	if d.Deleted {
		return gone, nil
	}
	t, err := a.below(ctx, fmt.Sprint(d.ID), left)
	if e, ok := errors.AsType[*rpc.Error](err); ok && e.Code == rpc.CodeNotFound {
		return gone, nil
	}
	return t, err
}
