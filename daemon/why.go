package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// RunWhy says why a run, or a step of it, is as it is; of a run also who wanted
// it.
func (d *Daemon) RunWhy(ctx context.Context, q *rpc.RunWhyRequest) (*rpc.Explanation, error) {
	r, err := d.found(q.Run)
	if err != nil {
		return nil, err
	}
	x, err := d.why(ctx, r.ID, q)
	if err != nil {
		return nil, err
	}
	f := following{Daemon: d, left: maxFollowed}
	answer := f.tell(ctx, x)
	if q.Step == "" {
		view := d.store.View()
		defer view.Close()
		answer.Causes = slices.Insert(answer.Causes, 0, append(rpc.Causes{origin(view, &r)}, turn(&r)...)...)
	}
	return &answer, nil
}

// why asks a live run in the engine's loop, together with what concerns several
// runs: so both are of the same moment however fast the run moves. One that is
// over is asked by its record.
func (d *Daemon) why(ctx context.Context, id uint64, q *rpc.RunWhyRequest) (*statement, error) {
	for {
		var answer *statement
		var refused error
		live, err := d.engine.Look(ctx, id, func(r *run.Run, s engine.Standing) { answer, refused = tell(r, s, q.Step) })
		if err != nil {
			return nil, failure(err, fmt.Sprintf("run %q", q.Run))
		}
		if live {
			return d.renamed(answer), refused
		}
		over, err := d.restored(q.Run)
		if err != nil {
			return nil, err
		}
		if over.Complete() { // else somebody has brought it back meanwhile
			answer, err := tell(over, engine.Standing{}, q.Step)
			return d.renamed(answer), err
		}
	}
}

// restored reads a run as it stands.
func (d *Daemon) restored(name string) (*run.Run, error) {
	view := d.store.View()
	defer view.Close()
	record, _, err := findRun(view, name)
	if err != nil {
		return nil, err
	}
	r, _, err := view.Restore(record)
	return r, failure(err, fmt.Sprintf("run %q", name))
}

// statement is what a run said of itself, or of a step, in one moment, and what
// it could not know.
type statement struct {
	said run.Explanation
	name string // of the run, by the name that its pipeline has now
	standingWith
	runs map[int]*run.Downstream // for which steps of said stand that have not succeeded, by the step
}

// tell has a run explain itself, or a step, and keeps what it cannot know.
func tell(r *run.Run, s engine.Standing, step string) (*statement, error) {
	said, err := explain(r, step)
	if err != nil {
		return nil, err
	}
	x := &statement{said: said, standingWith: standingWith{plan: r.Plan, createdAt: r.State.CreatedAt, Standing: s}, runs: map[int]*run.Downstream{}}
	x.noteRuns(r, &said)
	return x, nil
}

func (x *statement) noteRuns(r *run.Run, said *run.Explanation) {
	if i := said.Step; i >= 0 {
		if a := r.Steps[i].Latest(); a != nil && a.Downstream != nil && a.Status != run.Success {
			x.runs[i] = a.Downstream
		}
	}
	for k := range said.Causes {
		x.noteRuns(r, &said.Causes[k])
	}
}

// following tells statements, and follows their steps into the runs that these
// stand for.
type following struct {
	*Daemon
	left int // how many runs may be asked yet
}

// maxFollowed bounds how many runs are asked why, for one answer.
const maxFollowed = 50

func (f *following) tell(ctx context.Context, x *statement) rpc.Explanation {
	return x.explanation(x.said, func(step int) rpc.Causes {
		child, ok := x.runs[step]
		if !ok || f.left == 0 {
			return nil
		}
		f.left--
		delete(x.runs, step) // it may be named again
		below, err := f.why(ctx, child.ID, &rpc.RunWhyRequest{Run: fmt.Sprint(child.ID)})
		if e, ok := errors.AsType[*rpc.Error](err); ok && e.Code == rpc.CodeNotFound {
			return rpc.Causes{{Text: "the run " + child.Name + " was deleted since"}}
		}
		if err != nil {
			return rpc.Causes{{Text: err.Error()}}
		}
		below.within = below.name + "/"
		return rpc.Causes{f.tell(ctx, below)}
	})
}

// explain asks a run about itself, or about a step: one that is in it, one that
// its rules left out, or several: a matrix or a stage.
func explain(r *run.Run, name string) (run.Explanation, error) {
	if name == "" {
		return r.WhyRun(), nil
	}
	steps, err := findSteps(r.Plan, []string{name})
	if absent := absentees(r.Plan, name); err != nil && len(absent) > 0 {
		return leftOut(name, absent), nil
	}
	if k := slices.IndexFunc(r.Plan.Stages, func(s run.PlanStage) bool { return s.Name == name }); k >= 0 && len(r.Plan.Find("", name)) == 0 {
		x := several(r, name, stageSteps(r.Plan, k))
		x.Status = r.StageStatus(k)
		return x, nil
	}
	if err != nil {
		return run.Explanation{}, err
	}
	if len(steps) == 1 {
		return r.Why(steps[0]), nil
	}
	return several(r, name, steps), nil
}

// stageSteps lists the steps of stage k.
func stageSteps(p *run.Plan, k int) (steps []int) {
	for i := range p.Steps {
		if p.Steps[i].Stage == k {
			steps = append(steps, i)
		}
	}
	return steps
}

// maxSeveral bounds how many steps are explained at once.
const maxSeveral = 10

// several explains steps that have one name, those that did not succeed first.
func several(r *run.Run, name string, steps []int) run.Explanation {
	x := run.Explanation{Subject: name, Step: -1, Text: fmt.Sprintf("it is %d steps", len(steps))}
	if len(steps) == 1 {
		x.Text = "it is 1 step"
	}
	succeeded := func(i int) int {
		if r.Steps[i].Status == run.Success {
			return 1
		}
		return 0
	}
	steps = slices.SortedStableFunc(slices.Values(steps), func(a, b int) int { return succeeded(a) - succeeded(b) })
	for n, i := range steps {
		if n == maxSeveral {
			x.Causes = append(x.Causes, run.Explanation{Step: -1, Text: fmt.Sprintf("and %d more", len(steps)-n)})
			break
		}
		x.Causes = append(x.Causes, r.Why(i))
	}
	return x
}

// absentees are the steps that rules left out and that a name means.
func absentees(p *run.Plan, name string) (found []run.Absent) {
	for _, a := range p.Absent {
		if own, ok := strings.CutPrefix(name, a.Stage+"/"); a.Is(name) || ok && a.Is(own) {
			found = append(found, a)
		}
	}
	return found
}

// leftOut explains steps that have one name and are not in the run.
func leftOut(name string, absent []run.Absent) run.Explanation {
	x := run.Explanation{Subject: name, Step: -1, Text: fmt.Sprintf("it is %d steps, none of which is in this run", len(absent))}
	for n, a := range absent {
		if n == maxSeveral {
			x.Causes = append(x.Causes, run.Explanation{Step: -1, Text: fmt.Sprintf("and %d more", len(absent)-n)})
			break
		}
		x.Causes = append(x.Causes, run.Explanation{Subject: a.Stage + "/" + a.Name, Step: -1, Text: "it is not in this run: " + a.Why})
	}
	if len(absent) == 1 {
		return x.Causes[0]
	}
	return x
}
