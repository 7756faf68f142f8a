package ctl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
	"github.com/penstock/penstock/rpc"
)

const walkHelp = `ok [STEP...] [KEY=VALUE]  it ends well, with outputs; without a name all that could
fail STEP... [HOW]        it fails; HOW is an exit code or a reason such as lost
run STEP...               it begins to work
play STEP...              a person begins a manual or delayed step
unschedule STEP...        a delayed step waits for a person
cancel [STEP...]          a person cancels it, or the run
retry [STEP...]           again; without a name all that failed or was canceled
pause STEP..., resume STEP...
wait DURATION             time passes: delays end, timeouts come
if EVENT                  what would happen: one of the above, and nothing is changed
why [STEP]                why it is as it is
show                      the whole run
undo                      take the last event back
quit

A name with spaces stands in double quotes: ok "test: [linux, arm64]".
The name of a matrix means all of its cells.
`

// errQuit ends a walk.
var errQuit = errors.New("quit")

// walker goes through a run by hand.
type walker struct {
	*app
	sim         Simulation
	interactive bool // a person is at the other end
}

// style has the time, and the zone, of the run's world.
func (w *walker) style() render.Style {
	s := w.app.style()
	s.Now, s.Zone = w.sim.Now(), w.sim.Now().Location()
	return s
}

// walk reads what happens to a run line by line and says what comes of it.
func (a *app) walk(ctx context.Context, sim Simulation) error {
	w := &walker{app: a, sim: sim, interactive: screenOf(a.Stdin).terminal()}
	if err := w.print(w.style().Simulated(sim.Run())); err != nil {
		return err
	}
	lines := newLines(a.Stdin)
	for number := 1; ; number++ {
		w.ask()
		text, ok, err := lines.next(ctx)
		if err != nil || !ok {
			return err
		}
		if err = w.line(text); errors.Is(err, errQuit) {
			return nil
		}
		switch {
		case err != nil && !w.interactive:
			return usagef("line %d: %w", number, err)
		case err != nil:
			a.notice("%s", err)
		}
	}
}

// ask shows a person that it is their turn.
func (w *walker) ask() {
	if w.interactive {
		fmt.Fprint(w.Stderr, "> ")
	}
}

// line performs one line of a walk.
func (w *walker) line(text string) error {
	words, err := fields(text)
	if err != nil || len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return err
	}
	word, args := words[0], words[1:]
	switch word {
	case "?", "help":
		return w.print(walkHelp)
	case "quit", "exit":
		return errQuit
	case "show":
		return w.print(w.style().Simulated(w.sim.Run()))
	case "why":
		return w.why(args)
	case "undo":
		return w.undo()
	case "if":
		return w.suppose(args)
	}
	return w.happen(word, args)
}

func (w *walker) why(args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("why wants one step, or none for the run")
	}
	x, err := w.sim.Why(strings.Join(args, ""))
	if err != nil {
		return err
	}
	return w.print(w.style().Explanation(*x))
}

func (w *walker) undo() error {
	before := w.sim.Run()
	if !w.sim.Undo() {
		return fmt.Errorf("nothing has happened yet")
	}
	return w.tell(before)
}

// suppose says what an event would change, and takes it back.
func (w *walker) suppose(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("if wants an event, such as: if fail compile")
	}
	err := w.happen(args[0], args[1:])
	if err == nil {
		w.sim.Undo()
	}
	return err
}

// happen lets something happen and says what changed.
func (w *walker) happen(word string, args []string) error {
	before := w.sim.Run()
	if err := w.event(word, args); err != nil {
		return err
	}
	return w.tell(before)
}

func (w *walker) event(word string, args []string) error {
	switch word {
	case "ok", "success":
		return w.succeed(word, args)
	case "fail", "drop":
		return w.fail(word, args)
	case "run":
		return w.onSteps(word, args, func() error { return w.sim.Begin(args) })
	case "wait":
		return w.wait(args)
	case "cancel", "retry":
		return w.act(word, args)
	case "play", "unschedule", "pause", "resume", "enqueue":
		return w.onSteps(word, args, func() error { return w.act(word, args) })
	}
	return fmt.Errorf("there is no %q; ? shows what there is", word)
}

