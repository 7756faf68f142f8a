package run

import (
	"fmt"
	"time"
)

// Explanation says why something stands as it does, down to what caused it.
type Explanation struct {
	Subject string // compile, or nightly/42 for a run; "" where Text speaks for several
	Step    int    // of the plan; -1 where it is no single step
	Status  Status
	Since   time.Time // of the status; zero: unknown
	Text    string    // why, as the rest of a sentence about the subject
	Release string    // what would let it go on; "" where nothing holds it
	Causes  []Explanation
}

// Why explains step i from the same functions that decide it. The causes of a
// step that waits are what it waits for, those of one that was skipped or
// canceled what made it so, each with causes of its own; a step that was named
// before is not explained again. Of one that has begun, what admitted it, and
// for what it waited then.
func (r *Run) Why(i int) Explanation {
	e := explaining{Run: r, named: map[int]bool{}}
	x := e.step(i)
	x.Causes = append(e.admission(i), x.Causes...)
	return x
}

// WhyRun explains the status of the run by the steps that make it.
func (r *Run) WhyRun() Explanation {
	e := explaining{Run: r, named: map[int]bool{}}
	x := Explanation{
		Subject: Name(r.Plan.Pipeline, r.Plan.Number), Step: -1,
		Status: r.State.Status, Since: r.State.Since, Text: e.runText(),
	}
	if r.State.Held {
		x.Release = "it goes on when its turn comes"
		return x
	}
	x.Causes = e.steps(e.making())
	if !r.Complete() {
		x.Release = "it goes on with its steps"
	}
	return x
}

// explaining is an explanation under way.
type explaining struct {
	*Run
	named map[int]bool
}

// What is told is bounded: causes of one thing one by one, and things in all.
const (
	maxCauses = 10
	maxTold   = 200
)

// steps explains some steps, those that explain most first.
func (e *explaining) steps(of []int) (all []Explanation) {
	for n, i := range of {
		if n == maxCauses {
			return append(all, Explanation{Step: -1, Text: fmt.Sprintf("and %d more", len(of)-n)})
		}
		all = append(all, e.step(i))
	}
	return all
}

func (e *explaining) step(i int) Explanation {
	s := &e.Steps[i]
	x := Explanation{Subject: e.Plan.Steps[i].Name, Step: i, Status: s.Status, Since: s.Since}
	x.Text, x.Release = e.text(i), e.releases(i)
	if !e.named[i] && len(e.named) < maxTold {
		e.named[i] = true
		x.Causes = e.causes(i)
	}
	return x
}
