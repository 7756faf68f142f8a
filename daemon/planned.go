package daemon

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/calendar"
	"github.com/penstock/penstock/config/cron"
	"github.com/penstock/penstock/daemon/arrival"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/daemon/upcoming"
	"github.com/penstock/penstock/rpc"
)

// ScheduleList lists schedules.
func (d *Daemon) ScheduleList(ctx context.Context, q *rpc.ScheduleListRequest) (*rpc.ScheduleListResponse, error) {
	limit, err := limitOf(q.Limit, 100)
	if err != nil {
		return nil, err
	}
	view := d.store.View()
	defer view.Close()
	answer := &rpc.ScheduleListResponse{Schedules: []rpc.Schedule{}}
	if answer.Freeze, err = frozen(view); err != nil {
		return nil, failure(err, "the freeze")
	}
	list, err := plannedBy(view, q.Schedule, q.After)
	if err != nil {
		return nil, err
	}
	for p, err := range list {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, failure(err, "schedules")
		}
		if len(answer.Schedules) == limit {
			answer.Next = answer.Schedules[limit-1].Name
			break
		}
		line, err := d.scheduleLine(view, p)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("schedule %q", p.name()))
		}
		answer.Schedules = append(answer.Schedules, line)
	}
	return answer, nil
}

// planned is a schedule in the store, or where that is said a trigger of any
// kind.
type planned struct {
	pipeline store.Pipeline
	trigger  store.Trigger
}

func (p *planned) name() string { return p.pipeline.Name + "/" + p.trigger.Name }

// anyKind is triggers of every kind.
var anyKind = []config.TriggerKind{config.OnSchedule, config.AfterPipeline, config.OnFiles, config.OnKey}

// plannedBy lists the triggers of any kind that a name means, with "" those of
// all pipelines, whose names come after another.
func plannedBy(view *store.View, name, after string) (iter.Seq2[planned, error], error) {
	if name == "" {
		return allPlanned(view, after, anyKind...), nil
	}
	found, err := plannedNamed(view, name, anyKind...)
	if err != nil {
		return nil, err
	}
	return func(yield func(planned, error) bool) {
		for _, p := range found {
			if isAfter(p, after) && !yield(p, nil) {
				return
			}
		}
	}, nil
}

// allPlanned lists the triggers of some kinds of all pipelines in the order of
// their names.
func allPlanned(view *store.View, after string, kinds ...config.TriggerKind) iter.Seq2[planned, error] {
	return func(yield func(planned, error) bool) {
		first, _, _ := strings.Cut(after, "/")
		if p, err := view.PipelineNamed(first); first != "" && err == nil && !yieldPlanned(view, p, after, kinds, yield) {
			return
		}
		for p, err := range view.Pipelines(first) {
			if err != nil {
				yield(planned{}, err)
				return
			}
			if !yieldPlanned(view, p, after, kinds, yield) {
				return
			}
		}
	}
}

// yieldPlanned visits the triggers of one pipeline.
func yieldPlanned(
	view *store.View, pipeline store.Pipeline, after string, kinds []config.TriggerKind, yield func(planned, error) bool,
) bool {
	all, err := plannedOf(view, pipeline, kinds)
	if err != nil {
		return yield(planned{}, err) && false
	}
	for _, p := range all {
		if isAfter(p, after) && !yield(p, nil) {
			return false
		}
	}
	return true
}

// isAfter orders as names are listed: by the pipeline, then by the trigger.
func isAfter(p planned, after string) bool {
	pipeline, trigger, _ := strings.Cut(after, "/")
	return after == "" || p.pipeline.Name > pipeline || p.pipeline.Name == pipeline && p.trigger.Name > trigger
}

// plannedOf lists the triggers of some kinds of a pipeline by their names.
func plannedOf(view *store.View, pipeline store.Pipeline, kinds []config.TriggerKind) (all []planned, err error) {
	triggers, err := view.TriggersOf(pipeline.ID)
	for _, t := range triggers {
		if slices.Contains(kinds, t.Kind) {
			all = append(all, planned{pipeline, t})
		}
	}
	slices.SortFunc(all, func(a, b planned) int { return strings.Compare(a.trigger.Name, b.trigger.Name) })
	return all, err
}

// plannedNamed finds the triggers of some kinds that a name means:
// nightly/evening, or with nightly all of the pipeline; at least one.
func plannedNamed(view *store.View, name string, kinds ...config.TriggerKind) ([]planned, error) {
	of, trigger, one := strings.Cut(name, "/")
	pipeline, err := view.PipelineNamed(of)
	if err != nil {
		return nil, failure(err, fmt.Sprintf("pipeline %q", of))
	}
	if one {
		t, err := view.Trigger(pipeline.ID, trigger)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("trigger %q", name))
		}
		if !slices.Contains(kinds, t.Kind) {
			return nil, rpc.Errorf(rpc.CodeInvalid, "%s is no schedule: it waits for %s", name, t.Kind)
		}
		return []planned{{pipeline, t}}, nil
	}
	all, err := plannedOf(view, pipeline, kinds)
	if err == nil && len(all) == 0 {
		what := "trigger"
		if len(kinds) == 1 {
			what = string(kinds[0])
		}
		return nil, rpc.Errorf(rpc.CodeNotFound, "pipeline %q has no %s", of, what)
	}
	return all, failure(err, fmt.Sprintf("pipeline %q", of))
}

