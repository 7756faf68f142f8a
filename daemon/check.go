package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/calendar"
	"github.com/penstock/penstock/daemon/arrival"
	"github.com/penstock/penstock/daemon/settings"
	"github.com/penstock/penstock/daemon/upcoming"
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
	found, err := settings.Check(ctx, source, d.host.Check)
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

// checkShifts reports the schedules that cannot be shifted.
func checkShifts(source *config.Source) (problems config.Problems) {
	for k := range source.Pipeline.Triggers {
		t := &source.Pipeline.Triggers[k]
		if t.Kind != config.OnSchedule {
			continue
		}
		rule := upcoming.RuleOf(&t.Schedule)
		rule.Include, rule.Exclude = nil, nil // what they name is checked elsewhere
		if _, err := rule.Compile(nil); err != nil {
			problems = append(problems, source.Problem(fmt.Sprintf("trigger[%d].shift", k), err.Error()))
		}
	}
	return problems
}
