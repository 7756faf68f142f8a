package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/policy"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/daemon/store"
)

// deploying asks for a run that builds and then deploys to prod.
func deploying() StartRequest {
	return StartRequest{Pipeline: 1, Revision: 1, Plan: run.Plan{
		Stages: []run.PlanStage{{Name: "build"}, {Name: "deploy"}},
		Steps:  []run.PlanStep{{Name: "build"}, {Name: "deploy", Stage: 1, ResourceGroup: "prod"}},
	}}
}

// built starts n runs that deploy and lets the steps before be done, in an
// order.
func (d *daemon) built(n int, order ...int) {
	d.Helper()
	builds := map[int]*attempt{}
	for i := range n {
		d.startOf(deploying())
		builds[i+1] = d.next(fmt.Sprintf("nightly/%d/build/build/1", i+1))
	}
	for _, i := range order {
		builds[i].end(run.Success)
		d.check(d.Pulse(d.ctx))
	}
}

func deploy(n int) string { return fmt.Sprintf("nightly/%d/deploy/deploy/1", n) }

func TestOneStepAtATimeHasAResourceGroup(t *testing.T) {
	for _, c := range []struct {
		mode  policy.Mode
		built []int
		want  []int
	}{
		{policy.Unordered, []int{2, 3, 1}, []int{2, 1, 3}},
		{policy.OldestFirst, []int{3, 2, 1}, []int{1, 2, 3}},
		{policy.NewestFirst, []int{1, 2, 3}, []int{3, 2, 1}},
		{policy.NewestReadyFirst, []int{1, 2, 3}, []int{1, 3, 2}},
	} {
		t.Run(string(c.mode), func(t *testing.T) {
			d := begin(t, 9)
			d.check(d.SetMode(d.ctx, "prod", c.mode))
			d.restart() // the mode is kept
			d.built(3, c.built...)
			for _, n := range c.want {
				d.next(deploy(n))
				d.restart()
				a := d.next(deploy(n))
				d.idle()
				a.end(run.Success)
			}
			for id := range uint64(3) {
				d.settled(id + 1)
			}
			d.nothingIsLeft()
		})
	}
}

func TestWhenAHolderIsCanceledTheNextBegins(t *testing.T) {
	d := begin(t, 9)
	d.built(2, 1, 2)
	a := d.next(deploy(1))
	d.check(d.Cancel(d.ctx, 1, "ann", "", false))
	d.idle()
	a.end(run.Success)
	d.next(deploy(2))
}

// A step that waits for a place has its resource group.
func TestAGroupIsHeldBeforeTheStepBegins(t *testing.T) {
	d := begin(t, 0)
	q := deploying()
	q.Plan.Steps = q.Plan.Steps[1:]
	d.startOf(q)
	d.startOf(q)
	if got := d.statuses(1, 2); got != "[pending waiting_for_resource]" {
		t.Errorf("the runs are %s", got)
	}
	d.check(d.Cancel(d.ctx, 1, "ann", "", false))
	if got := d.statuses(1, 2); got != "[canceled pending]" {
		t.Errorf("the runs are %s", got)
	}
}

// The steps of a run that waits for its turn stand in no line: the run that it
// waits for may be behind them.
func TestARunThatIsHeldClaimsNothing(t *testing.T) {
	d := begin(t, 9)
	d.check(d.SetMode(d.ctx, "prod", policy.NewestFirst))
	for range 2 {
		q := deploying()
		q.Overlap = config.Overlap{Policy: config.OverlapQueue, Limit: 1}
		d.startOf(q)
	}
	d.next("nightly/1/build/build/1").end(run.Success)
	d.next(deploy(1)).end(run.Success)
	d.next("nightly/2/build/build/1")
}

// Another mode takes effect at once.
func TestAnotherModeLetsThoseGoThatWait(t *testing.T) {
	d := begin(t, 9)
	d.check(d.SetMode(d.ctx, "prod", policy.OldestFirst))
	d.built(2, 2)
	d.idle()
	d.check(d.SetMode(d.ctx, "prod", policy.Unordered))
	d.next(deploy(2))
	if err := d.SetMode(d.ctx, "prod", "random"); err == nil || !strings.Contains(err.Error(), `mode "random"`) {
		t.Errorf("a mode that is none: %v", err)
	}
}

func TestAGroupWithTheDefaultModeThatNobodyUsesIsForgotten(t *testing.T) {
	d := begin(t, 9)
	d.check(d.SetMode(d.ctx, "prdo", policy.OldestFirst))
	d.check(d.SetMode(d.ctx, "prdo", policy.Unordered))
	for range 2 {
		all, err := d.Resources(d.ctx)
		if d.check(err); len(all) != 0 {
			t.Errorf("there are still %v", all)
		}
		d.restart()
	}
}

