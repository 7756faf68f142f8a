package run

import (
	"fmt"
	"testing"
	"time"
)

// wide is a plan of n steps in ten stages, each step but those of the first with
// five or six needs in the stage before: 5n of them in all.
func wide(n int) *Plan {
	p := &Plan{Pipeline: "wide", Number: 1}
	for k := range 10 {
		p.Stages = append(p.Stages, PlanStage{Name: fmt.Sprint("stage", k)})
	}
	for i := range n {
		s := PlanStep{Name: fmt.Sprint("s", i), Stage: i * 10 / n, HasNeeds: true}
		for k := range needs(i) {
			if before := i - n/10; before >= 0 {
				s.Needs = append(s.Needs, (before+k*7)%(n/10)+(before/(n/10))*(n/10))
			}
		}
		p.Steps = append(p.Steps, s)
	}
	return p
}

// needs makes an average of 5⁵⁄₉: nine stages of ten have any.
func needs(i int) int {
	if i%9 < 5 {
		return 6
	}
	return 5
}

// BenchmarkRun creates a run and processes it to its end: 10,000 steps must
// cost ten times what 1,000 do.
func BenchmarkRun(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		p := wide(n)
		b.Run(fmt.Sprintf("create/steps=%d/needs=%d", n, 5*n), func(b *testing.B) {
			for b.Loop() {
				New(p, time.Time{}, false)
			}
		})
		b.Run(fmt.Sprintf("process/steps=%d/needs=%d", n, 5*n), func(b *testing.B) {
			for b.Loop() {
				process(b, p)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/step")
		})
	}
}

func process(b *testing.B, p *Plan) {
	r, c := New(p, time.Time{}, false)
	for ready := c.Ready; len(ready) > 0; ready = ready[1:] {
		i := ready[0]
		for _, ev := range []Event{
			Begin{Step: i}, Ended{Step: i, Attempt: 1, Outcome: Outcome{Status: Success}}, Sealed{Step: i, Attempt: 1},
		} {
			c, err := r.Apply(ev)
			if err != nil {
				b.Fatal(err)
			}
			ready = append(ready, c.Ready...)
		}
	}
	if r.State.Status != Success {
		b.Fatalf("the run is %s", r.State.Status)
	}
}
