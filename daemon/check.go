package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/calendar"
	"github.com/penstock/penstock/daemon/arrival"
	"github.com/penstock/penstock/daemon/host"
)

// checkText reads a pipeline and has every step's settings checked by its
// plugin: all that is wrong with it, at once, in the order of the text.
func (d *Daemon) checkText(ctx context.Context, file, text string) (*config.Source, error) {
	source, err := d.check(ctx, config.ParsePipeline, file, text)
	if err != nil {
		return nil, err
	}
	view := d.store.View()
	defer view.Close()
	n := &neighbours{texts: d.texts, view: view, source: source}
	problems, err := source.Circles(n.leads)
	if err == nil && len(problems) > 0 {
		err = problems
	}
	if err != nil {
		return nil, err
	}
	return source, nil
}

// check reads a text as parse does, and has the settings in it checked.
func (d *Daemon) check(
	ctx context.Context, parse func(file string, text []byte) (*config.Source, error), file, text string,
) (*config.Source, error) {
	source, err := parse(file, []byte(text))
	var problems config.Problems
	if err != nil && (!errors.As(err, &problems) || source == nil) {
		return nil, err
	}
	if err == nil {
		problems = append(checkShifts(source), d.checkFiles(source)...)
	}
	c := settingsCheck{source: source, host: d.host, known: map[string][]host.Problem{}}
	found, err := c.all(ctx)
	if err != nil {
		return nil, err
	}
	unknown, err := d.checkCalendars(source)
	if err != nil {
		return nil, err
	}
	if problems = append(append(problems, found...), unknown...); len(problems) > 0 {
		problems.Sort()
		return nil, problems
	}
	return source, nil
}

// checkFiles reports triggers that wait for files that the daemon writes itself,
// or would move files to where it keeps its own.
func (d *Daemon) checkFiles(source *config.Source) (problems config.Problems) {
	for k := range source.Pipeline.Triggers {
		t := &source.Pipeline.Triggers[k]
		if t.Kind != config.OnFiles {
			continue
		}
		path := fmt.Sprintf("trigger[%d].files", k)
		if err := arrival.CheckPlace(t.Files.Pattern, d.paths.State); err != nil {
			problems = append(problems, source.Problem(path, fmt.Sprintf("files = %q lies in the state directory: %v", t.Files.Pattern, err)))
		}
		if claim := t.Files.Claim; claim != "" && arrival.CheckPlace(claim+"/*", d.paths.State) != nil {
			problems = append(problems, source.Problem(path+".claim", fmt.Sprintf("claim = %q lies in the state directory, which is the daemon's alone", claim)))
		}
	}
	return problems
}

// checkCalendars reports the calendars that schedules name and that are not
// there.
func (d *Daemon) checkCalendars(source *config.Source) (config.Problems, error) {
	known := []string{calendar.Weekdays, calendar.Weekend}
	view := d.store.View()
	defer view.Close()
	for c, err := range view.Calendars() {
		if err != nil {
			return nil, err
		}
		known = append(known, c.Name)
	}
	return source.CheckCalendars(known), nil
}

// settingsCheck asks the plugins about the settings of a pipeline.
type settingsCheck struct {
	source *config.Source
	host   *host.Host
	known  map[string][]host.Problem // of settings that several steps share
}

func (c *settingsCheck) all(ctx context.Context) (problems config.Problems, err error) {
	p := &c.source.Pipeline
	for k := range p.Stages {
		for i := range p.Stages[k].Steps {
			found, err := c.step(ctx, p, &p.Stages[k], &p.Stages[k].Steps[i])
			if err != nil {
				return nil, fmt.Errorf("check step %q: %w", p.Stages[k].Steps[i].Name, err)
			}
			for _, p := range found {
				problems = append(problems, c.source.Problem(fmt.Sprintf("stage[%d].step[%d]%s", k, i, p.Path), p.Message))
			}
		}
	}
	return problems, nil
}

// step checks the settings of a step; the problems' paths begin below it.
func (c *settingsCheck) step(ctx context.Context, p *config.Pipeline, stage *config.Stage, step *config.Step) ([]host.Problem, error) {
	switch step.Uses {
	case "": // the text has a problem there already
		return nil, nil
	case config.DownstreamType:
		return c.inline(ctx, step)
	}
	with, guessed := sample(p, stage, step)
	return c.one(ctx, step.Uses, with, guessed)
}

// inline checks the steps of a child whose text a step holds.
func (c *settingsCheck) inline(ctx context.Context, step *config.Step) (problems []host.Problem, err error) {
	text, ok := step.With["inline"].(string)
	if !ok {
		return nil, nil
	}
	child, err := config.ParseChild("inline", []byte(text))
	if err != nil {
		return nil, nil // the text around it has these problems already
	}
	of := settingsCheck{source: child, host: c.host, known: c.known}
	found, err := of.all(ctx)
	for _, p := range found {
		problems = append(problems, host.Problem{
			Path: ".with.inline", Message: fmt.Sprintf("inline, at %d:%d: %s", p.Line, p.Column, p.Message),
		})
	}
	return problems, err
}

// one checks the settings of a step, of which some values are guessed; the
// problems' paths begin below the step.
func (c *settingsCheck) one(ctx context.Context, uses string, with map[string]any, guessed map[string]bool) ([]host.Problem, error) {
	key, err := json.Marshal([]any{uses, with, guessed})
	if err != nil {
		return nil, nil // no JSON: the text has a problem there already
	}
	if found, ok := c.known[string(key)]; ok {
		return found, nil
	}
	found, err := c.host.Check(ctx, uses, with)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil: // it is missing, or cannot be used
		found = []host.Problem{{Path: ".uses", Message: strings.ReplaceAll(err.Error(), "\n", "; ")}}
	default:
		found = below(slices.DeleteFunc(found, func(p host.Problem) bool { return isGuessed(guessed, p.Path) }))
	}
	c.known[string(key)] = found
	return found, nil
}

// below puts the paths of a plugin under the step's settings.
func below(found []host.Problem) []host.Problem {
	moved := make([]host.Problem, len(found))
	for i, p := range found {
		path := ".with"
		if p.Path != "" && p.Path[0] != '[' {
			path += "."
		}
		moved[i] = host.Problem{Path: path + p.Path, Message: p.Message}
	}
	return moved
}
