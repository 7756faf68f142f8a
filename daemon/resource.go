package daemon

import (
	"context"
	"fmt"
	"slices"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/rpc"
)

// ResourceList lists the resource groups.
func (d *Daemon) ResourceList(ctx context.Context, _ *rpc.Empty) (*rpc.ResourceListResponse, error) {
	found, err := d.engine.Resources(ctx)
	if err != nil {
		return nil, failure(err, "resource groups")
	}
	answer := &rpc.ResourceListResponse{Resources: []rpc.Resource{}}
	for _, r := range found {
		answer.Resources = append(answer.Resources, resource(r))
	}
	return answer, nil
}

// ResourceMode says in which order steps get a resource group. The group need
// not be in use yet.
func (d *Daemon) ResourceMode(ctx context.Context, q *rpc.ResourceModeRequest) (*rpc.Resource, error) {
	if err := config.CheckResourceGroup(q.Name); err != nil {
		return nil, rpc.Errorf(rpc.CodeInvalid, "%v", err)
	}
	mode := policy.Mode(q.Mode)
	if !slices.Contains(policy.Modes(), mode) {
		return nil, rpc.Errorf(rpc.CodeInvalid, "mode %q: want one of %v", q.Mode, policy.Modes())
	}
	subject := fmt.Sprintf("resource group %q", q.Name)
	if err := d.engine.SetMode(ctx, q.Name, mode); err != nil {
		return nil, failure(err, subject)
	}
	found, err := d.engine.Resources(ctx)
	if err != nil {
		return nil, failure(err, subject)
	}
	answer := rpc.Resource{Name: q.Name, Mode: q.Mode}
	for _, r := range found {
		if r.Name == q.Name {
			answer = resource(r)
		}
	}
	return &answer, nil
}

func resource(r engine.Resource) rpc.Resource {
	answer := rpc.Resource{Name: r.Name, Mode: string(r.Mode)}
	if r.Holder != nil {
		holder := resourceStep(*r.Holder)
		answer.Holder = &holder
	}
	for _, c := range r.Waiting {
		answer.Waiting = append(answer.Waiting, resourceStep(c))
	}
	return answer
}

func resourceStep(c engine.Claimant) rpc.ResourceStep {
	return rpc.ResourceStep{Run: c.Run.Name, Step: c.Stage + "/" + c.Step, Status: string(c.Status)}
}
