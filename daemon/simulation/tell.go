package simulation

import (
	"fmt"

	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// Run is how the run stands, in the words of the protocol.
func (w *World) Run() *rpc.Run {
	p := w.plan
	s := account.Summary(&w.run.State, w.now)
	s.Name, s.ID, s.Number = run.Name(p.Pipeline, p.Number), p.RunID, p.Number
	s.Pipeline, s.Revision = p.Pipeline, p.Values.Revision
	s.Cause = rpc.Cause{Source: p.Values.Source, Actor: p.Values.Actor}
	return &rpc.Run{
		RunSummary: s, Message: account.Message(&w.run.State), Inputs: p.Values.Inputs, Variables: p.Values.Variables,
		Sequence: w.run.State.Sequence, Stages: account.Stages(w.run), Absent: account.Absent(p),
	}
}

// Why says why the step that a name means, or with "" the run, is as it is. Of
// the name of a matrix it tells all cells.
func (w *World) Why(name string) (*rpc.Explanation, error) {
	if name == "" {
		x := w.explain(w.run.WhyRun())
		return &x, nil
	}
	steps, err := w.find([]string{name})
	if err != nil {
		return nil, err
	}
	if len(steps) == 1 {
		x := w.explain(w.run.Why(steps[0]))
		return &x, nil
	}
	x := rpc.Explanation{Subject: name, Text: fmt.Sprintf("it is %d steps", len(steps))}
	for _, i := range steps {
		x.Causes = append(x.Causes, w.explain(w.run.Why(i)))
	}
	return &x, nil
}

// Reason says in a line why a step is as it is; "" of one that is not in the
// run.
func (w *World) Reason(name string) string {
	steps, err := w.find([]string{name})
	if err != nil {
		return ""
	}
	return w.run.Why(steps[0]).Text
}

func (w *World) explain(x run.Explanation) rpc.Explanation {
	told := rpc.Explanation{
		Subject: w.subject(x), Status: string(x.Status), Since: account.Moment(x.Since), Text: x.Text, Release: x.Release,
	}
	for _, cause := range x.Causes {
		told.Causes = append(told.Causes, w.explain(cause))
	}
	return told
}

// subject names a step with its stage.
func (w *World) subject(x run.Explanation) string {
	if x.Step < 0 {
		return x.Subject
	}
	return w.plan.Stages[w.plan.Steps[x.Step].Stage].Name + "/" + x.Subject
}
