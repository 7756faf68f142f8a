package engine

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// group is a resource group: the live runs in which it occurs, those of them that
// stand in line, and those that have it: one, but for a step that goes on because
// the run that it stands for does, while another has it. All of it follows from the
// statuses of steps.
type group struct {
	runs    map[uint64]*live
	line    *policy.Claims
	holders map[uint64]bool
}

// group is the group of that name, made where there is none.
func (e *Engine) group(name string) *group {
	g := e.groups[name]
	if g == nil {
		g = &group{runs: map[uint64]*live{}, line: policy.NewClaims(cmp.Or(e.modes[name], policy.Unordered)), holders: map[uint64]bool{}}
		e.groups[name] = g
	}
	return g
}

func (e *Engine) leaveGroup(name string, l *live) {
	g := e.groups[name]
	delete(g.runs, l.record.ID)
	delete(g.holders, l.record.ID)
	g.line.Remove(l.record.ID)
	if len(g.runs) == 0 {
		delete(e.groups, name)
	}
}

// held reports whether a step has g.
func (g *group) held() bool { return len(g.holders) > 0 }

// see makes g know what a run of it claims by now.
func (g *group) see(name string, l *live) {
	delete(g.holders, l.record.ID)
	if have, _, _ := l.run.Claims(name); have > 0 {
		g.holders[l.record.ID] = true
	}
	if c, ok := l.head(name); ok && l.claiming {
		g.line.Put(c)
	} else {
		g.line.Remove(l.record.ID)
	}
}

// reorder makes mode the order of g's line.
func (g *group) reorder(name string, mode policy.Mode) {
	g.line = policy.NewClaims(mode)
	for _, l := range g.runs {
		g.see(name, l)
	}
}

// claims visits all steps of g, but for those of runs that are held.
func (g *group) claims(name string) iter.Seq[policy.Claim] {
	return func(yield func(policy.Claim) bool) {
		for id, l := range g.runs {
			if !l.claiming {
				continue
			}
			for _, i := range l.groups[name].steps {
				if !yield(policy.Claim{Run: id, Step: i, Priority: l.record.Priority, Status: l.run.Unmirrored(i)}) {
					return
				}
			}
		}
	}
}

// grantAll grants the groups that somebody may want or have given back.
func (t *turn) grantAll() {
	names := slices.Sorted(maps.Keys(t.contested))
	clear(t.contested)
	for _, name := range names {
		if g := t.groups[name]; g != nil && !g.held() {
			t.grant(name, g)
		}
	}
}

// grant gives a group that is free to the first in line, if it is ready.
func (t *turn) grant(name string, g *group) {
	claim, ok := g.line.Next()
	if !ok {
		return
	}
	if err := t.apply(g.runs[claim.Run], run.Grant{Step: claim.Step, At: t.now}); err != nil {
		t.log.Error("a resource group cannot be granted", "group", name, "run", claim.Run, "step", claim.Step, "error", err)
	}
}

// Resource is a resource group that is in use, or whose mode was chosen.
type Resource struct {
	Name    string
	Mode    policy.Mode
	Holder  *Claimant  // nil: it is free
	Waiting []Claimant // those who stand in line, in their order; the first may not be ready yet
}

// Claimant is a step that has, or wants, a resource group.
type Claimant struct {
	Run    Reference
	Stage  string
	Step   string     // its key
	Status run.Status // of the step
}

// Resources lists the resource groups by name.
func (e *Engine) Resources(ctx context.Context) (all []Resource, err error) {
	var found []Resource
	err = e.ask(ctx, func(t *turn) error {
		names := maps.Clone(t.modes)
		for name, g := range t.groups {
			names[name] = g.line.Mode()
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			found = append(found, t.resource(name, names[name]))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// resource describes a group as it stands.
func (t *turn) resource(name string, mode policy.Mode) Resource {
	r := Resource{Name: name, Mode: mode}
	g := t.groups[name]
	if g == nil {
		return r
	}
	for c := range g.claims(name) {
		if policy.Holds(c.Status) {
			holder := t.claimant(c)
			r.Holder = &holder
		}
	}
	for _, c := range policy.InLine(mode, g.claims(name)) {
		r.Waiting = append(r.Waiting, t.claimant(c))
	}
	return r
}

func (t *turn) claimant(c policy.Claim) Claimant {
	l := t.live[c.Run]
	plan := l.run.Plan
	return Claimant{
		Run: t.reference(l), Stage: plan.Stages[plan.Steps[c.Step].Stage].Name, Step: plan.Key(c.Step), Status: l.run.Steps[c.Step].Status,
	}
}

// SetMode chooses in which order the steps that want a resource group get it.
// The group need not be in use. The default is not kept: a group that nobody
// uses is forgotten with it.
func (e *Engine) SetMode(ctx context.Context, name string, mode policy.Mode) error {
	if !slices.Contains(policy.Modes(), mode) {
		return fmt.Errorf("mode %q of resource group %s: want one of %v", mode, name, policy.Modes())
	}
	return e.ask(ctx, func(t *turn) error {
		if mode == policy.Unordered {
			t.tx.ForgetResource(name)
			delete(t.modes, name)
		} else {
			t.tx.PutResource(name, store.Resource{Mode: mode})
			t.modes[name] = mode
		}
		if g := t.groups[name]; g != nil {
			g.reorder(name, mode)
			t.contested[name] = true
		}
		return nil
	})
}
