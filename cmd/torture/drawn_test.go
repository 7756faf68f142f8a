package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/penstock/penstock/config"
)

// drawn is a random pipeline. Its steps do what the test tells them through
// their gates: see gates.
type drawn struct {
	*rand.Rand
	text    strings.Builder
	name    string
	stages  int
	steps   []string // named so far
	plain   []string // of them those that are one step, and not left out by a rule
	orders  bool     // which step begins, or ends, first may matter
	reader  bool     // a step reads outputs: one is enough
	timed   bool     // a time runs out by itself: one is enough
	origin  origin
	mode    string               // the input of a run that nobody gives another
	overlap config.OverlapPolicy // what is drawn of it is told by two runs; "" by one
	scarce  bool                 // there are fewer places than steps
}

// labour is what a drawn step does: it says what it was given, waits at its gate,
// and ends as it is told there.
const labour = said + `
gate="$GATES/$(echo "$PENSTOCK_ATTEMPT" | tr / +)"
mkfifo "$gate" 2>/dev/null || true
read -r code output < "$gate"
[ -z "$output" ] || echo "$output" >> "$PENSTOCK_OUTPUT"
exit "$code"
`

// said is what a drawn step does first.
const said = `
echo "$PENSTOCK_ATTEMPT $GOT $WORD" | tee -a "$MARKS"
`

// draw draws a pipeline. What it draws may be refused, by config or by plan.
func draw(random *rand.Rand, name string, g *gates, scarce bool) *drawn {
	d := &drawn{Rand: random, name: name, orders: random.IntN(5) < 2, scarce: scarce}
	d.origin = origin(d.pick(string(byCommand), string(byCommand), string(asScheduled), string(afterRun), string(byFile), string(byCall)))
	d.line("name = %q", name)
	d.line(`type = "dynamic"`)
	d.maybe(4, `order = "serial"`)
	if d.mode = d.pick("a", "b"); !scarce && d.origin == byCommand && d.IntN(3) == 0 {
		d.overlap = config.OverlapPolicy(d.pick("skip", "queue", "queue_one", "cancel"))
		d.line("overlap = %q", d.overlap)
	}
	if !d.orders && d.IntN(20) == 0 {
		d.timed = true
		d.line(`timeout = "1s"`)
	}
	if d.orders {
		d.maybe(2, "max_parallel = %d", 1+d.IntN(3))
		d.maybe(2, `auto_cancel = { on_step_failure = "all" }`)
	}
	d.line("[[input]]\nname = \"mode\"\ndefault = \"a\"\noptions = [\"a\", \"b\"]")
	d.line("[[input]]\nname = \"said\"\ndefault = \"nothing\"")
	d.trigger(g)
	d.line("[variables]\nGATES = %q\nMARKS = %q\nGOT = \"-\"\nWORD = %q", g.dir, g.marks(),
		"{{ inputs.mode }}/{{ inputs.said }}/{{ run.source }}/{{ run.actor }}/{{ run.number }}/{{ trigger.name ?? '-' }}/{{ trigger.scheduled_at ?? '-' }}")
	for range 2 + d.IntN(2) {
		d.stage()
	}
	return d
}

func (d *drawn) line(format string, args ...any) { fmt.Fprintf(&d.text, format+"\n", args...) }

// maybe writes a line one time in n.
func (d *drawn) maybe(n int, format string, args ...any) {
	if d.IntN(n) == 0 {
		d.line(format, args...)
	}
}

// pick is one of some words.
func (d *drawn) pick(words ...string) string { return words[d.IntN(len(words))] }

func (d *drawn) stage() {
	d.line("[[stage]]\nname = \"t%d\"", d.stages)
	d.stages++
	d.maybe(5, `order = %q`, d.pick("serial", "parallel"))
	d.maybe(20, "skip = true")
	for range 1 + d.IntN(4) {
		d.step()
	}
}

