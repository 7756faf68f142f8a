package daemon

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/daemon/store"
	"github.com/penstock/penstock/daemon/upcoming"
	"github.com/penstock/penstock/rpc"
)

// maxMoved bounds how many schedules a put of a calendar names: to find the next
// instant of one may cost much where calendars take nearly all away.
const maxMoved = 1000

// movedBy says which schedules have another next instant once a calendar is
// another, in the order of their names; more: there are others.
func (d *Daemon) movedBy(ctx context.Context, name string, now schedule.Calendar) (moved []rpc.ScheduleMoved, more bool, err error) {
	view := d.store.View()
	defer view.Close()
	moved = []rpc.ScheduleMoved{}
	names := pipelineNames{view: view}
	c := calendarChange{view: view, name: name, now: now, read: map[string]schedule.Calendar{}, made: map[string]twoTables{}}
	users, err := view.CalendarUsers(name, 0)
	if err != nil {
		return nil, false, err
	}
	for _, user := range users {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		t, err := view.Trigger(user.Pipeline, user.Trigger)
		if err != nil {
			return nil, false, err
		}
		one, err := c.move(&t)
		if err != nil {
			return nil, false, err
		}
		if sameMoment(one.Before, one.After) {
			continue
		}
		pipeline, err := names.of(t.Pipeline)
		if err != nil {
			return nil, false, err
		}
		if more = len(moved) == maxMoved; more {
			break
		}
		one.Schedule = pipeline + "/" + t.Name
		moved = append(moved, one)
	}
	slices.SortFunc(moved, func(a, b rpc.ScheduleMoved) int { return strings.Compare(a.Schedule, b.Schedule) })
	return moved, more, nil
}

// calendarChange is a calendar that becomes another. What the rules name besides
// is read once, and equal rules are made ready once, however many there are.
type calendarChange struct {
	view *store.View
	name string
	now  schedule.Calendar
	read map[string]schedule.Calendar // as they are before
	made map[string]twoTables         // by the rule
}

// twoTables are the timetables of a rule before and after.
type twoTables struct{ was, is schedule.Timetable }

// move compares the next instant of a schedule with what it would be.
func (c *calendarChange) move(t *store.Trigger) (one rpc.ScheduleMoved, err error) {
	key, err := json.Marshal(t.Rule)
	if err != nil {
		return one, err
	}
	made, known := c.made[string(key)]
	if !known {
		if made, err = c.compile(t.Rule); err != nil {
			return one, err
		}
		if len(c.made) == maxTables {
			clear(c.made)
		}
		c.made[string(key)] = made
	}
	one.Timezone = made.was.Zone().String()
	one.Before, one.After = nextAt(made.was, t.Mark), nextAt(made.is, t.Mark)
	return one, nil
}

func (c *calendarChange) compile(r *schedule.Rule) (made twoTables, err error) {
	before := map[string]schedule.Calendar{}
	for _, used := range r.Calendars() {
		if before[used], err = c.find(used); err != nil {
			return made, err
		}
	}
	if made.was, err = r.Compile(before); err != nil {
		return made, err
	}
	after := maps.Clone(before)
	after[c.name] = c.now
	made.is, err = r.Compile(after)
	return made, err
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
