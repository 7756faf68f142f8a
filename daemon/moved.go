package daemon

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/daemon/upcoming"
	"github.com/penstock/penstock/rpc"
)

// maxMoved bounds how many schedules a put of a calendar names.
const maxMoved = 1000

// movedBy says which schedules have another next instant once a calendar is
// another, in the order of their names.
func (d *Daemon) movedBy(ctx context.Context, name string, now schedule.Calendar) ([]rpc.ScheduleMoved, error) {
	view := d.store.View()
	defer view.Close()
	moved := []rpc.ScheduleMoved{}
	names := pipelineNames{view: view}
	for t, err := range view.Triggers() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(calendarsOf(&t), name) {
			continue
		}
		one, err := moveOf(view, &t, name, now)
		if err != nil {
			return nil, err
		}
		if sameMoment(one.Before, one.After) {
			continue
		}
		pipeline, err := names.of(t.Pipeline)
		if err != nil {
			return nil, err
		}
		one.Schedule = pipeline + "/" + t.Name
		moved = append(moved, one)
	}
	slices.SortFunc(moved, func(a, b rpc.ScheduleMoved) int { return strings.Compare(a.Schedule, b.Schedule) })
	return moved[:min(maxMoved, len(moved))], nil
}

// moveOf compares the next instant of a schedule with what it would be.
func moveOf(view *store.View, t *store.Trigger, name string, now schedule.Calendar) (one rpc.ScheduleMoved, err error) {
	calendars := map[string]schedule.Calendar{}
	for _, used := range calendarsOf(t) {
		if _, calendars[used], err = findCalendar(view, used); err != nil {
			return one, err
		}
	}
	was, err := t.Rule.Compile(calendars)
	if err != nil {
		return one, err
	}
	calendars[name] = now
	is, err := t.Rule.Compile(calendars)
	one.Timezone = was.Zone().String()
	one.Before, one.After = nextAt(was, t.Mark), nextAt(is, t.Mark)
	return one, err
}

func nextAt(t schedule.Timetable, m schedule.Mark) *time.Time {
	if i, _ := upcoming.Next(t, m); i != nil {
		return &i.At
	}
	return nil
}

func sameMoment(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