func (w *walker) act(word string, steps []string) error {
	return w.sim.Do(config.Act{Do: word, Steps: steps, Actor: "you"})
}

// onSteps wants an event to name steps.
func (w *walker) onSteps(word string, steps []string, do func() error) error {
	if len(steps) == 0 {
		return fmt.Errorf("%s wants the name of a step", word)
	}
	return do()
}

// succeed reads the outputs from the end of what was typed.
func (w *walker) succeed(word string, args []string) error {
	o := config.Outcome{Status: "success", Outputs: map[string]string{}}
	for n := len(args) - 1; n >= 0; n-- {
		key, value, ok := strings.Cut(args[n], "=")
		if !ok {
			break
		}
		o.Outputs[key], args = value, args[:n]
	}
	if len(args) == 0 {
		args = movable(w.sim.Run())
	}
	if len(args) == 0 {
		return fmt.Errorf("%s: nothing is pending or at work", word)
	}
	return w.sim.End(args, o)
}

// failureReasons are the words that may stand behind fail. A step of such a
// name is meant by its address only.
var failureReasons = []string{"script_failure", "step_timeout", "stuck_or_timeout", "plugin_failure", "plugin_missing", "missing_dependency", "lost"}

// fail reads how it fails from the end of what was typed.
func (w *walker) fail(word string, args []string) error {
	one := 1
	o := config.Outcome{Status: "failed", Reason: "script_failure", ExitCode: &one}
	if n := len(args) - 1; n > 0 {
		if code, err := strconv.Atoi(args[n]); err == nil {
			o.ExitCode, args = &code, args[:n]
		} else if slices.Contains(failureReasons, args[n]) {
			o.Reason, o.ExitCode, args = args[n], nil, args[:n]
		}
	}
	return w.onSteps(word, args, func() error { return w.sim.End(args, o) })
}

func (w *walker) wait(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("wait wants a duration, such as: wait 10m")
	}
	d, err := config.ParseDuration(args[0])
	if err != nil {
		return fmt.Errorf("%q is no duration: want one such as 90s or 1h30m", args[0])
	}
	return w.sim.Wait(d)
}

// movable are the steps that could end now.
func movable(run *rpc.Run) (names []string) {
	for _, stage := range run.Stages {
		for _, step := range stage.Steps {
			if step.Status == "pending" || step.Status == "running" {
				names = append(names, step.Name)
			}
		}
	}
	return names
}

// tell says what has changed since before, and why.
func (w *walker) tell(before *rpc.Run) error {
	run := w.sim.Run()
	changes := changesOf(before, run)
	for i := range changes {
		changes[i].Why = w.sim.Reason(changes[i].Step)
	}
	return w.print(w.style().Moves(before, run, changes))
}

// changesOf are the steps that are not as they were.
func changesOf(before, after *rpc.Run) (changes []render.Move) {
	for i, stage := range after.Stages {
		for k, step := range stage.Steps {
			was := before.Stages[i].Steps[k]
			if moved(&was, &step) {
				changes = append(changes, render.Move{Stage: stage.Name, Step: step.Name, From: was.Status, To: step.Status})
			}
		}
	}
	return changes
}

// fields cuts a line into words; one in double quotes may hold spaces.
func fields(line string) (words []string, err error) {
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimSpace(rest) {
		word := rest
		if rest[0] == '"' {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, fmt.Errorf("a quote is not closed")
			}
			if word, err = strconv.Unquote(quoted); err != nil {
				return nil, fmt.Errorf("%s: %w", quoted, err)
			}
			rest = rest[len(quoted):]
		} else {
			word, rest, _ = strings.Cut(rest, " ")
		}
		words = append(words, word)
	}
	return words, nil
}
