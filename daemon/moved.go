package daemon

import (
	"context"
	"maps"
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
	c := calendarChange{view: view, name: name, now: now, read: map[string]schedule.Calendar{}}
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
		one, err := c.move(&t)
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

// calendarChange is a calendar that becomes another. What the rules name besides is read
// once, however many of them do.
type calendarChange struct {
	view *store.View
	name string
	now  schedule.Calendar
	read map[string]schedule.Calendar // as they are before
}

// move compares the next instant of a schedule with what it would be.
func (c *calendarChange) move(t *store.Trigger) (one rpc.ScheduleMoved, err error) {
	before := map[string]schedule.Calendar{}
	for _, used := range calendarsOf(t) {
		if before[used], err = c.find(used); err != nil {
			return one, err
		}
	}
	was, err := t.Rule.Compile(before)
	if err != nil {
		return one, err
	}
	after := maps.Clone(before)
	after[c.name] = c.now
	is, err := t.Rule.Compile(after)
	if err != nil {
		return one, err
	}
	one.Timezone = was.Zone().String()
	one.Before, one.After = nextAt(was, t.Mark), nextAt(is, t.Mark)
	return one, nil
}

func (c *calendarChange) find(name string) (schedule.Calendar, error) {
	if known, ok := c.read[name]; ok {
		return known, nil
	}
	_, found, err := findCalendar(c.view, name)
	if err == nil {
		c.read[name] = found
	}
	return found, err
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
