package ctl

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/ctl/render"
)

// pretence is how a simulation was asked for.
type pretence struct {
	events string // file, "-" for stdin, "" to walk
	at     string
	values
	config.Start
}

func (a *app) simulateCommand() *cobra.Command {
	var p pretence
	cmd := &cobra.Command{
		Use:   "simulate FILE",
		Short: "Play a run of a pipeline file without a daemon",
		Long: "Play a run of a pipeline file without a daemon: which steps begin, wait and are left out,\n" +
			"and why. Nothing is performed, and no time passes.\n\n" +
			"Without --events it is a walk: it shows the run, reads what happens from standard input,\n" +
			"a line each (ok compile, fail test 1, wait 10m, play deploy, if fail test, why deploy,\n" +
			"undo, ? for all of them), and says what changed because of it.\n\n" +
			"With --events it plays a JSON file, {\"transitions\": [{\"event\": E, \"steps\": [NAMES]}, ...]},\n" +
			"where E is run, success, drop, cancel, play, enqueue, retry, unschedule or wait (for\n" +
			"\"for\"). With -o json the answer is a list of {\"run\": STATUS, \"stages\": {...}, \"steps\":\n" +
			"{...}}: right after the creation, then after each event. An event that does not fit ends\n" +
			"with exit code 2 and its number.",
		Example: "  penstockctl simulate nightly.toml\n  echo 'fail dump' | penstockctl simulate nightly.toml\n" +
			"  penstockctl simulate nightly.toml --events case.json -o json",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.simulate(cmd.Context(), args[0], p) },
	}
	cmd.Flags().StringVar(&p.events, "events", "", "what happens; - is standard input (default: a walk)")
	p.values.flags(cmd)
	cmd.Flags().StringVar(&p.Source, "source", "", "why the run exists: command, schedule, ... (default: what the trigger makes, else command)")
	cmd.Flags().StringVar(&p.Actor, "actor", "somebody", "who starts it")
	cmd.Flags().StringVar(&p.Trigger, "trigger", "", "the trigger that starts it, with its inputs and variables")
	cmd.Flags().StringVar(&p.Payload, "payload", "", "what its caller sent, JSON")
	cmd.Flags().StringVar(&p.at, "at", "", "when it is created, as 2026-03-29T02:30:00+02:00 (default: now)")
	return a.outputs(cmd)
}

func (a *app) simulate(ctx context.Context, name string, p pretence) error {
	if p.events == "" && a.output == formatJSON {
		return usagef("a walk is for people: with -o json give the events with --events")
	}
	if p.readers(name) > 1 {
		return usagef("standard input can be one of the pipeline, its inputs and what happens")
	}
	sim, err := a.pretend(name, p)
	if err != nil {
		return err
	}
	if p.events == "" {
		return a.walk(ctx, sim)
	}
	transitions, err := a.readEvents(p.events)
	if err != nil {
		return err
	}
	frames, err := play(sim, transitions)
	if err != nil {
		return err
	}
	if a.output == formatJSON {
		return a.answer(states(frames), nil)
	}
	return a.answer(nil, func(s render.Style) string { return s.Frames(frames) })
}

// pretend makes the run of a file that is performed nowhere.
func (a *app) pretend(name string, p pretence) (Simulation, error) {
	var err error
	if p.Inputs, p.Variables, err = a.given(p.values); err != nil {
		return nil, err
	}
	if p.At, err = moment(p.at, time.Now()); err != nil {
		return nil, err
	}
	files, err := a.readFiles([]string{name})
	if err != nil {
		return nil, err
	}
	source, err := config.ParsePipeline(files[0].name, []byte(files[0].text))
	if err != nil {
		return nil, refuse(problemsOf(files[0].name, err))
	}
	sim, err := a.Simulate(&source.Pipeline, p.Start)
	if err != nil {
		return nil, usagef("%s: %w", files[0].name, err)
	}
	return sim, nil
}

// readers counts what standard input is to be read for.
func (p *pretence) readers(name string) (n int) {
	for _, file := range []string{name, p.inputFile, cmp.Or(p.events, "-")} {
		if file == "-" {
			n++
		}
	}
	return n
}

// moment reads the value of --at; now where there is none.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" || text == "now" {
		return now, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usagef("--at %q is no time: want one like 2026-03-29T02:30:00+02:00", text)
	}
	return at, nil
}