func (d *drawn) step() {
	name := fmt.Sprint("s", len(d.steps))
	d.line("[[stage.step]]\nname = %q", name)
	if !d.scarce && d.IntN(6) == 0 { // the steps of a child take places as well
		d.child()
	} else {
		d.line("uses = \"shell\"\nwith = { script = '''%s''' }", labour)
	}
	d.needs()
	d.when()
	d.maybe(6, "allow_failure = %s", d.pick("true", "true", "false", "{ exit_codes = [3] }", "{ exit_codes = [1, 7] }"))
	d.maybe(3, "retry = %s", d.pick("1", "2", `{ max = 1, delay = "20ms" }`, `{ max = 2, exit_codes = [3] }`,
		`{ max = 1, when = ["script_failure"], delay = "1h" }`, `{ max = 1, when = ["lost", "step_timeout"] }`))
	d.maybe(15, "skip = true")
	d.maybe(6, "resource_group = %q", d.name+"-"+d.pick("one", "two"))
	single := true
	if d.IntN(5) == 0 {
		d.cells()
		single = false
	}
	d.timeout()
	if single || !d.orders { // which cell misses an output first may matter
		d.read()
	}
	if d.IntN(5) == 0 {
		d.rules()
		single = false
	}
	d.steps = append(d.steps, name)
	if single {
		d.plain = append(d.plain, name)
	}
}

// child lets the step stand for a run of one step, which gets what the step itself would
// get. That of one for which nobody waits does not wait either.
func (d *drawn) child() {
	strategy, script := d.pick("depend", "mirror"), labour
	if !d.orders && d.IntN(3) == 0 { // it ends by itself: what else happens meanwhile may not matter
		strategy, script = "none", said
	}
	d.line("uses = \"pipeline\"\nwith = { strategy = %q, forward = { pipeline_variables = %v }, inline = %q }", strategy, d.IntN(2) == 0,
		"type = \"dynamic\"\n[[stage]]\nname = \"c\"\n[[stage.step]]\nname = \"x\"\nuses = \"shell\"\nwith = { script = '''"+script+"''' }\n")
}

func (d *drawn) needs() {
	if d.IntN(3) > 0 {
		return
	}
	var needs []string
	for _, s := range d.steps {
		if d.IntN(2) == 0 {
			needs = append(needs, d.pick(fmt.Sprintf("%q", s), fmt.Sprintf("{ step = %q, optional = true }", s)))
		}
	}
	d.line("needs = [%s]", strings.Join(needs, ", "))
}

func (d *drawn) when() {
	switch n := d.IntN(16); {
	case n < 2:
		d.line(`when = "on_failure"`)
	case n < 4:
		d.line(`when = "always"`)
	case n < 6:
		d.line(`when = "manual"`)
		d.maybe(3, `manual_confirmation = "Sure?"`)
	case n == 6:
		d.line("when = \"delayed\"\nstart_in = %q", d.pick("1s", "1h", "1w"))
	}
}

func (d *drawn) cells() {
	d.line("%s", d.pick("parallel = 2", `matrix = { V = ["x", "y", "z"] }`, `matrix = [{ V = "x", W = ["u", "v"] }, { V = "y", W = "u" }]`))
	if d.orders {
		d.maybe(2, "max_parallel = %d", 1+d.IntN(2))
		d.maybe(2, "fail_fast = true")
	}
}

// timeout gives a step less time than it takes, or than it may have to wait, where it
// does not matter what else happens meanwhile.
func (d *drawn) timeout() {
	if d.timed || d.orders || d.IntN(8) > 0 {
		return
	}
	d.timed = true
	if d.scarce || d.IntN(2) == 0 { // where places are scarce nobody knows who waits for long
		d.line(`timeout = "1s"`)
	} else {
		d.line(`waiting_timeout = "1s"`)
	}
}

func (d *drawn) read() {
	if !d.reader && len(d.plain) > 0 && d.IntN(3) == 0 {
		d.reader = true
		d.line("variables = { GOT = \"{{ steps.%s.outputs.k }}\" }", d.pick(d.plain...))
	}
}

func (d *drawn) rules() {
	d.line("rule = [{ if = '%s', %s }%s]",
		d.pick(`inputs.mode == "b"`, `inputs.mode == "a"`, `run.source == "command" and run.actor != "nobody"`, `run.source == "subscription"`, `(trigger.name ?? "") == "in"`),
		d.pick(`when = "never"`, `when = "manual"`, `when = "on_failure"`, "allow_failure = true", `variables = { WORD = "rule" }`, "needs = []"),
		d.pick("", `, { when = "always" }`, `, { allow_failure = true }`))
}
