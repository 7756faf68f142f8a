package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/expression"
)

// connect resolves what each step needs and reads.
func (r *resolver) connect() {
	for i := range r.plan.Steps {
		c := connection{resolver: r, step: i, seen: map[int]bool{}}
		for _, need := range r.readings[i].needs {
			r.plan.Steps[i].Needs = append(r.plan.Steps[i].Needs, c.need(&need)...)
		}
		clear(c.seen)
		for _, ref := range r.readings[i].reads {
			r.plan.Steps[i].After = append(r.plan.Steps[i].After, c.read(ref)...)
		}
		if r.edges > maxEdges {
			r.refuse(TooLarge, "the steps of the run need each other more than %d times", maxEdges)
			return
		}
	}
}

// connection finds what one step waits for.
type connection struct {
	*resolver
	step int
	seen map[int]bool
}

func (c *connection) refuse(format string, args ...any) {
	at := c.readings[c.step].place
	c.resolver.refuse(BadNeed, "%s"+format, append([]any{at.name}, args...)...)
	c.problems[len(c.problems)-1].step = c.step
}

// need lists the steps that a need means, each once.
func (c *connection) need(need *config.Need) (found []int) {
	to, ok := c.steps[need.Step]
	if !ok {
		c.refuse("it needs the step %q, which does not exist", need.Step)
		return nil
	}
	meant, ok := c.meant(need, to)
	if !ok {
		return nil
	}
	for _, k := range meant {
		switch {
		case to.places[k] >= 0:
			found = c.add(found, to.places[k])
		case !need.Optional:
			c.refuse("it needs %q, which is not in the run (%s); optional = true lets it do without", to.name(k), to.why[k])
			return found
		}
	}
	return found
}

func (c *connection) add(found []int, step int) []int {
	if c.seen[step] {
		return found
	}
	c.seen[step] = true
	c.edges++
	return append(found, step)
}

// name is what people call a cell of the step, or itself.
func (t *target) name(k int) string {
	if len(t.cells) > 0 {
		return t.cells[k].Name
	}
	return t.definition.Name
}

// meant lists the cells that a need selects, or 0 for a step that is one.
func (c *connection) meant(need *config.Need, to *target) (cells []int, ok bool) {
	if need.Cell > 0 {
		if need.Cell > len(to.places) {
			c.refuse("it needs cell %d of %q, which has %d", need.Cell, need.Step, len(to.places))
			return nil, false
		}
		return []int{need.Cell - 1}, true
	}
	if need.Matrix == nil {
		return to.all(), true
	}
	entries, ok := c.selection(need)
	if !ok {
		return nil, false
	}
	for _, entry := range entries {
		chosen := to.choose(entry)
		if len(chosen) == 0 && !need.Optional {
			c.refuse("it needs cells of %q, of which none has %s", need.Step, describe(entry))
			ok = false
		}
		cells = append(cells, chosen...)
	}
	slices.Sort(cells)
	return slices.Compact(cells), ok
}

// selection is the cells that a need asks for, with the axes of the step that
// needs them filled in.
func (c *connection) selection(need *config.Need) (entries []map[string][]string, ok bool) {
	problems := len(c.problems)
	for _, entry := range need.Matrix {
		filled := map[string][]string{}
		for axis, values := range entry {
			for _, v := range values {
				text, _ := c.text("needs", v, c.readings[c.step].place)
				filled[axis] = append(filled[axis], text)
			}
		}
		entries = append(entries, filled)
	}
	return entries, len(c.problems) == problems
}

// describe writes a selection as OS = linux, ARCH = amd64 or arm64.
func describe(entry map[string][]string) string {
	var all []string
	for axis, values := range entry {
		all = append(all, axis+" = "+strings.Join(values, " or "))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// read lists the step whose output is read, if it is not listed already.
func (c *connection) read(ref expression.Reference) []int {
	to, k, ok := c.find(ref.Step)
	switch {
	case !ok:
		c.refuse("it reads the output %s of %q, which does not exist", ref.Output, ref.Step)
		return nil
	case k < 0:
		c.refuse("it reads the output %s of %q, which is %d steps: name one of them, as in steps[%q].outputs.%s",
			ref.Output, ref.Step, len(to.cells), address(ref.Step, 1), ref.Output)
		return nil
	}
	if why := c.missing(to, k); why != "" && !ref.Optional && c.plan.Steps[c.step].Skip == "" {
		c.refuse("it reads the output %s of %q, which %s; ?? gives it a default", ref.Output, ref.Step, why)
		return nil
	}
	if to.places[k] < 0 {
		return nil
	}
	return c.add(nil, to.places[k])
}

// missing is why a step will have no outputs, "" where it may have.
func (c *connection) missing(to *target, k int) string {
	if to.places[k] < 0 {
		return "is not in the run (" + to.why[k] + ")"
	}
	if skip := c.plan.Steps[to.places[k]].Skip; skip != "" {
		return "is left out (" + skip + ")"
	}
	return ""
}

// find is the step, and the cell of it, that a placeholder names; cell -1 if
// it names none of several.
func (c *connection) find(name string) (to *target, cell int, ok bool) {
	if to, ok := c.steps[name]; ok {
		if len(to.cells) > 1 {
			return to, -1, true
		}
		return to, 0, true
	}
	at := strings.LastIndexByte(name, '@')
	if at < 0 {
		return nil, 0, false
	}
	number, err := strconv.Atoi(name[at+1:])
	to, ok = c.steps[name[:at]]
	if err != nil || !ok || number < 1 || number > len(to.cells) {
		return nil, 0, false
	}
	return to, number - 1, true
}