// onlyPlanned finds the one schedule that a name means.
func onlyPlanned(view *store.View, name string) (planned, error) {
	all, err := plannedNamed(view, name, config.OnSchedule)
	if err != nil {
		return planned{}, err
	}
	if len(all) > 1 {
		var names []string
		for _, p := range all {
			names = append(names, p.name())
		}
		return planned{}, rpc.Errorf(rpc.CodeInvalid, "%s has %d schedules: name one of %s", name, len(all), strings.Join(names, ", "))
	}
	return all[0], nil
}

// planned lists the schedules of a pipeline as they are once a text is its
// current one.
func (s *schedules) planned(tx *store.Tx, p store.Pipeline, definition *config.Pipeline, now time.Time) (all []planned, err error) {
	for i := range definition.Triggers {
		t := recordOf(p.ID, &definition.Triggers[i])
		if t.Rule == nil {
			continue
		}
		if err := calendarsThere(tx, &t); err != nil {
			return nil, err
		}
		was, err := tx.Trigger(p.ID, t.Name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		t.Pause, t.Mark = was.Pause, s.markOf(&t, &was, now)
		all = append(all, planned{p, t})
	}
	return all, nil
}

// calendarsThere refuses a trigger of which somebody has deleted a calendar since
// its text was checked.
func calendarsThere(tx *store.Tx, t *store.Trigger) error {
	for _, name := range calendarsOf(t) {
		if _, is := calendar.BuiltIn(name); is {
			continue
		}
		_, err := tx.Calendar(name)
		if errors.Is(err, store.ErrNotFound) {
			return rpc.Errorf(rpc.CodeConflict, "trigger %s: calendar %q was deleted meanwhile", t.Name, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// scheduleLines are schedules as they stand.
func (d *Daemon) scheduleLines(view *store.View, all []planned) (lines []rpc.Schedule, err error) {
	for _, p := range all {
		line, err := d.scheduleLine(view, p)
		if err != nil {
			return nil, failure(err, fmt.Sprintf("schedule %q", p.name()))
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// scheduleLine is a schedule, or a trigger of another kind, as it stands.
func (d *Daemon) scheduleLine(view *store.View, p planned) (line rpc.Schedule, err error) {
	zone, now := time.UTC, time.Now()
	if p.trigger.Kind == config.OnSchedule {
		t, err := d.schedules.timetable(&p.trigger)
		if err != nil {
			return line, err
		}
		zone = t.Zone()
		line = upcoming.Schedule(p.pipeline.Name, p.trigger.Name, p.trigger.Rule, t)
		line.Next, line.NoneUntil = upcoming.Next(t, p.trigger.Mark)
		line.RestsUntil = restsUntil(t, p.trigger.Mark, now)
	} else {
		line = rpc.Schedule{
			Name: p.name(), Pipeline: p.pipeline.Name, Trigger: p.trigger.Name, Kind: string(p.trigger.Kind), Description: waitsFor(&p.trigger),
		}
	}
	line.Trouble = d.files.trouble(arrival.ID{Pipeline: p.pipeline.ID, Trigger: p.trigger.Name})
	line.Pause, line.PauseOf = p.paused(now)
	line.Last, err = lastTick(view, p, zone)
	return line, err
}

// restsUntil is how far ahead of the clock all is decided already, where the
// clock was set back; nil where it was not. Boots are told apart by their ids.
func restsUntil(t schedule.Timetable, m schedule.Mark, now time.Time) *time.Time {
	if t.Expression().Kind() == cron.Reboot || !m.Through.After(now) {
		return nil
	}
	return &m.Through
}

// waitsFor says in words what a trigger waits for that is no schedule.
func waitsFor(t *store.Trigger) string {
	switch {
	case t.After != nil:
		return "after " + t.After.Pipeline + " (" + strings.Join(t.After.Statuses, ", ") + ")"
	case t.Files != nil:
		return "files " + t.Files.Pattern
	}
	return "calls with the key " + t.Key
}

// paused is the pause that holds a schedule now, and what it is of.
func (p *planned) paused(now time.Time) (*rpc.Pause, string) {
	if own := p.trigger.Pause; own != nil && !own.Over(now) {
		told := pauseOf(*own)
		return &told, p.name()
	}
	for _, one := range p.pipeline.Paused(now) {
		if one.Part == (store.Part{}) {
			told := pauseOf(one)
			return &told, p.pipeline.Name
		}
	}
	return nil, ""
}

// lastTick is the record of the newest instant of a schedule; nil where it has
// none. The ledger has a record that stands for many at the first of them: one
// that was written with the newest may go on for longer.
func lastTick(view *store.View, p planned, zone *time.Location) (*rpc.Tick, error) {
	var last *store.Tick
	for t, err := range view.Ticks(p.pipeline.ID, p.trigger.Name, "") {
		if err != nil {
			return nil, err
		}
		if last != nil && !t.DecidedAt.Equal(last.DecidedAt) {
			break
		}
		if last == nil || t.End().After(last.End()) {
			last = &t
		}
	}
	if last == nil {
		return nil, nil
	}
	l := &ledgers{view: view, pipeline: p.pipeline, zones: map[string]*time.Location{p.trigger.Name: zone}}
	told, err := l.tick(*last)
	return &told, err
}
