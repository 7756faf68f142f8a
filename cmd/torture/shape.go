package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// shape is a pipeline of the load and how each of its runs must end.
type shape struct {
	name    string
	clients int // that keep one run of it going
	cancel  bool
	plays   []string // steps that a client plays when they wait for it
	cancels []string // steps that a client cancels when they run
	cut     bool     // steps of it are ended in the midst of their work
	status  string
	text    strings.Builder
	current string // stage
	steps   []wanted
	bounds  bounds
	periods map[string]time.Duration // of the schedules that start it, by their triggers
	dates   map[string]bool          // of these schedules: whether they are due inside of the calendar, or outside
	follows map[string]string        // pipelines whose ends start it, by triggers of their names, and how they end
}

// wanted is how a step must end.
type wanted struct {
	stage, name string
	status      string
	after       []string // steps that end before it begins
	attempts    int      // of which all but the last fail; 0 is one
	child       *shape   // of the run that it stands for; nil: it works itself
}

// shapes is the load. The program is the path of this one.
func (w *world) shapes() []*shape {
	program, effects := w.path("bin", "torture"), w.path("effects")
	chain := newShape("chain", "serial", effects, 6)
	chain.stage("s")
	for i := range 6 {
		chain.step(fmt.Sprintf("c%d", i), command(program, 0, 8<<10, 0), "success", chain.before(i)...)
	}
	fan := newShape("fan", "parallel", effects, 2)
	fan.stage("out")
	for i := range 6 {
		fan.step(fmt.Sprintf("f%d", i), command(program, 0, 2<<10, 0), "success")
	}
	fan.stage("in")
	fan.step("early", "needs = [\"f0\"]\n"+command(program, 0, 2<<10, 0), "success", "f0")
	fan.step("join", command(program, 0, 2<<10, 0), "success", "f0", "f1", "f2", "f3", "f4", "f5")
	long := newShape("long", "parallel", effects, 4)
	long.stage("s")
	for i := range 12 {
		last := 3*time.Second + time.Duration(i)*250*time.Millisecond
		long.step(fmt.Sprintf("l%d", i), script(program, last, 32<<10), "success")
	}
	flood := newShape("flood", "parallel", effects, 1)
	flood.stage("s")
	flood.step("flood", command(program, 500*time.Millisecond, 2<<20, 0), "success")
	broken := newShape("broken", "parallel", effects, 1)
	broken.status = "failed"
	broken.stage("good")
	broken.step("a", command(program, 0, 1<<10, 0), "success")
	broken.stage("bad")
	broken.step("b", command(program, 0, 1<<10, 7), "failed", "a")
	broken.stage("never")
	broken.step("c", command(program, 0, 1<<10, 0), "skipped")
	all := []*shape{chain, fan, long, flood, broken, canceled(program, effects)}
	return slices.Concat(all, steered(program, effects), w.started(program, effects))
}

func canceled(program, effects string) *shape {
	s := newShape("canceled", "parallel", effects, 1)
	s.status, s.cancel, s.cut = "canceled", true, true
	s.stage("s")
	s.step("x", script(program, time.Hour, 1<<10), "canceled")
	s.step("y", command(program, time.Hour, 1<<10, 0), "canceled")
	return s
}

func newShape(name, order, effects string, clients int) *shape {
	s := &shape{name: name, clients: clients, status: "success"}
	s.begin(order, effects, "")
	return s
}

// begin writes the top of the text, with more keys.
func (s *shape) begin(order, effects, keys string) {
	s.text.Reset()
	fmt.Fprintf(&s.text, "name = %q\norder = %q\n%s[variables]\n%s = %q\n", s.name, order, keys, effectsVariable, effects)
}

func (s *shape) stage(name string) {
	fmt.Fprintf(&s.text, "[[stage]]\nname = %q\n", name)
	s.current = name
}

// step adds a step to the current stage.
func (s *shape) step(name, with, status string, after ...string) {
	fmt.Fprintf(&s.text, "[[stage.step]]\nname = %q\nuses = \"shell\"\n%s\n", name, with)
	s.steps = append(s.steps, wanted{stage: s.current, name: name, status: status, after: after})
}

// before is the steps of a chain before its ith.
func (s *shape) before(i int) []string {
	if i == 0 {
		return nil
	}
	return []string{s.steps[i-1].name}
}

func command(program string, last time.Duration, size, exit int) string {
	return fmt.Sprintf("with = { command = %q, args = [\"step\", \"-for\", %q, \"-bytes\", \"%d\", \"-exit\", \"%d\"] }",
		program, last, size, exit)
}

// script does the work in a child of the step's main process.
func script(program string, last time.Duration, size int) string {
	return fmt.Sprintf("with = { script = \"'%s' step -for %s -bytes %d & wait $!\" }", program, last, size)
}

// attempt is the name of the step's nth attempt in a run.
func (w wanted) attempt(run string, n int) string {
	return fmt.Sprintf("%s/%s/%s/%d", run, w.stage, w.name, n)
}

// tries is how many attempts the step has.
func (w wanted) tries() int { return max(w.attempts, 1) }

func (w wanted) waitsFor(step string) bool { return slices.Contains(w.after, step) }
