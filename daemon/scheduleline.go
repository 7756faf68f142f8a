package daemon

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/cron"
	"github.com/penstock/penstock/daemon/arrival"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/daemon/upcoming"
	"github.com/penstock/penstock/rpc"
)

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
		return "after " + t.After.Pipeline + " (" + strings.Join(t.After.Statuses, ", ") + withLabels(t.After.Labels) + ")"
	case t.Files != nil:
		return "files " + t.Files.Pattern
	}
	return "calls with the key " + t.Key
}

// withLabels says which labels a run must have; "" where it need have none.
func withLabels(labels map[string]string) string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		text += "; " + name + "=" + labels[name]
	}
	return text
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
