package plan_test

import (
	"fmt"
	"testing"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/plan"
)

// web is a pipeline of n steps in layers of 100, each step needing five of the
// layer before it; every tenth holds templates.
func web(n int) *config.Pipeline {
	p := &config.Pipeline{Name: "p", Type: config.Dynamic, Variables: []config.Variable{{Name: "A", Value: "{{ run.actor }}"}}}
	for i := range n {
		if i%100 == 0 {
			p.Stages = append(p.Stages, config.Stage{Name: fmt.Sprintf("s%d", i)})
		}
		step := config.Step{Name: fmt.Sprintf("a%d", i), Uses: "shell", HasNeeds: true, With: map[string]any{"script": "true"}}
		if i%10 == 0 {
			step.With["url"] = "https://host/{{ vars.A }}"
		}
		if i >= 100 {
			for k := range 5 {
				step.Needs = append(step.Needs, config.Need{Step: fmt.Sprintf("a%d", i-100+k)})
			}
			step.With["from"] = fmt.Sprintf("{{ steps.a%d.outputs.x }}", i-1)
		}
		stage := &p.Stages[len(p.Stages)-1]
		stage.Steps = append(stage.Steps, step)
	}
	return p
}

// Ten times the steps cost ten times as much.
func BenchmarkResolve(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		p := web(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := plan.Resolve(p, plan.Request{Actor: "anna"}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/step")
		})
	}
}
