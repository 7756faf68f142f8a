package plan_test

import (
	"fmt"
	"strconv"
	"strings"
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

// net is a pipeline of 51 layers of 5×width cells, each of which needs five
// cells of the layer before it.
func net(b *testing.B, width int) *config.Pipeline {
	var text strings.Builder
	rows := make([]string, width)
	for i := range rows {
		rows[i] = strconv.Itoa(i)
	}
	text.WriteString("name = \"net\"\n")
	for k := range 51 {
		fmt.Fprintf(&text, "[[stage]]\nname = \"l%d\"\n[[stage.step]]\nname = \"s%d\"\nuses = \"sleep\"\n", k, k)
		fmt.Fprintf(&text, "matrix = { ROW = [%s], COLUMN = [0, 1, 2, 3, 4] }\n", strings.Join(rows, ", "))
		if k > 0 {
			fmt.Fprintf(&text, "needs = [{ step = \"s%d\", matrix = [{ ROW = \"{{ matrix.ROW }}\" }] }]\n", k-1)
		}
	}
	source, err := config.ParsePipeline("net.toml", []byte(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	return &source.Pipeline
}

// Ten times the cells cost ten times as much, not a hundred times.
func BenchmarkResolveCells(b *testing.B) {
	for _, width := range []int{4, 40} {
		p, steps := net(b, width), 255*width
		b.Run(fmt.Sprintf("steps=%d/needs=%d", steps, 1250*width), func(b *testing.B) {
			for b.Loop() {
				if r, err := plan.Resolve(p, plan.Request{}); err != nil || len(r.Steps) != steps {
					b.Fatalf("%d steps, %v", len(r.Steps), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(steps), "ns/step")
		})
	}
}
