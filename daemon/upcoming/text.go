package upcoming

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/penstock/penstock/config"
	"github.com/penstock/penstock/config/calendar"
	"github.com/penstock/penstock/daemon/schedule"
	"github.com/penstock/penstock/rpc"
)

// OfText tells when the schedules of a pipeline would be due that is nowhere
// applied: all, or the trigger that q.Schedule names. It knows the built-in
// calendars alone; @every counts from now, and jitter, which follows from what
// only the daemon knows, is left out.
func OfText(p *config.Pipeline, q rpc.ScheduleNextRequest, now time.Time) (*rpc.ScheduleNextResponse, error) {
	answer := &rpc.ScheduleNextResponse{Schedules: []rpc.ScheduleInstants{}}
	for i := range p.Triggers {
		trigger := &p.Triggers[i]
		if trigger.Kind != config.OnSchedule || q.Schedule != "" && trigger.Name != q.Schedule {
			continue
		}
		told, err := ofTrigger(p.Name, trigger, q, now)
		if err != nil {
			return nil, fmt.Errorf("trigger %s: %w", trigger.Name, err)
		}
		answer.Schedules = append(answer.Schedules, told)
	}
	if len(answer.Schedules) == 0 {
		return nil, fmt.Errorf("pipeline %s has no schedule%s", p.Name, strings.TrimRight(" "+q.Schedule, " "))
	}
	return answer, nil
}

func ofTrigger(pipeline string, trigger *config.Trigger, q rpc.ScheduleNextRequest, now time.Time) (told rpc.ScheduleInstants, err error) {
	rule := RuleOf(&trigger.Schedule)
	calendars, err := builtIn(rule)
	if err != nil {
		return told, err
	}
	plain := rule
	plain.Jitter = 0
	t, err := plain.Compile(calendars)
	if err != nil {
		return told, err
	}
	mark := schedule.Mark{Through: now, Anchor: now}
	told.Schedule = Schedule(pipeline, trigger.Name, &rule, t)
	told.Schedule.Next, told.Schedule.NoneUntil = Next(t, mark)
	until := time.Time{}
	if q.From != nil {
		mark.Through = *q.From
	}
	if q.Until != nil {
		until = *q.Until
	}
	told.Instants, told.More = Instants(t, mark, until, cmp.Or(q.Count, 10))
	return told, nil
}

// builtIn are the calendars that a rule names, all of which are built in.
func builtIn(rule schedule.Rule) (map[string]schedule.Calendar, error) {
	found := map[string]schedule.Calendar{}
	for _, names := range [][]string{rule.Include, rule.Exclude} {
		for _, name := range names {
			c, ok := calendar.BuiltIn(name)
			if !ok {
				return nil, fmt.Errorf("calendar %q is the daemon's: ask it, of the applied pipeline", name)
			}
			found[name] = c
		}
	}
	return found, nil
}

// RuleOf is what is kept of the schedule of a text.
func RuleOf(s *config.Schedule) schedule.Rule {
	return schedule.Rule{
		Expression: s.Expression, Timezone: s.Timezone, From: s.From, Until: s.Until, Jitter: s.Jitter, Random: s.Random,
		Include: s.Include, Exclude: s.Exclude, Shift: string(s.Shift), CatchUp: string(s.CatchUp), Window: s.Window,
	}
}
