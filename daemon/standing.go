package daemon

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/account"
	"github.com/penstock/penstock/daemon/engine"
	"github.com/penstock/penstock/daemon/run"
	"github.com/penstock/penstock/rpc"
)

// standingWith adds to what a run says of itself where it stands among others.
type standingWith struct {
	plan      *run.Plan
	createdAt time.Time // of the run: since then a step is created that has no other time
	within    string    // stands before the names of the steps: of another run than the one that was asked, its name and a /
	engine.Standing
}

// explanation is x with that; below adds what is to be said of a step beside.
func (s standingWith) explanation(x run.Explanation, below func(step int) rpc.Causes) rpc.Explanation {
	e := rpc.Explanation{
		Subject: x.Subject, Status: string(x.Status), Since: account.Moment(x.Since), Text: x.Text, Release: x.Release,
	}
	if x.Status == run.Created && x.Since.IsZero() {
		e.Since = account.Moment(s.createdAt)
	}
	if x.Step >= 0 {
		e.Subject = s.within + s.plan.Stages[s.plan.Steps[x.Step].Stage].Name + "/" + s.plan.Steps[x.Step].Name
		s.among(&e, x.Step, x.Status)
	} else if s.Line != nil && x.Release != "" { // it is the run: of others that are no step nothing is to be released
		s.inLine(&e)
	}
	for _, cause := range x.Causes {
		e.Causes = append(e.Causes, s.explanation(cause, below))
	}
	if x.Step >= 0 {
		e.Causes = append(e.Causes, below(x.Step)...)
	}
	return e
}

// among adds what holds a step that others hold.
func (s standingWith) among(e *rpc.Explanation, step int, status run.Status) {
	switch status {
	case run.Created:
		if s.Line != nil {
			s.inLine(e)
		}
	case run.WaitingForResource:
		for _, g := range s.Groups {
			if g.Name == s.plan.Steps[step].ResourceGroup {
				s.inGroup(e, g, step)
			}
		}
	case run.Pending:
		if n, ok := s.Before[step]; ok {
			e.Text += fmt.Sprintf(": %d of %d are taken, and %s", s.Places.Taken, s.Places.All, before(n))
		}
	}
}

func before(n int) string {
	switch n {
	case 0:
		return "it is next"
	case 1:
		return "1 step stands before it"
	}
	return fmt.Sprintf("%d steps stand before it", n)
}

// inLine names the runs that a held run waits for.
func (s standingWith) inLine(e *rpc.Explanation) {
	e.Text += " (" + lineRule(s.Line.Overlap, s.Line.SubQueue) + ")"
	e.Causes = append(e.Causes, some(s.Line.Active, func(r engine.Reference) rpc.Explanation { return other(r, "it is not over") })...)
	e.Causes = append(e.Causes, some(s.Line.Before, func(r engine.Reference) rpc.Explanation { return other(r, "its turn comes before") })...)
}

func other(r engine.Reference, text string) rpc.Explanation {
	return rpc.Explanation{Subject: r.Name, Status: string(r.Status), Text: text}
}

// maxOthers bounds how many of those are told one by one that hold something in
// the same way.
const maxOthers = 10

// some tells the first of many, and how many more there are.
func some[T any](many []T, tell func(T) rpc.Explanation) (told rpc.Causes) {
	for n, one := range many {
		if n == maxOthers {
			return append(told, rpc.Explanation{Text: fmt.Sprintf("and %d more", len(many)-n)})
		}
		told = append(told, tell(one))
	}
	return told
}

// lineRule is what makes runs of a line wait.
func lineRule(o config.Overlap, subQueue string) string {
	rule := fmt.Sprintf("overlap = %q, limit %d", o.Policy, o.Limit)
	if subQueue != "" {
		rule += ", sub-queue " + subQueue
	}
	return rule
}

// inGroup names the step that has a resource group, and those that stand in
// line before one that waits for it.
func (s standingWith) inGroup(e *rpc.Explanation, g engine.Resource, step int) {
	e.Text += fmt.Sprintf(" (mode %s)", g.Mode)
	if g.Holder != nil {
		e.Causes = append(e.Causes, claimant(*g.Holder, "it has the group"))
	}
	place := slices.IndexFunc(g.Waiting, func(c engine.Claimant) bool { return c.Run.ID == s.plan.RunID && c.Step == s.plan.Key(step) })
	before := g.Waiting[:max(0, place)]
	e.Causes = append(e.Causes, some(before, func(c engine.Claimant) rpc.Explanation { return claimant(c, "it stands before it in line") })...)
}

func claimant(c engine.Claimant, text string) rpc.Explanation {
	return rpc.Explanation{Subject: strings.Join([]string{c.Run.Name, c.Stage, c.Step}, "/"), Status: string(c.Status), Text: text}
}