func TestResourcesAreListed(t *testing.T) {
	d := begin(t, 9)
	d.check(d.SetMode(d.ctx, "prod", policy.OldestFirst))
	d.check(d.SetMode(d.ctx, "spare", policy.NewestFirst))
	d.built(3, 1, 2)
	d.next(deploy(1))
	all, err := d.Resources(d.ctx)
	d.check(err)
	var got []string
	for _, r := range all {
		line := fmt.Sprintf("%s %s:", r.Name, r.Mode)
		if r.Holder != nil {
			line += fmt.Sprintf(" %s/%s/%s %s;", r.Holder.Run.Name, r.Holder.Stage, r.Holder.Step, r.Holder.Status)
		}
		for _, c := range r.Waiting {
			line += fmt.Sprintf(" %s %s", c.Run.Name, c.Status)
		}
		got = append(got, line)
	}
	want := "prod oldest_first: nightly/1/deploy/deploy running; nightly/2 waiting_for_resource nightly/3 created | spare newest_first:"
	if text := strings.Join(got, " | "); text != want {
		t.Errorf("%s, want %s", text, want)
	}
}

// A run with many steps in a resource group has one place in its line, and they
// get the group in the order of the plan.
func TestARunHasOnePlaceInTheLineOfAGroup(t *testing.T) {
	d := begin(t, 9)
	q := request("", "a", "b", "c", "d")
	for i := range q.Plan.Steps {
		q.Plan.Steps[i].ResourceGroup = "prod"
	}
	first, second := d.startOf(q), d.startOf(q)
	for _, r := range []store.Run{first, second} {
		for _, step := range []string{"a", "b", "c", "d"} {
			a := d.next(fmt.Sprintf("nightly/%d/stage/%s/1", r.ID, step))
			d.idle()
			d.check(d.ask(d.ctx, func(t *turn) error {
				g := t.groups["prod"]
				for _, fault := range g.misled("prod") {
					d.Error(fault)
				}
				return nil
			}))
			a.end(run.Success)
		}
	}
	d.settled(second.ID)
	d.nothingIsLeft()
}

// A step whose run goes on has its group at once, beside whoever got it meanwhile.
// Nobody gets it before both are over, whichever of the two ends first.
func TestAGroupThatTwoStepsHaveIsFreeWhenBothAreOver(t *testing.T) {
	for _, firstOut := range []int{0, 1} {
		d := begin(t, 9)
		q := request("", "child")
		q.Plan.Steps[0].Downstream, q.Plan.Steps[0].ResourceGroup = run.StrategyDepend, "prod"
		d.startOf(q)
		d.next("nightly/2/stage/own/1").end(run.Success)
		d.settled(1)
		d.startOf(q)
		second := d.next("nightly/4/stage/own/1")
		d.check(d.Act(d.ctx, 2, retry(0)))
		works := []*attempt{d.next("nightly/2/stage/own/2"), second}
		d.startOf(q)
		if got := d.statuses(1, 3, 5); got != "[running running waiting_for_resource]" {
			t.Errorf("the runs are %s", got)
		}
		works[firstOut].end(run.Success)
		d.settled([]uint64{1, 3}[firstOut])
		if d.idle(); d.status(5) != "waiting_for_resource" {
			t.Errorf("beside one that still has the group the third is %s", d.status(5))
		}
		works[1-firstOut].end(run.Success)
		d.next("nightly/6/stage/own/1").end(run.Success)
		d.settled(5)
		d.nothingIsLeft()
	}
}

// A step that mirrors a run which waits for a person is manual, and yet at work.
func TestABlockedStepKeepsItsResourceGroup(t *testing.T) {
	d := begin(t, 9)
	d.machine.ask()
	q := request("", "child")
	q.Plan.Values.Inputs = map[string]any{"manual": true}
	q.Plan.Steps[0].Downstream, q.Plan.Steps[0].ResourceGroup = run.StrategyMirror, "prod"
	d.startOf(q)
	(<-d.machine.spawns)()
	other := request("", "own")
	other.Plan.Steps[0].ResourceGroup = "prod"
	d.startOf(other)
	for range 2 {
		if got := d.statuses(1, 2, 3); got != "[manual manual waiting_for_resource]" {
			t.Fatalf("the runs are %s", got)
		}
		all, err := d.Resources(d.ctx)
		if d.check(err); len(all) != 1 || all[0].Holder == nil || all[0].Holder.Run.ID != 1 || all[0].Holder.Status != run.Manual {
			t.Errorf("the groups are %+v", all)
		}
		d.verify()
		d.restart()
	}
	d.check(d.Act(d.ctx, 2, play(0)))
	work := d.next("nightly/2/stage/own/1")
	d.idle()
	work.end(run.Success)
	d.next("nightly/3/stage/own/1").end(run.Success)
	for id := uint64(1); id <= 3; id++ {
		d.settled(id)
	}
	d.nothingIsLeft()
}
