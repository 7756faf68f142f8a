// Package settings has what stands in a pipeline's steps checked by the plugins
// that will get it, before a revision is made of it.
//
// Only a plugin knows what its settings mean, so each is asked, once for all
// steps whose settings are equal. A value that holds a placeholder is not known
// yet: in its place stands a sample of what it may become, a default where there
// is one, and what the plugin says of that value is not told. So a text is refused
// for what is certainly wrong, and for nothing else.
//
// A plugin that is missing, or cannot be asked, is a problem of the step that
// names it. The package reads texts and writes nothing.
package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/daemon/host"
)

// Plugin asks the plugin of a type what is wrong with settings; the error is why
// it could not be asked.
type Plugin func(ctx context.Context, uses string, with map[string]any) ([]host.Problem, error)

// Check has the settings of every step of a pipeline checked by its plugin. What
// is wrong with them, or that there is no such plugin, is a problem with its place
// in the text. The error is that ctx has ended.
func Check(ctx context.Context, source *config.Source, ask Plugin) (config.Problems, error) {
	c := check{source: source, ask: ask, known: map[string][]host.Problem{}}
	return c.all(ctx)
}

// check is a pipeline whose settings are being checked.
type check struct {
	source *config.Source
	ask    Plugin
	known  map[string][]host.Problem // of settings that several steps share
}

func (c *check) all(ctx context.Context) (problems config.Problems, err error) {
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
func (c *check) step(ctx context.Context, p *config.Pipeline, stage *config.Stage, step *config.Step) ([]host.Problem, error) {
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
func (c *check) inline(ctx context.Context, step *config.Step) (problems []host.Problem, err error) {
	text, ok := step.With["inline"].(string)
	if !ok {
		return nil, nil
	}
	child, err := config.ParseChild("inline", []byte(text))
	if err != nil {
		return nil, nil // the text around it has these problems already
	}
	of := check{source: child, ask: c.ask, known: c.known}
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
func (c *check) one(ctx context.Context, uses string, with map[string]any, guessed map[string]bool) ([]host.Problem, error) {
	key, err := json.Marshal([]any{uses, with, guessed})
	if err != nil {
		return nil, nil // no JSON: the text has a problem there already
	}
	if found, ok := c.known[string(key)]; ok {
		return found, nil
	}
	found, err := c.ask(ctx, uses, with)
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
